# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 07, with a part of the hint that each gets."""

WRONG = [
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in known - now:
        producer.produce(topic, key=str(gone), value="deleted")
    producer.flush(10)
    return now
""",
        "No value at all",
    ),
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in known - now:
        producer.produce(topic, key=str(gone), value=None)
    producer.flush(10)
    return known
""",
        "4 records for 2 lost rows",
    ),
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in known - now:
        producer.produce(topic, key=str(gone), value=None)
    producer.flush(10)
""",
        "return today's ids",
    ),
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in known - now:
        producer.produce(topic, value=None)
    producer.flush(10)
    return now
""",
        "Key: the id",
    ),
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in now - known:
        producer.produce(topic, key=str(gone), value=None)
    producer.flush(10)
    return now
""",
        "records for 2 lost rows",
    ),
    (
        """
def poll_deletes(topic, known):
    now = set(database.frame(lab, f"SELECT id FROM {table}")["id"])
    for gone in known - now:
        producer.produce(topic, key=str(gone), value="null")
    producer.flush(10)
    return now
""",
        "No value at all",
    ),
]
