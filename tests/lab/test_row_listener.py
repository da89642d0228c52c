# SPDX-License-Identifier: Apache-2.0
"""The contrast of lesson 09: how many rows an order makes depends on the groups of those that listen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from helpers import database, records, services, topics
from helpers.experiments import listeners
from helpers.lab import Lab
from helpers.services import Service
from helpers.shop import row_listener
from helpers.waiting import wait_until
from helpers.workspace import Workspace

PATIENCE = 60.0
TABLE = "saved_by_listeners"


@pytest.fixture
def table(lab: Lab) -> Iterator[str]:
    database.execute(lab, row_listener.TABLE.format(table=TABLE))
    yield TABLE
    database.drop(lab, TABLE)


@pytest.fixture
def topic(lab: Lab) -> str:
    name = topics.unique_name("rows")
    topics.create(lab, name, 2)
    return name


def listener(lab: Lab, folder: Path, topic: str, group: str, name: str) -> Service:
    """Return a listener with a folder of its own."""
    own = folder / name
    own.mkdir()
    return services.row_listener(lab, own, topic, group=f"{topic}-{group}", table=TABLE, name=name)


def health(service: Service) -> tuple[int, str]:
    """Return status code and document of the listener's health."""
    answer = requests.get(f"{service.url}/health", timeout=10)
    return answer.status_code, answer.text


def wait_partitions(service: Service, count: int) -> None:
    """Wait until the listener has `count` partitions."""
    health = f"{service.url}/health"
    wait_until(lambda: len(requests.get(health, timeout=10).json()["partitions"]) == count, PATIENCE, "its partitions")


@pytest.mark.parametrize(("groups", "rows"), [("ab", 400), ("aa", 200)], ids=["own groups", "one group"])
def test_one_row_for_each_group(lab: Lab, groups: str, rows: int) -> None:
    sent = [{"orderId": f"order {number}", "productId": "CATALOG-0001", "qty": 1} for number in range(200)]
    with Workspace(lab, "row_listener") as workspace:
        saved = listeners.save(lab, workspace, sent, list(groups))
    assert (len(saved), saved["order_id"].nunique()) == (rows, 200)
    assert set(saved["saved_by"]) == {"listener 1", "listener 2"}, "both have work"


def test_one_broken_record_ends_it_and_health_says_why(lab: Lab, tmp_path: Path, topic: str, table: str) -> None:
    with listener(lab, tmp_path, topic, "a", "one") as service:
        wait_partitions(service, 2)
        records.produce(lab, topic, ["no order"])
        wait_until(lambda: health(service)[0] == 503, PATIENCE, "the listener to end")
        assert "The listener has ended: JSONDecodeError: Expecting value" in health(service)[1]
        assert database.frame(lab, f"SELECT * FROM {TABLE}").empty


def test_no_password_is_in_the_list_of_processes_or_in_its_files(
    lab: Lab, tmp_path: Path, topic: str, table: str
) -> None:
    password = database.password_file(database.address(lab), "service").read_text("ascii")
    with listener(lab, tmp_path, topic, "a", "one") as service:
        process = psutil.Process(service.pid)
        assert password not in str([process.cmdline(), process.environ()])
    assert not [file for file in (tmp_path / "one").iterdir() if password in file.read_text("utf-8")]
