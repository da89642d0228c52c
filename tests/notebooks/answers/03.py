# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 03, with a part of the hint that each gets."""

WRONG = [
    (
        """
def commit_then_work(consumer, work, dies_after=None):
    message = consumer.poll(10)
    while message is not None:
        work(message)
        if message.offset() == dies_after:
            raise RuntimeError("the power is gone")
        consumer.commit(message, asynchronous=False)
        message = consumer.poll(1)
""",
        "commit before you work",
    ),
    (
        """
def commit_then_work(consumer, work, dies_after=None):
    message = consumer.poll(10)
    while message is not None:
        consumer.commit(message, asynchronous=False)
        work(message)
        if message.offset() == dies_after:
            raise RuntimeError("the power is gone")
        message = consumer.poll(1)
""",
        "die between the commit and the work",
    ),
]
