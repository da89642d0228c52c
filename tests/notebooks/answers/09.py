# SPDX-License-Identifier: Apache-2.0
"""Plausible wrong answers to the exercise of lesson 09, with a part of the hint that each gets."""

WRONG = [
    (
        """
import uuid


def order_once(url, order):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return requests.post(url, json=order, headers=key, timeout=20)
""",
        "send again after a ConnectionError",
    ),
    (
        """
import uuid


def order_once(url, order):
    for _ in range(5):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        try:
            return requests.post(url, json=order, headers=key, timeout=20)
        except requests.ConnectionError:
            pass
""",
        "each try had another key",
    ),
]
