# SPDX-License-Identifier: Apache-2.0
"""The catalog service outlives its broker, and counts each order once."""

from __future__ import annotations

import threading
from pathlib import Path

from helpers import records, topics
from helpers.lag import measure_lag
from helpers.waiting import wait_until
from tests.lab.test_catalog_service import catalog, get, left, orders, wait_left
from tests.resources import OwnLab

COUNT = 4000


def test_a_killed_broker_is_not_the_end_of_the_listener(own_lab: OwnLab, tmp_path: Path) -> None:
    lab, topic = own_lab.attach(), topics.unique_name("away")
    topics.create(lab, topic)
    with catalog(lab, tmp_path, topic, batch=10, stock=10_000) as service:
        load = threading.Thread(target=records.produce, args=(lab, topic, orders(range(COUNT))), kwargs=SLOW)
        load.start()
        wait_left(service, 10_000 - 500)
        own_lab.kill("kafka")
        own_lab.up()
        load.join()
        wait_until(lambda: measure_lag(lab, topic, [topic]).total == 0, 60, "no lag", last_seen=lambda: left(service))
        assert left(service) == 10_000 - COUNT
        assert get(service, "/health")["status code"] == 200


SLOW = {"timeout": 120.0, "config": {"batch.num.messages": 10, "enable.idempotence": True}}
"""Small batches, so that there is still something to send when the broker is killed."""
