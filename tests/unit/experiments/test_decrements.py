# SPDX-License-Identifier: Apache-2.0
"""What is said of right and wrong ways to handle an order, when it comes twice and the power fails once."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from helpers import records, topics
from helpers.experiments.decrements import deliver_twice
from helpers.lab import Lab

LOWER = "UPDATE stock SET pieces = pieces - ? WHERE product = ?"
Order = dict[str, Any]


def lower(database: sqlite3.Connection, order: Order) -> None:
    database.execute(LOWER, [order["qty"], order["productId"]])


def remember(database: sqlite3.Connection, order: Order) -> bool:
    """Return whether the order is new."""
    return database.execute("INSERT OR IGNORE INTO handled VALUES (?)", [order["orderId"]]).rowcount == 1


def right(database: sqlite3.Connection, order: Order) -> None:
    with database:
        if remember(database, order):
            lower(database, order)


def work_first(database: sqlite3.Connection, order: Order) -> None:
    with database:
        known = database.execute("SELECT 1 FROM handled WHERE order_id = ?", [order["orderId"]]).fetchone()
        if not known:
            lower(database, order)
            remember(database, order)


def without_memory(database: sqlite3.Connection, order: Order) -> None:
    with database:
        lower(database, order)


def in_two_transactions(database: sqlite3.Connection, order: Order) -> None:
    with database:
        new = remember(database, order)
    with database:
        if new:
            lower(database, order)


def never_committed(database: sqlite3.Connection, order: Order) -> None:
    remember(database, order)
    lower(database, order)


@pytest.fixture
def orders(mock: Lab) -> str:
    topic = topics.unique_name("orders")
    rows = [{"orderId": str(number), "productId": f"CATALOG-{number % 2}", "qty": number} for number in range(1, 11)]
    records.produce(mock, topic, [json.dumps(row) for row in rows])
    return topic


@pytest.mark.parametrize("take", [right, work_first])
def test_each_order_once(mock: Lab, orders: str, take: Any) -> None:
    assert deliver_twice(mock, orders, take).right


@pytest.mark.parametrize(
    ("take", "hint"),
    [
        (without_memory, "remember its id"),
        (in_two_transactions, "one transaction"),
        (never_committed, "and commit"),
        (lambda database, order: None, "Lower the stock"),
    ],
)
def test_what_is_wrong_gets_its_hint(mock: Lab, orders: str, take: Any, hint: str) -> None:
    sold = deliver_twice(mock, orders, take)
    assert not sold.right
    assert hint in sold.hint
