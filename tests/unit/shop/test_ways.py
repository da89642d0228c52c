# SPDX-License-Identifier: Apache-2.0
"""What is true when each of the four ways says "accepted", with a broker and without one; the relay of the outbox."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from helpers import records, topics
from helpers.lab import Lab
from helpers.shop import orders as database
from helpers.shop import publisher as module
from helpers.shop import ways
from helpers.shop.orders import Order, OrderRequest, Orders, new_order
from helpers.shop.publisher import NotPublished, Publisher
from helpers.shop.ways import Relay
from helpers.waiting import wait_until

NOBODY = "127.0.0.1:9"
"""The port "discard": nothing listens there."""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client does not log that a broker is away."""
    monkeypatch.setitem(module.SETTINGS, "log_level", 0)


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Orders]:
    with closing(Orders(tmp_path / "orders.db")) as made:
        yield made


@pytest.fixture
def topic() -> str:
    return topics.unique_name("ways")


@pytest.fixture
def publisher(mock: Lab, topic: str) -> Iterator[Publisher]:
    with closing(Publisher(mock.bootstrap_servers, topic)) as made:
        yield made


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A publisher without a broker, which gives up soon."""
    monkeypatch.setitem(module.SETTINGS, "message.timeout.ms", 200)
    with closing(Publisher(NOBODY, "orders")) as made:
        yield made


def order(key: str | None = None) -> Order:
    return new_order(OrderRequest(productId="CATALOG-0002", qty=10, unitPrice=1200), key)


def too_large() -> Order:
    """An order that no broker takes: the client refuses records above 1 MB."""
    return Order.model_construct(**{**order().model_dump(), "productId": "A" * 2_000_000})


def sent(mock: Lab, topic: str, count: int) -> list[str]:
    """Return the ids of the first `count` orders in the topic."""
    return [(message.key() or b"").decode() for message in records.consume(mock, topic, count)]


def test_confirmed_orders_are_stored_and_in_the_topic(
    mock: Lab, topic: str, orders: Orders, publisher: Publisher
) -> None:
    taken = ways.confirm(order(), orders, publisher)
    assert orders.get(taken.orderId) == taken
    (record,) = records.consume(mock, topic, 1)
    assert (record.key(), record.value()) == (taken.orderId.encode(), taken.document.encode())


def test_a_repeated_order_is_sent_as_it_was_first(mock: Lab, topic: str, orders: Orders, publisher: Publisher) -> None:
    first, again = (ways.confirm(order("a"), orders, publisher) for _ in range(2))
    assert first == again
    assert {record.value() for record in records.consume(mock, topic, 2)} == {first.document.encode()}


def test_topic_first_stores_nothing(mock: Lab, topic: str, publisher: Publisher) -> None:
    taken = asyncio.run(ways.topic_first(order(), publisher))
    assert sent(mock, topic, 1) == [taken.orderId]


def test_without_a_broker_confirm_refuses_what_it_has_stored(orders: Orders, away: Publisher) -> None:
    with pytest.raises(NotPublished) as refused:
        ways.confirm(order("a"), orders, away)
    assert not refused.value.final
    assert len(orders.page(10, 0)) == 1


def test_without_a_broker_topic_first_refuses(away: Publisher) -> None:
    with pytest.raises(NotPublished):
        asyncio.run(ways.topic_first(order(), away))


def test_without_a_broker_forget_accepts_and_loses(orders: Orders, away: Publisher) -> None:
    taken = ways.forget(order(), orders, away)
    assert orders.get(taken.orderId) == taken
    assert not orders.waiting(10)


def test_the_outbox_keeps_orders_until_the_broker_is_back(
    mock: Lab, topic: str, orders: Orders, publisher: Publisher, away: Publisher
) -> None:
    taken = [ways.outbox(order(), orders, away).orderId for _ in range(20)]
    with pytest.raises(NotPublished):
        Relay(orders, away).send_some()
    assert len(orders.waiting(100)) == 20
    Relay(orders, publisher).send_some()
    assert not orders.waiting(100)
    assert sorted(sent(mock, topic, 20)) == sorted(taken)


def test_a_message_that_can_never_be_sent_is_set_aside(
    mock: Lab, topic: str, orders: Orders, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = [order() for _ in range(4)], too_large()
    for each in (*good[:2], bad, *good[2:]):
        orders.add(each, outbox=True)
    relay = Relay(orders, publisher)
    relay.send_some()
    assert sorted(sent(mock, topic, 4)) == sorted(each.orderId for each in good)
    assert not orders.waiting(100)
    assert relay.refused == 1
    assert capsys.readouterr().err.startswith(f"Order {bad.orderId} can never be sent: ")


def test_the_database_is_free_while_the_broker_is_awaited(
    orders: Orders, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm = publisher.confirm

    def store_meanwhile(report: object) -> object:
        orders.add(order(), outbox=True)
        return confirm(report)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher, "confirm", store_meanwhile)
    orders.add(order(), outbox=True)
    Relay(orders, publisher).send_some()
    assert len(orders.waiting(10)) == 1


def test_the_relay_outlives_a_locked_database(
    tmp_path: Path,
    mock: Lab,
    topic: str,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(database, "_LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(ways, "_PAUSE", 0.01)
    with closing(Orders(tmp_path / "orders.db")) as orders, closing(sqlite3.connect(tmp_path / "orders.db")) as other:
        taken = ways.outbox(order(), orders, publisher)
        other.execute("BEGIN IMMEDIATE")
        relay = Relay(orders, publisher)
        relay.start()
        said = ""

        def complained() -> bool:
            nonlocal said
            said += capsys.readouterr().err
            return "database is locked" in said

        wait_until(complained, 10, "the relay to meet the lock")
        other.rollback()
        wait_until(lambda: not orders.waiting(10), 10, "the relay to send the order")
        assert relay.running
        relay.stop()
        assert not relay.running
    assert {record.key() for record in records.consume(mock, topic, 1)} == {taken.orderId.encode()}
