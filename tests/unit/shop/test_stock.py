# SPDX-License-Identifier: Apache-2.0
"""What orders do to the stock, however they are cut into batches, repeated, refused or interrupted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from helpers.shop import crash, stock
from helpers.shop.crash import Crash
from helpers.shop.listener import NotNow
from helpers.shop.stock import PRODUCTS, Stock, lower
from tests.unit.shop.messages import BAD, message, value

Orders = list[tuple[str, int]]
ORDERS = st.lists(st.tuples(st.sampled_from([*PRODUCTS, "CATALOG-0009"]), st.integers(-1, 60)), max_size=20)


def records(orders: Orders) -> list[Message]:
    """Return a record for each (product, quantity), with ids and offsets from 0."""
    made = []
    for number, (product, qty) in enumerate(orders):
        made.append(message(value(str(number), productId=product, qty=qty), str(number).encode(), number))
    return made


@contextmanager
def memory(**settings: object) -> Iterator[Stock]:
    """Yield a stock of 100 of each product that no file holds."""
    with closing(Stock(":memory:", **settings)) as made:  # type: ignore[arg-type]
        yield made


def left(of: Stock) -> dict[str, int]:
    """Return product to stock, from the connection that changes it: another one sees nothing of a database in memory."""
    return dict(of._database.execute("SELECT * FROM catalog").fetchall())


def expected(orders: Orders) -> tuple[dict[str, int], list[int]]:
    """Return by plain arithmetic the stock after `orders` and the offsets that are refused."""
    there, refused = dict(PRODUCTS), []
    for offset, (product, qty) in enumerate(orders):
        if 1 <= qty <= there.get(product, 0):
            there[product] -= qty
        else:
            refused.append(offset)
    return there, refused


@given(ORDERS)
def test_the_stock_falls_by_exactly_what_was_accepted_and_never_below_0(orders: Orders) -> None:
    with memory() as shop:
        refused = [letter.message.offset() for letter in shop.take(records(orders))]
        assert (left(shop), refused) == expected(orders)
        assert min(left(shop).values()) >= 0


@given(ORDERS, st.lists(st.integers(0, 20)))
def test_batches_cut_anywhere_give_the_same_stock(orders: Orders, cuts: list[int]) -> None:
    sent, places = records(orders), sorted({0, *cuts, len(orders)})
    with memory() as shop:
        for start, end in pairwise(places):
            shop.take(sent[start:end])
        assert left(shop) == expected(orders)[0]


@given(ORDERS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20))))
def test_what_comes_again_changes_nothing(orders: Orders, again: list[tuple[int, int]]) -> None:
    sent = records(orders)
    with memory() as shop:
        shop.take(sent + sent)
        for start, end in again:
            shop.take(sent[start:end])
        assert left(shop) == expected(orders)[0]


def test_naive_takes_a_record_twice_that_comes_twice() -> None:
    with memory(effect=lower) as shop:
        for _ in range(2):
            shop.take(records([("CATALOG-0002", 10)]))
        assert left(shop)["CATALOG-0002"] == 80


def test_bad_records_are_refused_one_by_one(tmp_path: Path) -> None:
    sent = [message(*bad, offset=number) for number, bad in enumerate(BAD.values())]
    good = [message(value(it, qty=10), it.encode(), 100) for it in ("first", "last")]
    with closing(Stock(tmp_path / "stock.db", dict.fromkeys(PRODUCTS, 1000))) as shop:
        refused = shop.take([good[0], *sent, good[1]])
        assert [letter.message.offset() for letter in refused] == list(range(len(BAD)))
        assert shop.products() == {"CATALOG-0001": 1000, "CATALOG-0002": 980, "CATALOG-0003": 1000}
    reasons = dict(zip(BAD, [letter.reason for letter in refused], strict=True))
    assert reasons["unknown product"] == "productId: no product 'CATALOG-0009'."
    assert reasons["more than the stock"] == "qty: 1001 ordered, 990 in stock."


def test_a_refused_order_may_come_again_when_there_is_more() -> None:
    much = records([("CATALOG-0001", 101)])
    with memory() as shop:
        assert len(shop.take(much)) == 1
        shop._database.execute("UPDATE catalog SET stock = 500")
        assert shop.take(much + much) == []
        assert left(shop)["CATALOG-0001"] == 399


def test_a_locked_database_is_not_the_end_and_nothing_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "_LOCK_TIMEOUT", 0.01)
    with closing(Stock(tmp_path / "stock.db")) as shop, closing(sqlite3.connect(tmp_path / "stock.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotNow, match="locked"):
            shop.take(records([("CATALOG-0001", 1)]))
        assert shop.products() == PRODUCTS, "who reads does not wait"
        other.rollback()
        assert shop.take(records([("CATALOG-0001", 1)])) == []
        assert shop.product("CATALOG-0001") == 99


def test_another_error_of_the_database_is_raised(tmp_path: Path) -> None:
    with closing(Stock(tmp_path / "stock.db")) as shop:
        shop._database.execute("DROP TABLE handled")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            shop.take(records([("CATALOG-0001", 1)]))


def test_two_that_share_one_file_take_each_order_once(tmp_path: Path) -> None:
    sent = records([("CATALOG-0001", 1)] * 60)

    def take_all(_: int) -> None:
        with closing(Stock(tmp_path / "stock.db")) as shop:
            for record in sent:
                shop.take([record])

    take_all(0)  # makes the file
    with closing(Stock(tmp_path / "stock.db", {"CATALOG-0004": 100})) as shop:
        shop._database.execute("UPDATE catalog SET stock = 100")
        shop._database.execute("DELETE FROM handled")
        with ThreadPoolExecutor(2) as both:
            list(both.map(take_all, range(2)))
        assert shop.product("CATALOG-0001") == 40


def test_what_the_file_has_is_kept_at_the_next_start(tmp_path: Path) -> None:
    with closing(Stock(tmp_path / "stock.db")) as shop:
        shop.take(records([("CATALOG-0001", 1)]))
    with closing(Stock(tmp_path / "stock.db", {"CATALOG-0001": 7, "CATALOG-0004": 7})) as again:
        assert again.products() == {**PRODUCTS, "CATALOG-0001": 99, "CATALOG-0004": 7}
        assert again.product("CATALOG-0005") is None


class Died(Exception):
    """In place of the death of the process that runs the test."""


@pytest.mark.parametrize(("place", "there"), [(stock.BEFORE_COMMIT, 100), (stock.AFTER_COMMIT, 99)])
def test_it_dies_before_or_after_the_commit(place: str, there: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def die() -> None:
        raise Died

    monkeypatch.setattr(crash, "_kill_myself", die)
    with memory(crash=Crash(place, 2)) as shop:
        shop.take(records([("CATALOG-0001", 0)]))
        with pytest.raises(Died):
            shop.take(records([("CATALOG-0001", 1)]))
        assert left(shop)["CATALOG-0001"] == there
