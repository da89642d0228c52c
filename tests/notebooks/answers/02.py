# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 02, with a part of the hint that each gets."""

WRONG = [
    (
        """
def read_all(group):
    consumer = Consumer({"bootstrap.servers": lab.bootstrap_servers, "group.id": group})
    consumer.subscribe([topic])
    values = []
    message = consumer.poll(4)
    while message is not None:
        values.append(message.value().decode())
        message = consumer.poll(2)
    consumer.close()
    return values
""",
        "Where does a new group start without auto.offset.reset?",
    ),
    (
        """
def read_all(group):
    consumer = Consumer(settings | {"group.id": group})
    consumer.subscribe([topic])
    values = []
    message = consumer.poll(10)
    while message is not None:
        values.append(message.value())
        message = consumer.poll(2)
    consumer.close()
    return values
""",
        "Make text of each value with .decode()",
    ),
]
