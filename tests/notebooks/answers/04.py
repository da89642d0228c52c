# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 04, with a part of the hint that each gets."""

WRONG = [
    (
        """
def send_all(producer, topic, values):
    failed = []

    def collect(error, message):
        if error:
            failed.append(message.value().decode())

    for value in values:
        producer.produce(topic, value, on_delivery=collect)
    return list(failed)
""",
        "then flush",
    ),
    (
        """
def send_all(producer, topic, values):
    reported = []

    def collect(error, message):
        reported.append(message.value().decode())

    for value in values:
        producer.produce(topic, value, on_delivery=collect)
    producer.flush(10)
    return reported
""",
        "None means stored",
    ),
    (
        """
def send_all(producer, topic, values):
    failed = []

    def collect(error, message):
        if error:
            failed.append(message.value())

    for value in values:
        producer.produce(topic, value, on_delivery=collect)
    producer.flush(10)
    return failed
""",
        "[b'one', b'two']: collect text",
    ),
    (
        """
def send_all(producer, topic, values):
    failed = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, message: failed.append(error))
        producer.flush(10)
    return [error.name() for error in failed if error]
""",
        "collect text",
    ),
]
