# SPDX-License-Identifier: Apache-2.0
"""A consumer-group member as a process: the first line of its input is its orders. Its output reports what happens.

`members.Member` runs it. It imports next to nothing of the lab, so that it starts in a fraction of a second. It ends when its
standard input ends: so it always ends when its notebook does.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from helpers import child_input

CRASHED = 9


@dataclass
class Orders:
    """What the member must do."""

    topic: str
    config: dict[str, Any]
    rate: float | None
    """Records a second, or None for no limit."""
    batch: int
    """Records between two commits."""
    commit: str
    """`before` or `after` the work on a batch."""
    crash_after: int | None
    """The number of records after which it ends silently, between the work and the commit."""


def main() -> None:
    """Join the group, work until standard input ends, leave the group."""
    orders = Orders(**child_input.read_orders())
    consumer = Consumer(orders.config)
    consumer.subscribe([orders.topic], on_assign=_assigned, on_revoke=_revoked)
    tell("started")
    left_to_crash = orders.crash_after or float("inf")
    while not child_input.ended.is_set():
        if batch := consumer.consume(orders.batch, 0.1):
            left_to_crash -= len(batch)
            _work(consumer, orders, batch, crash=left_to_crash <= 0)
    consumer.close()
    tell("left")


def tell(kind: str, **facts: object) -> None:
    """Print one event as a line of JSON, at once."""
    print(json.dumps({"kind": kind, "when": time.time(), **facts}), flush=True)


def _work(consumer: Consumer, orders: Orders, batch: list[Message], *, crash: bool) -> None:
    for message in batch:
        if error := message.error():
            raise KafkaException(error)
    first, second = (_commit, _handle) if orders.commit == "before" else (_handle, _commit)
    first(consumer, orders, batch)
    if crash:
        os._exit(CRASHED)
    second(consumer, orders, batch)


def _handle(consumer: Consumer, orders: Orders, batch: list[Message]) -> None:
    """The work: it takes some time, and then the parent gets a report."""
    if orders.rate:
        child_input.ended.wait(len(batch) / orders.rate)
    tell("handled", records=[[message.partition(), message.offset()] for message in batch])


def _commit(consumer: Consumer, orders: Orders, batch: list[Message]) -> None:
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as error:  # another member has the partitions now and reads these records again
        tell("commit refused", reason=error.args[0].str())


def _assigned(consumer: Consumer, places: list[TopicPartition]) -> None:
    tell("assigned", partitions=[place.partition for place in places])


def _revoked(consumer: Consumer, places: list[TopicPartition]) -> None:
    tell("revoked", partitions=[place.partition for place in places])


if __name__ == "__main__":
    main()
