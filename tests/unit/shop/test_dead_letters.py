# SPDX-License-Identifier: Apache-2.0
"""What a dead letter says of its record."""

from __future__ import annotations

from confluent_kafka import Message

from helpers.shop.dead_letters import DeadLetter


def test_it_has_the_records_own_headers_the_reason_and_the_place() -> None:
    record = Message(topic="orders", partition=3, offset=42, value=b"nope", headers=[("trace", b"\xff")])
    assert DeadLetter(record, "no JSON").headers() == [
        ("trace", b"\xff"),
        ("reason", "no JSON"),
        ("topic", "orders"),
        ("partition", "3"),
        ("offset", "42"),
    ]
