# SPDX-License-Identifier: Apache-2.0
"""The order service while its broker is killed: what each of the four ways answers, keeps and loses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import psutil
import pytest

from helpers import records, services, topics
from helpers.lab import Lab
from helpers.services import Service
from helpers.shop.order_service import Way
from helpers.waiting import wait_until
from tests.lab.test_order_service import PATIENCE, health, order, sizes
from tests.resources import OwnLab

AWAY = range(100, 110)
"""The keys of the orders that come while the broker is away."""


@pytest.fixture
def lab(own_lab: OwnLab) -> Lab:
    """A lab of this file, because its broker is killed."""
    return own_lab.attach()


@pytest.fixture
def instances(lab: Lab, tmp_path: Path) -> Iterator[dict[str, Service]]:
    """A service for each way, on a topic of its own, which has taken one order."""
    with ExitStack() as stack:
        made = {}
        for way in get_args(Way):
            folder = tmp_path / way
            folder.mkdir()
            topic = topics.unique_name(way)
            topics.create(lab, topic)
            made[way] = stack.enter_context(services.order_service(lab, folder, topic, way=way))
            assert order(made[way], "first").ok
        yield made


def topic_of(service: Service) -> str:
    return str(service._options["topic"])


def keys(lab: Lab, service: Service) -> set[str]:
    """Return the ids of the orders in the topic of a service."""
    topic = topic_of(service)
    return {(record.key() or b"").decode() for record in records.consume(lab, topic, sizes(lab, topic))}


def test_what_each_way_loses_when_the_broker_is_killed(
    own_lab: OwnLab, lab: Lab, instances: dict[str, Service]
) -> None:
    own_lab.kill("kafka")
    with ThreadPoolExecutor(len(instances) * len(AWAY)) as pool:
        sent = {way: [pool.submit(order, service, str(key)) for key in AWAY] for way, service in instances.items()}
        for service in instances.values():
            assert health(service)["status"] == "up"
        assert not any(answer.done() for answer in sent["confirm"]), "health should not have waited for the orders"
    answers = {way: [answer.result() for answer in tries] for way, tries in sent.items()}
    assert {way: {answer.status_code for answer in tries} for way, tries in answers.items()} == {
        "forget": {201},
        "confirm": {503},
        "outbox": {201},
        "topic-first": {503},
    }
    assert all(answer.headers["Retry-After"] and answer.json()["orderId"] for answer in answers["confirm"])

    instances["forget"].stop()
    instances["outbox"].kill()
    own_lab.up()
    instances["outbox"].start()
    for way in ("confirm", "topic-first"):
        assert all(order(instances[way], str(key)).ok for key in AWAY), "the same keys again"
    outbox = instances["outbox"]
    wait_until(lambda: len(keys(lab, outbox)) == 11, PATIENCE, "the outbox to be sent")
    for way in ("confirm", "topic-first", "outbox"):
        assert {answer.json()["orderId"] for answer in answers[way]} < keys(lab, instances[way])
        assert len(keys(lab, instances[way])) == 11
    assert len(keys(lab, instances["forget"])) == 1, "ten accepted orders are lost"


def test_a_service_ends_while_the_broker_is_away(own_lab: OwnLab, instances: dict[str, Service]) -> None:
    own_lab.kill("kafka")
    with ThreadPoolExecutor(len(instances)) as pool:
        waiting = [pool.submit(order, service, "late") for service in instances.values()]
        wait_until(lambda: health(instances["outbox"])["waiting"], PATIENCE, "an order that waits")
        for service in instances.values():
            psutil.Process(service.pid).terminate()
        for service in instances.values():
            service.wait_ended()
        assert {answer.result().status_code for answer in waiting} == {201, 503}, "each order was answered"
    own_lab.up()
