# SPDX-License-Identifier: Apache-2.0
"""What a crash makes of a stock: in a catalog service, and in a learner's own function (lesson 08)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd
import requests

from helpers import records, services
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.waiting import wait_until
from helpers.workspace import Workspace

Order = dict[str, Any]
Take = Callable[[sqlite3.Connection, Order], object]

_SCHEMA = """
    CREATE TABLE stock (product TEXT PRIMARY KEY, pieces INTEGER);
    CREATE TABLE handled (order_id TEXT PRIMARY KEY);
"""
_FULL = 1_000_000
_FAILURES = {3: "UPDATE ON stock", 6: "INSERT ON handled"}
"""At which order the power fails, and before which statement."""


_PATIENCE = 30.0


def stock_after_crash(lab: Lab, workspace: Workspace, topic: str, *, naive: bool) -> pd.Series[int]:
    """Let a catalog service handle the orders of `topic`, die at the fifth, start again and finish. Return product id to stock.

    It takes one order at a time, from 100 of each product. It dies between the commit to its database and that to Kafka.
    """
    folder, group = workspace.folder("stock"), workspace.group("stock")
    dying = services.catalog_service(
        lab, folder, topic, group=group, naive=naive, batch=1, crash="after-database-commit:5"
    )
    with dying:
        dying.wait_ended(_PATIENCE)
    with services.catalog_service(lab, folder, topic, group=group, naive=naive, batch=1) as service:
        wait_until(lambda: not measure_lag(lab, group, [topic]).total, _PATIENCE, "the catalog service to catch up")
        rows = requests.get(f"{service.url}/catalog", timeout=_PATIENCE).json()
    return pd.DataFrame(rows).set_index("productId")["stock"]


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
