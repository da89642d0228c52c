# SPDX-License-Identifier: Apache-2.0
"""The program that sends the orders of one row of the crash matrix. It may die on the way, by order.

`programs.Sender` runs it: the first line of its input is its orders. It ends when its input ends.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from helpers import child_input
from helpers.shop.crash import Crash

BEFORE_PRODUCE = "before produce"
"""It sends an order, waits for the acknowledgement, then sends the next one. The others are only in its memory."""
BEFORE_ACKNOWLEDGEMENT = "before acknowledgement"
"""The broker has all orders, and the program does not know it."""
PLACES = (BEFORE_PRODUCE, BEFORE_ACKNOWLEDGEMENT)

CUSTOMERS = 50
_PATIENCE = 60.0
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]


@dataclass
class Orders:
    """What the program must do."""

    config: dict[str, Any]
    topic: str
    place: str
    count: int
    rate: float | None
    """Orders a second, one by one; or None for all of them as one batch."""
    crash: str
    """One of `PLACES`, with the number of orders that get there, as in "before produce:151"; or nothing."""


def order(place: str, number: int) -> tuple[str, str]:
    """Return key and value of an order of this place. Fifty customers order in turn."""
    order_id = f"{place} {number:04d}"
    value = {"order_id": order_id, "place": place, "customer": f"{place} {number % CUSTOMERS}", "qty": 1}
    return order_id, json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Send all orders, wait for the acknowledgements, end."""
    orders = Orders(**child_input.read_orders())
    crash = Crash.parse(orders.crash, PLACES)
    producer = Producer(orders.config)
    end = _stored(orders) + orders.count
    for number in range(orders.count):
        crash.at(BEFORE_PRODUCE)
        key, value = order(orders.place, number)
        producer.produce(orders.topic, value, key)
        if orders.rate:
            producer.flush(_PATIENCE)
            child_input.ended.wait(1 / orders.rate)
    if crash.place == BEFORE_ACKNOWLEDGEMENT:
        _wait_stored(orders, end)
    crash.at(BEFORE_ACKNOWLEDGEMENT)
    if left := producer.flush(_PATIENCE):
        sys.exit(f"{left} orders were not acknowledged within {_PATIENCE:g} s.")


def _wait_stored(orders: Orders, end: int) -> None:
    """Wait until the broker has all orders. The client knows of no acknowledgement: it hands them over at the next poll."""
    for _ in range(int(_PATIENCE * 100)):
        if _stored(orders) >= end or child_input.ended.wait(0.01):
            return
    sys.exit(f"The broker did not store {orders.count} orders within {_PATIENCE:g} s.")


def _stored(orders: Orders) -> int:
    """The end of the topic, which has one partition."""
    admin = AdminClient({"bootstrap.servers": orders.config["bootstrap.servers"]})
    partition = TopicPartition(orders.topic, 0)
    return int(admin.list_offsets({partition: _LATEST})[partition].result(_PATIENCE).offset)


if __name__ == "__main__":
    main()
