# SPDX-License-Identifier: Apache-2.0
"""A listener with a business rule: a learner's own function lowers points in the lab's database (lesson 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from helpers import database
from helpers.lab import Lab
from helpers.workspace import Workspace

Order = dict[str, Any]
Deduct = Callable[[Connection, Order], object]

POINTS = {"김민준": 1000, "이서연": 50}
"""What each customer has before the orders."""
_WANTED = [
    ("김민준", 20),
    ("김민준", 20),
    ("김민준", 20),
    ("이서연", 80),
    ("김민준", 20),
    ("김민준", 20),
    ("이서연", 30),
]
ORDERS: list[Order] = [
    {"order_id": f"order {number}", "customer": customer, "points": points}
    for number, (customer, points) in enumerate(_WANTED, 1)
]
"""이서연 has too few points for the first of her two."""
RIGHT = {"김민준": 900, "이서연": 20}
"""What each customer has afterwards, if each order counts once and none takes more than is there."""
_TABLES = {"points": "customer VARCHAR(20) PRIMARY KEY, points INT", "deductions": "order_id VARCHAR(40) PRIMARY KEY"}
_FAILURES = {1: "points", 4: "deductions"}
"""At which order (0 is the first) which table can be read only, for a moment."""


@dataclass(frozen=True)
class Left:
    """The points that each customer has left."""

    points: dict[str, int]

    @property
    def right(self) -> bool:
        """Whether these are the right ones."""
        return self.points == RIGHT

    @property
    def hint(self) -> str:
        """What to change."""
        said = f"이서연 has {self.points['이서연']} points, 김민준 {self.points['김민준']}."
        taken = POINTS["김민준"] - self.points["김민준"]
        if self.points == POINTS:
            return f"{said} Nobody paid: lower the points, and commit."
        if self.points["이서연"] < 0:
            return f"{said} Take only what is there: look at the points in the WHERE."
        if taken >= 2 * (POINTS["김민준"] - RIGHT["김민준"]):
            return f"{said} Every order came twice: remember its id."
        return f"{said} A statement failed between two commits: put both statements into one transaction."


def deliver_twice(lab: Lab, workspace: Workspace, deduct: Deduct) -> Left:
    """Hand each of `ORDERS` to `deduct(connection, order)` twice, and return the points that are left.

    `connection` is one to `mydb1`, which has the tables points(customer, points) and deductions(order_id). Twice a table is
    locked, so that a statement fails. What is not committed then is rolled back, and the order comes again.
    """
    for table, columns in _TABLES.items():
        database.execute(lab, f"CREATE TABLE {workspace.table(table)} ({columns})")
    rows = [{"customer": customer, "points": points} for customer, points in POINTS.items()]
    database.execute(lab, "INSERT INTO points VALUES (:customer, :points)", rows)
    with database.engine(lab, "service").connect() as connection:
        connection.execute(text("SET lock_wait_timeout = 0"))  # a lock is an error at once
        connection.rollback()
        for number, order in enumerate(ORDERS):
            if table := _FAILURES.get(number, ""):
                with _locked(lab, table), suppress(DBAPIError):
                    deduct(connection, dict(order))
                connection.rollback()
            for _ in range(2):
                deduct(connection, dict(order))
                connection.rollback()  # what is not committed by now never will be
    found = database.frame(lab, "SELECT customer, points FROM points")
    return Left(dict(zip(found["customer"], found["points"].tolist(), strict=True)))


@contextmanager
def _locked(lab: Lab, table: str) -> Iterator[None]:
    """Let others read `table` in the block, and write nothing to it."""
    with database.connect(lab) as owner:
        owner.execute(text(f"LOCK TABLES {table} READ"))
        yield
