# SPDX-License-Identifier: Apache-2.0
"""The catalog service as a process on a real broker: killed at every place, stopped, poisoned, locked out, joined by another."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
import requests
from confluent_kafka import Message

from helpers import processes, records, services, topics
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.records import Record
from helpers.services import Service
from helpers.waiting import wait_until
from tests.unit.shop.messages import BAD, value

PRODUCT = "CATALOG-0002"
PATIENCE = 60.0


def orders(ids: Iterable[object], **fields: object) -> list[Record]:
    """Return an order of one piece for each of `ids`."""
    return [Record(value(str(number), **fields), str(number)) for number in ids]


def get(service: Service, path: str) -> Any:
    """Return what the service answers."""
    answer = requests.get(service.url + path, timeout=10)
    return {**answer.json(), "status code": answer.status_code} if path == "/health" else answer.json()


def left(service: Service) -> int:
    """Return the stock, by HTTP."""
    return int(get(service, f"/catalog/{PRODUCT}")["stock"])


def wait_left(service: Service, count: int) -> None:
    """Wait until the stock is `count` or less."""
    wait_until(lambda: left(service) <= count, PATIENCE, f"a stock of {count}", last_seen=lambda: left(service))


def lag(lab: Lab, topic: str) -> int:
    """Return how many records the group, which is named like its topic, must still handle."""
    return measure_lag(lab, topic, [topic]).total


def wait_no_lag(lab: Lab, topic: str) -> None:
    """Wait until the group has committed all records."""
    wait_until(lambda: lag(lab, topic) == 0, PATIENCE, "no lag", last_seen=lambda: lag(lab, topic))


@pytest.fixture
def topic(lab: Lab) -> str:
    """A topic of one partition."""
    name = topics.unique_name("catalog")
    topics.create(lab, name)
    return name


def catalog(lab: Lab, folder: Path, topic: str, **settings: Any) -> Service:
    """Return a catalog service with 1,000 of each product, in a group that is named like its topic."""
    return services.catalog_service(lab, folder, topic, group=topic, **{"stock": 1000, **settings})


BEFORE, AFTER, OFFSET = "before-database-commit", "after-database-commit", "before-offset-commit"


@dataclass(frozen=True)
class Case:
    """Where a service dies at the 57th record, how it works, and what comes of it: pieces too many, lag at its death."""

    place: str
    naive: bool
    batch: int
    too_many: int
    lag: int

    def __str__(self) -> str:
        return f"{self.place}, {'naive' if self.naive else 'remembering'}, {self.batch} a batch"


CASES = [
    Case(BEFORE, naive=True, batch=50, too_many=0, lag=150),
    Case(AFTER, naive=True, batch=1, too_many=1, lag=144),
    Case(AFTER, naive=True, batch=50, too_many=50, lag=150),
    Case(OFFSET, naive=True, batch=50, too_many=50, lag=150),
    Case(AFTER, naive=False, batch=50, too_many=0, lag=150),
    Case(OFFSET, naive=False, batch=50, too_many=0, lag=150),
]


@pytest.fixture(scope="module")
def found(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[Case, tuple[int, int]]:
    """All cases at the same time, on 200 orders of one piece: the lag at the death, the stock after a second start."""
    lags, again, topic_of = {}, {}, {case: topics.unique_name("crash") for case in CASES}
    with ExitStack() as running:
        for case, topic in topic_of.items():
            topics.create(lab, topic)
            records.produce(lab, topic, orders(range(200)))
            how: dict[str, Any] = {"naive": case.naive, "batch": case.batch}
            folder = tmp_path_factory.mktemp("crash")
            with catalog(lab, folder, topic, crash=f"{case.place}:57", **how) as killed:
                killed.wait_ended(PATIENCE)
            lags[case] = lag(lab, topic)
            again[case] = running.enter_context(catalog(lab, folder, topic, **how))
        for topic in topic_of.values():
            wait_no_lag(lab, topic)
        return {case: (lags[case], left(again[case])) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_kill_doubles_exactly_one_batch_where_nothing_is_remembered(
    case: Case, found: dict[Case, tuple[int, int]]
) -> None:
    assert found[case] == (case.lag, 800 - case.too_many)


def test_bad_records_are_buried_and_the_good_ones_around_them_are_taken(lab: Lab, tmp_path: Path, topic: str) -> None:
    sent = [*orders(["first"]), *(Record(*bad, headers={"trace": "42"}) for bad in BAD.values()), *orders(["last"])]
    with catalog(lab, tmp_path, topic) as service:
        for record in sent:  # one by one: the broker limits the size of a batch
            records.produce(lab, topic, [record])
        wait_no_lag(lab, topic)
        assert left(service) == 998
        assert get(service, "/health")["status code"] == 200
    buried = records.consume(lab, f"{topic}.dead-letters", len(BAD))
    assert [(letter.value(), letter.key()) for letter in buried] == list(BAD.values())
    for offset, headers in enumerate(map(headers_of, buried), start=1):
        assert headers.pop("reason")
        assert headers == {"trace": "42", "topic": topic, "partition": "0", "offset": str(offset)}


def headers_of(message: Message) -> dict[str, str]:
    """Return the headers of a record, which are all text."""
    return {name: bytes(text).decode() for name, text in cast(list[tuple[str, bytes]], message.headers())}


def test_what_cannot_be_buried_is_not_committed_past(lab: Lab, tmp_path: Path, topic: str) -> None:
    topics.create(lab, f"{topic}.dead-letters", config={"max.message.bytes": 100})
    records.produce(lab, topic, orders(range(3)))
    with catalog(lab, tmp_path, topic) as service:
        wait_no_lag(lab, topic)
        records.produce(lab, topic, ["no order"])
        wait_until(lambda: get(service, "/health")["status code"] == 503, PATIENCE, "the listener to end")
        assert "MSG_SIZE_TOO_LARGE" in get(service, "/health")["detail"]
        assert (left(service), lag(lab, topic)) == (997, 1)


def test_a_clean_stop_leaves_nothing_half_done(lab: Lab, tmp_path: Path, topic: str) -> None:
    count = 25_000  # a busy computer needs a second or two for the stop
    records.produce(lab, topic, orders(range(count)))
    with catalog(lab, tmp_path, topic, naive=True, batch=20, stock=2 * count) as service:
        wait_left(service, 2 * count - 20)
        service.stop()
        assert not service.running
        handled = count - lag(lab, topic)
        assert 0 < handled < count, "it was stopped at its work"
    with catalog(lab, tmp_path, topic, naive=True, batch=500) as service:
        wait_no_lag(lab, topic)
        assert left(service) == count, "naive, and nothing was taken twice"


def test_a_locked_database_makes_it_wait(lab: Lab, tmp_path: Path, topic: str) -> None:
    with catalog(lab, tmp_path, topic) as service, closing(sqlite3.connect(tmp_path / "service.db")) as other:
        log = tmp_path / "catalog_service.log"
        other.execute("BEGIN IMMEDIATE")
        records.produce(lab, topic, orders(range(10)))
        wait_until(lambda: "database is locked" in log.read_text("utf-8"), PATIENCE, "the listener to wait")
        assert (left(service), get(service, "/health")["status code"], lag(lab, topic)) == (1000, 200, 10)
        other.rollback()
        wait_no_lag(lab, topic)
        assert left(service) == 990


def test_a_topic_that_is_created_later_is_found(lab: Lab, tmp_path: Path) -> None:
    later = topics.unique_name("later")
    with catalog(lab, tmp_path, later) as service:
        topics.create(lab, later)
        records.produce(lab, later, orders(range(10)))
        wait_left(service, 990)
        memory = psutil.Process(service.pid).memory_info().rss
    assert memory < 100_000_000


def test_two_instances_on_one_database_take_each_order_once(lab: Lab, tmp_path: Path) -> None:
    topic, file = topics.unique_name("shared"), tmp_path / "stock.db"
    topics.create(lab, topic, 4)
    options = {"bootstrap-servers": lab.bootstrap_servers, "topic": topic, "group": topic, "database": str(file)}
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first, second = (Service("catalog_service", folder, options | {"batch": 20, "stock": 10_000}) for folder in folders)
    with first, second:
        for start in range(0, 4000, 1000):
            records.produce(lab, topic, orders(range(start, start + 1000)))
            if start == 1000:
                wait_until(lambda: len(get(second, "/health")["partitions"]) == 2, PATIENCE, "both to have partitions")
            if start == 2000:
                first.kill()
        wait_no_lag(lab, topic)
        assert left(second) == 6000


def test_it_imports_neither_pandas_nor_sqlalchemy_nor_the_lab() -> None:
    program = "import sys, helpers.shop.catalog_service; sys.exit(bool({'pandas', 'sqlalchemy', 'helpers.lab'} & set(sys.modules)))"
    assert processes.run([sys.executable, "-c", program], timeout=60).returncode == 0
