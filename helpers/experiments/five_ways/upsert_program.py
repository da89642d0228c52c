# SPDX-License-Identifier: Apache-2.0
"""A consumer written by hand: it upserts the orders of a topic, commits the rows, then its offset. It may die in between.

`programs.Upserter` runs it: the first line of its input is its orders. It ends when its input ends. It takes the topic's only
partition itself, instead of from its group: so its successor need not wait until the group has noticed the death.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from helpers import child_input
from helpers.shop.crash import Crash

BETWEEN_COMMITS = "between the two commits"
"""The database has the rows, and the group does not have the offset: the successor reads the same records again."""
PLACES = (BETWEEN_COMMITS,)

_BATCH = 500


@dataclass
class Orders:
    """What the program must do."""

    config: dict[str, Any]
    topic: str
    upsert: str
    """The statement that writes one row."""
    database: dict[str, Any]
    password_file: str
    crash: str
    """One of `PLACES`, with the number of records that get there; or nothing."""


def main() -> None:
    """Read from the group's offset, write until the input ends."""
    orders = Orders(**child_input.read_orders())
    crash = Crash.parse(orders.crash, PLACES)
    connection = pymysql.connect(**orders.database, password=Path(orders.password_file).read_text("ascii"))
    consumer = Consumer(orders.config)
    consumer.assign([TopicPartition(orders.topic, 0)])
    while not child_input.ended.is_set():
        if batch := consumer.consume(_BATCH, 0.01):
            rows = [_row(message) for message in batch]
            with connection.cursor() as cursor:
                cursor.executemany(orders.upsert, rows)
            connection.commit()
            crash.at(BETWEEN_COMMITS, len(batch))
            consumer.commit(asynchronous=False)
    consumer.close()


def _row(message: Message) -> dict[str, Any]:
    if error := message.error():
        raise KafkaException(error)
    row: dict[str, Any] = json.loads(message.value() or b"")
    return row


if __name__ == "__main__":
    main()
