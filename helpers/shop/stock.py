# SPDX-License-Identifier: Apache-2.0
"""What orders do to the stock, in SQLite: `lower` is naive, `lower_once` remembers which orders it has handled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from confluent_kafka import Message

from helpers.shop.crash import Crash
from helpers.shop.dead_letters import DeadLetter
from helpers.shop.incoming import Order, Refused, read
from helpers.shop.listener import NotNow

PRODUCTS = {"CATALOG-0001": 100, "CATALOG-0002": 100, "CATALOG-0003": 100}
"""The catalog at its first start: product id to stock."""

BEFORE_COMMIT, AFTER_COMMIT = "before-database-commit", "after-database-commit"
_LOCK_TIMEOUT = 2.0  # seconds that a statement waits for another writer
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

TABLES = """
CREATE TABLE IF NOT EXISTS catalog (product_id TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handled (order_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


def lower(database: sqlite3.Connection, order: Order) -> None:
    """Lower the stock of the ordered product. A record that comes twice lowers it twice.

    Raises `Refused` for an unknown product, and for more than the stock.
    """
    statement = "UPDATE catalog SET stock = stock - ? WHERE product_id = ? AND stock >= ?"
    if database.execute(statement, (order.qty, order.productId, order.qty)).rowcount == 0:
        raise Refused(_why_not(database, order))


def lower_once(database: sqlite3.Connection, order: Order) -> None:
    """Lower the stock and remember the order, in one transaction. A record that comes twice changes nothing the second time.

    Raises `Refused` as `lower` does. Such an order is not remembered: it may come again when there is more stock.
    """
    if database.execute("SELECT 1 FROM handled WHERE order_id = ?", (order.orderId,)).fetchone():
        return
    lower(database, order)
    database.execute("INSERT INTO handled VALUES (?)", (order.orderId,))


def _why_not(database: sqlite3.Connection, order: Order) -> str:
    found = database.execute("SELECT stock FROM catalog WHERE product_id = ?", (order.productId,)).fetchone()
    return f"qty: {order.qty} ordered, {found[0]} in stock." if found else f"productId: no product {order.productId!r}."


class Stock:
    """The stock in the SQLite file `path`. `effect` is what one order does to it: `lower_once` or `lower`.

    `products` are added where the catalog does not have them yet. Several processes may use one file.

    Raises `sqlite3.Error` if the file cannot be used.
    """

    def __init__(
        self,
        path: Path | str,
        products: Mapping[str, int] = PRODUCTS,
        *,
        effect: Callable[[sqlite3.Connection, Order], None] = lower_once,
        crash: Crash | None = None,
    ) -> None:
        self._path = path
        self._effect = effect
        self._crash = crash or Crash()
        self._database = self._connect()
        self._database.execute("PRAGMA journal_mode=WAL")  # who reads does not wait for who writes
        self._database.executescript(TABLES)
        self._database.executemany("INSERT OR IGNORE INTO catalog VALUES (?, ?)", products.items())

    def take(self, messages: Sequence[Message]) -> list[DeadLetter]:
        """Apply the orders in `messages` in one transaction. Return the records that were refused, each with the reason.

        Raises `NotNow` if another process has locked the database. Then nothing has changed.
        """
        try:
            with self._database as database:  # commits at the end, or rolls back after an exception
                database.execute("BEGIN IMMEDIATE")  # what is read from here on, nobody else changes before the commit
                refused = [letter for message in messages if (letter := self._apply(database, message))]
                self._crash.at(BEFORE_COMMIT, len(messages))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in _LOCKED:
                raise NotNow(str(error)) from error
            raise
        self._crash.at(AFTER_COMMIT, len(messages))
        return refused

    def _apply(self, database: sqlite3.Connection, message: Message) -> DeadLetter | None:
        try:
            self._effect(database, read(message))
        except Refused as reason:
            return DeadLetter(message, str(reason))
        return None

    def products(self) -> dict[str, int]:
        """Return product id to stock, in the order of the ids."""
        with closing(self._connect()) as database:
            return dict(database.execute("SELECT product_id, stock FROM catalog ORDER BY product_id").fetchall())

    def product(self, product_id: str) -> int | None:
        """Return the stock of one product, or None if there is no such product."""
        with closing(self._connect()) as database:
            found = database.execute("SELECT stock FROM catalog WHERE product_id = ?", (product_id,)).fetchone()
        return found[0] if found else None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _connect(self) -> sqlite3.Connection:
        """Each statement is its own transaction until a BEGIN. The listener's thread uses what another thread has opened."""
        database = sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA synchronous=NORMAL")  # safe when the process is killed; FULL also survives a power cut
        return database
