# SPDX-License-Identifier: Apache-2.0
"""The catalog service outlives its broker, and loses no bad record. `test_shop_kills` counts the good ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from helpers import records, topics
from helpers.waiting import wait_until
from tests.lab.test_catalog_service import PATIENCE, catalog, get, left, orders, wait_no_lag
from tests.resources import OwnLab


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
