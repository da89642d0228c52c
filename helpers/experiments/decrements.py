# SPDX-License-Identifier: Apache-2.0
"""What a learner's own function makes of a stock when each order comes twice and the power fails in the middle (lesson 08)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from helpers import records
from helpers.lab import Lab
from helpers.lag import measure_lag

Order = dict[str, Any]
Take = Callable[[sqlite3.Connection, Order], object]

_SCHEMA = """
    CREATE TABLE stock (product TEXT PRIMARY KEY, pieces INTEGER);
    CREATE TABLE handled (order_id TEXT PRIMARY KEY);
"""
_FULL = 1_000_000
_FAILURES = {3: "UPDATE ON stock", 6: "INSERT ON handled"}
"""At which order the power fails, and before which statement."""


@dataclass(frozen=True)
class Sold:
    """How many pieces were ordered, and how many were taken out of the stock."""

    ordered: int
    taken: int

    @property
    def right(self) -> bool:
        """Whether each order was taken once."""
        return self.taken == self.ordered

    @property
    def hint(self) -> str:
        """What to change."""
        said = f"{self.ordered} pieces were ordered and {self.taken} taken."
        if self.taken == 0:
            return f"{said} Lower the stock, and commit."
        if self.taken >= 2 * self.ordered:
            return f"{said} Every order came twice: remember its id."
        return f"{said} The power failed between two statements: put both into one transaction."


def deliver_twice(lab: Lab, topic: str, take: Take) -> Sold:
    """Hand each order of `topic` to `take(database, order)` twice, and count.

    `database` has the tables stock(product, pieces) and handled(order_id). Twice the power fails in `take`: once before it
    changes the stock, once before it remembers an id. What it has not committed is then lost, and the order comes again.
    """
    count = measure_lag(lab, "reads without a group", [topic]).total
    orders = [json.loads(message.value() or b"") for message in records.consume(lab, topic, count)]
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        products = [(product, _FULL) for product in {order["productId"] for order in orders}]
        database.executemany("INSERT INTO stock VALUES (?, ?)", products)
        database.commit()
        for number, order in enumerate(orders):
            if statement := _FAILURES.get(number):
                with _power_fails(database, statement), suppress(sqlite3.IntegrityError):
                    take(database, order)
            for _ in range(2):
                take(database, order)
                database.rollback()  # what is not committed by now never will be
        (left,) = database.execute("SELECT sum(pieces) FROM stock").fetchone()
    return Sold(sum(order["qty"] for order in orders), _FULL * len(products) - left)


@contextmanager
def _power_fails(database: sqlite3.Connection, statement: str) -> Iterator[None]:
    """Let `statement` fail inside the block. What is not committed when the block ends is lost."""
    database.execute(f"CREATE TRIGGER power BEFORE {statement} BEGIN SELECT RAISE(ABORT, 'the power is gone'); END")
    database.commit()
    try:
        yield
    finally:
        database.rollback()
        database.execute("DROP TRIGGER power")
        database.commit()
