# SPDX-License-Identifier: Apache-2.0
"""The program that takes orders and passes each on in one of the five ways. It may die on the way, by order.

`programs.Taker` runs it: the first line of its input is its orders. It prints the number and the time (s since 1970) of each
order that it has accepted: this is the answer to the customer. It ends when its input ends. It imports little of the lab, so that
it starts in a fraction of a second.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from confluent_kafka import Producer

from helpers import child_input
from helpers.shop.crash import Crash

BEFORE_ANSWER = "before the answer"
"""Everything is done, and the customer does not know it: the customer sends the order again."""
BETWEEN_WRITES = "between the two writes"
"""The order is written, and its event is not."""
PLACES = (BEFORE_ANSWER, BETWEEN_WRITES)

_PATIENCE = 60.0


@dataclass
class Orders:
    """What the program must do: take the orders from number `first` to before number `end`."""

    way: str
    first: int
    end: int
    rate: float
    """Orders a second."""
    crash: str
    """One of `PLACES`, with the number of orders that get there; or nothing."""
    config: dict[str, Any]
    """Of the producer."""
    topic: str
    database: dict[str, Any]
    password_file: str
    insert: str
    """The statement that inserts the order: into its own table, or into that of the other side."""
    add_event: str
    """The statement that inserts its event into the outbox, or nothing."""


class Taker:
    """What a way needs: a connection to one database, a producer, and the place to die."""

    def __init__(self, orders: Orders) -> None:
        self._topic, self._insert_order, self._add_event = orders.topic, orders.insert, orders.add_event
        self._crash = Crash.parse(orders.crash, PLACES)
        self._database = pymysql.connect(**orders.database, password=Path(orders.password_file).read_text("ascii"))
        self._producer = Producer(orders.config)

    def direct(self, order: dict[str, Any]) -> None:
        """Insert the order straight into the other side's table."""
        self._insert(order)
        self._database.commit()

    def dual_write(self, order: dict[str, Any]) -> None:
        """Insert the order into the own table, commit, then send it. An order that is there is taken for done."""
        is_new = self._insert(order)
        self._database.commit()
        if is_new:
            self.at(BETWEEN_WRITES)
            self._send(order)

    def outbox(self, order: dict[str, Any]) -> None:
        """Insert the order and its event in one transaction."""
        if self._insert(order):
            self.at(BETWEEN_WRITES)
            self._execute(self._add_event, {**order, "payload": json.dumps(order)})
        self._database.commit()

    def topic_first(self, order: dict[str, Any]) -> None:
        """Send the order, and write it nowhere."""
        self._send(order)

    def at(self, place: str) -> None:
        """Die here, if that was ordered."""
        self._crash.at(place)

    def _insert(self, order: dict[str, Any]) -> bool:
        """Insert the order, and return whether it is new: its id is the key."""
        try:
            self._execute(self._insert_order, order)
        except pymysql.IntegrityError:
            return False
        return True

    def _execute(self, statement: str, values: Mapping[str, object]) -> None:
        with self._database.cursor() as cursor:
            cursor.execute(statement, values)

    def _send(self, order: dict[str, Any]) -> None:
        self._producer.produce(self._topic, json.dumps(order), order["order_id"])
        if self._producer.flush(_PATIENCE):
            sys.exit(f"{order['order_id']} was not acknowledged within {_PATIENCE:g} s.")


WRITERS: dict[str, Callable[[Taker, dict[str, Any]], None]] = {
    "direct": Taker.direct,
    "dual write": Taker.dual_write,
    "outbox": Taker.outbox,
    "topic first": Taker.topic_first,
    "by hand": Taker.topic_first,  # they differ on the other side of the topic
}
"""What the program does with an order, by way."""


def order_of(number: int | str) -> dict[str, Any]:
    """Return the order with this number. Fifty customers order in turn. A probe has a name as its number."""
    customer = f"customer {number % 50}" if isinstance(number, int) else "nobody"
    return {"order_id": order_id(number), "customer": customer, "qty": 1}


def order_id(number: int | str) -> str:
    """Return the id of an order: the customer chooses it, so an order that is sent again has the same one."""
    return f"order {number:05d}" if isinstance(number, int) else f"probe {number}"


def main() -> None:
    """Take all orders, one after the other, and end."""
    orders = Orders(**child_input.read_orders())
    taker, write = Taker(orders), WRITERS[orders.way]
    began = time.monotonic()
    for number in range(orders.first, orders.end):
        due = began + (number - orders.first) / orders.rate
        if child_input.ended.wait(max(0.0, due - time.monotonic())):
            return
        write(taker, order_of(number))
        taker.at(BEFORE_ANSWER)
        print(number, time.time(), flush=True)


if __name__ == "__main__":
    main()
