# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 00, with a part of the hint that each gets."""

WRONG = [
    (
        """
def say(text):
    offsets = []
    producer.produce(topic, text, on_delivery=lambda error, message: offsets.append(message.offset()))
    return offsets
""",
        "No report has come: they come during flush",
    ),
    (
        """
def say(text):
    places = []
    producer.produce(topic, text, on_delivery=lambda error, message: places.append(message.partition()))
    producer.flush(10)
    return places[0]
""",
        "Return message.offset() of the report",
    ),
]
