# SPDX-License-Identifier: Apache-2.0
"""What an order is: its amounts, its id, what makes two orders the same; and how its database behaves."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from helpers.shop import orders as module
from helpers.shop.orders import KeyUsedBefore, Order, OrderRequest, Orders, new_order

REQUESTS = st.builds(
    OrderRequest,
    productId=st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True),
    qty=st.integers(1, 1_000_000),
    unitPrice=st.integers(0, 1_000_000_000),
)
KEYS = st.text(min_size=1, max_size=255)


def request(qty: int = 10) -> OrderRequest:
    return OrderRequest(productId="CATALOG-0002", qty=qty, unitPrice=1200)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture
def orders(file: Path) -> Iterator[Orders]:
    with closing(Orders(file)) as made:
        yield made


@given(REQUESTS)
def test_the_amount_is_exact_also_for_a_client_in_javascript(asked: OrderRequest) -> None:
    order = new_order(asked)
    assert order.totalPrice == asked.qty * asked.unitPrice < 2**53
    assert Order.model_validate_json(order.document) == order


@given(REQUESTS, REQUESTS)
def test_two_orders_have_the_same_fingerprint_only_if_they_ask_for_the_same(a: OrderRequest, b: OrderRequest) -> None:
    assert (new_order(a).fingerprint == new_order(b).fingerprint) == (a == b)


@given(REQUESTS, REQUESTS, KEYS)
def test_the_same_key_gives_the_same_id(a: OrderRequest, b: OrderRequest, key: str) -> None:
    assert new_order(a, key).orderId == new_order(b, key).orderId == str(uuid.UUID(new_order(a, key).orderId))


@given(KEYS, KEYS)
def test_another_key_gives_another_id(a: str, b: str) -> None:
    assert (new_order(request(), a).orderId == new_order(request(), b).orderId) == (a == b)


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_each_order_is_a_new_one(key: str | None) -> None:
    assert len({new_order(request(), key).orderId for _ in range(100)}) == 100


def test_ids_of_keys_never_change() -> None:
    """They are in the topics and databases of those who used the service before."""
    assert new_order(request(), "a").orderId == "4d675397-b414-5a00-b64f-1fd1d57e443b"


@given(st.one_of(st.integers(max_value=0), st.integers(min_value=1_000_001), st.floats(), st.booleans(), st.text()))
def test_a_quantity_that_is_none_is_refused(qty: object) -> None:
    with pytest.raises(ValidationError):
        OrderRequest.model_validate({"productId": "A", "qty": qty, "unitPrice": 1})


def test_a_second_order_with_the_same_key_is_the_first_one(orders: Orders) -> None:
    first = orders.add(new_order(request(), "a"), outbox=True)
    again = new_order(request(), "a")
    assert orders.add(again, outbox=True) == first != again
    assert len(orders.waiting(10)) == len(orders.page(10, 0)) == 1


def test_a_key_belongs_to_one_order(orders: Orders) -> None:
    first = orders.add(new_order(request(), "a"))
    with pytest.raises(KeyUsedBefore):
        orders.add(new_order(request(11), "a"), outbox=True)
    assert orders.page(10, 0) == [first.document]
    assert not orders.waiting(10)


def test_the_same_order_from_many_threads_is_one_order(orders: Orders) -> None:
    results: list[Order] = []
    threads = [
        threading.Thread(target=lambda: results.append(orders.add(new_order(request(), "a"), outbox=True)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8 and len(set(map(str, results))) == 1
    assert len(orders.waiting(10)) == 1


def test_orders_come_in_pages_the_oldest_first(orders: Orders) -> None:
    stored = [orders.add(new_order(request())).document for _ in range(5)]
    assert [*orders.page(2, 0), *orders.page(2, 2), *orders.page(2, 4)] == stored


def test_orders_outlive_their_process(orders: Orders, file: Path) -> None:
    order = orders.add(new_order(request()), outbox=True)
    with closing(Orders(file)) as later:
        assert later.get(order.orderId) == order
        assert [message.order_id for message in later.waiting(10)] == [order.orderId]


def test_a_locked_file_is_said_after_a_bounded_wait(
    monkeypatch: pytest.MonkeyPatch, file: Path, orders: Orders
) -> None:
    order = orders.add(new_order(request()))
    monkeypatch.setattr(module, "_LOCK_TIMEOUT", 0.1)
    with closing(Orders(file)) as impatient, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="database is locked"):
            impatient.add(new_order(request()))
        assert impatient.get(order.orderId) == order, "who reads does not wait for who writes"
        other.rollback()
        impatient.add(new_order(request()))
    assert len(orders.page(10, 0)) == 2
