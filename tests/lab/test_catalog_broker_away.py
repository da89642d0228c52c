# SPDX-License-Identifier: Apache-2.0
"""The catalog service outlives its broker: it counts each order once, and loses no bad record either."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from helpers import records, topics
from helpers.waiting import wait_until
from tests.lab.test_catalog_service import PATIENCE, catalog, get, left, orders, wait_left, wait_no_lag
from tests.resources import OwnLab

COUNT = 3000
SLOW = {"timeout": 120.0, "config": {"batch.num.messages": 10, "enable.idempotence": True}}
"""Small batches: there is still something to send when the broker is killed. The client's own retries double nothing."""


def test_a_broker_killed_under_load_is_not_the_end_of_the_listener(own_lab: OwnLab, tmp_path: Path) -> None:
    lab, topic = own_lab.attach(), topics.unique_name("away")
    topics.create(lab, topic)
    load = threading.Thread(target=records.produce, args=(lab, topic, orders(range(COUNT))), kwargs=SLOW)
    with catalog(lab, tmp_path, topic, batch=10, stock=10_000) as service:
        load.start()
        wait_left(service, 9_900)
        own_lab.kill("kafka")
        own_lab.up()
        load.join()
        wait_no_lag(lab, topic)
        assert left(service) == 10_000 - COUNT
        assert get(service, "/health")["status code"] == 200


def test_a_bad_record_waits_for_the_broker(own_lab: OwnLab, tmp_path: Path) -> None:
    lab, topic = own_lab.attach(), topics.unique_name("buried")
    topics.create(lab, topic)
    log = tmp_path / "catalog_service.log"
    with catalog(lab, tmp_path, topic) as service, closing(sqlite3.connect(tmp_path / "service.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        records.produce(lab, topic, ["no order", *orders(range(10))])
        wait_until(lambda: "database is locked" in log.read_text("utf-8"), PATIENCE, "the listener to have the records")
        own_lab.kill("kafka")
        other.rollback()
        wait_until(
            lambda: "cannot be created now" in log.read_text("utf-8"), PATIENCE, "the bad record to have its turn"
        )
        assert get(service, "/health")["status code"] == 200
        own_lab.up()
        wait_no_lag(lab, topic)
        assert left(service) == 990
        assert {letter.value() for letter in records.consume(lab, f"{topic}.dead-letters", 1)} == {b"no order"}
