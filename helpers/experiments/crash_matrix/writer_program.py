# SPDX-License-Identifier: Apache-2.0
"""A consumer written by hand: it writes the rows and its own offset in one transaction of the database.

So it has one commit, and no window between two. `programs.Writer` runs it: the first line of its input is its orders. It ends
when its input ends, and at the first error: who runs it starts it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from helpers import child_input

_BATCH = 500


@dataclass
class Orders:
    """What the program must do."""

    config: dict[str, Any]
    topic: str
    table: str
    offsets: str
    """The table that keeps the next offset to read."""
    database: dict[str, Any]
    password_file: str


def main() -> None:
    """Read from the offset that the database knows, write until the input ends."""
    orders = Orders(**child_input.read_orders())
    connection = pymysql.connect(**orders.database, password=Path(orders.password_file).read_text("ascii"))
    consumer = Consumer(orders.config)
    consumer.assign([TopicPartition(orders.topic, 0, _next_offset(connection, orders))])
    while not child_input.ended.is_set():
        if batch := consumer.consume(_BATCH, 0.1):
            _write(connection, orders, batch)
    consumer.close()


def _next_offset(connection: pymysql.Connection[Any], orders: Orders) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT next_offset FROM {orders.offsets}")
        found = cursor.fetchone()
        connection.rollback()
    return int(found[0]) if found else 0


def _write(connection: pymysql.Connection[Any], orders: Orders, batch: list[Message]) -> None:
    rows = []
    for message in batch:
        if error := message.error():
            raise KafkaException(error)
        rows.append(json.loads(message.value() or b""))
    following = (batch[-1].offset() or 0) + 1
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {orders.table} (order_id, place, customer, qty)"
            " VALUES (%(order_id)s, %(place)s, %(customer)s, %(qty)s)",
            rows,
        )
        cursor.execute(f"REPLACE INTO {orders.offsets} VALUES (0, {following})")
    connection.commit()


if __name__ == "__main__":
    main()
