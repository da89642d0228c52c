# SPDX-License-Identifier: Apache-2.0
"""The order service as a process on a real broker: what is in the topic, and what Kafka refuses for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import requests

from helpers import records, services, topics
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.services import Service
from helpers.shop.order_service import Way
from helpers.waiting import wait_until
from tests.unit.shop.bodies import BAD, ORDER

PATIENCE = 60.0


@pytest.fixture
def topic(lab: Lab) -> str:
    """A topic of one partition."""
    name = topics.unique_name("orders")
    topics.create(lab, name)
    return name


def order(service: Service, key: str, **fields: object) -> requests.Response:
    """Send one order to a service."""
    headers = {"Idempotency-Key": key}
    return requests.post(f"{service.url}/orders", json={**ORDER, **fields}, headers=headers, timeout=30)


def health(service: Service) -> dict[str, Any]:
    """Return what the service says of itself."""
    answer = requests.get(f"{service.url}/health", timeout=30)
    assert answer.status_code == 200
    return dict(answer.json())


def wait_for_records(lab: Lab, topic: str, count: int) -> list[str]:
    """Return the keys of the records of a topic of one partition, as soon as there are `count`. There must be no more."""
    wait_until(lambda: sizes(lab, topic) >= count, PATIENCE, f"{count} records", last_seen=lambda: sizes(lab, topic))
    assert sizes(lab, topic) == count
    return [(record.key() or b"").decode() for record in records.consume(lab, topic, count)]


def sizes(lab: Lab, topic: str) -> int:
    """Return how many records are in a topic: the lag of a group that has read none."""
    return measure_lag(lab, topic, [topic]).total


@pytest.mark.parametrize("way", get_args(Way))
def test_accepted_orders_are_in_the_topic_and_refused_ones_are_not(
    lab: Lab, topic: str, tmp_path: Path, way: Way
) -> None:
    with services.order_service(lab, tmp_path, topic, way=way) as service:
        accepted = [order(service, "0").json()]
        for bad in BAD:
            if "Content-Length" not in bad.headers:  # the client does not send what is not true
                answer = requests.post(f"{service.url}/orders", data=bad.body, headers=bad.headers, timeout=30)
                assert answer.status_code == bad.status, bad
        accepted += [order(service, str(number)).json() for number in range(1, 5)]
        keys = wait_for_records(lab, topic, 5)
        assert sorted(keys) == sorted(taken["orderId"] for taken in accepted)
    assert not service.running


def test_two_instances_make_one_order_of_one_key(lab: Lab, topic: str, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    one, two = (services.order_service(lab, folder, topic) for folder in folders)
    with one, two:
        assert order(one, "a").json()["orderId"] == order(two, "a").json()["orderId"]
    assert len(set(wait_for_records(lab, topic, 2))) == 1


def test_an_order_that_kafka_refuses_holds_up_no_other(lab: Lab, tmp_path: Path) -> None:
    topic = topics.unique_name("orders")
    topics.create(lab, topic, config={"max.message.bytes": 285})  # alone, a good order needs 264 and the bad one 303
    with services.order_service(lab, tmp_path, topic, way="outbox") as service:
        bad = order(service, "bad", productId="A" * 40).json()["orderId"]
        good = [order(service, str(number), productId="A").json()["orderId"] for number in range(20)]
        assert set(wait_for_records(lab, topic, 20)) == set(good)
        wait_until(lambda: health(service)["waiting"] == 0, PATIENCE, "an empty outbox")
        assert health(service)["refused"] == 1
    assert f"Order {bad} can never be sent: " in (tmp_path / "order_service.log").read_text("utf-8")


def test_orders_in_the_outbox_outlive_a_killed_service(lab: Lab, topic: str, tmp_path: Path) -> None:
    service = services.order_service(lab, tmp_path, topic, way="outbox")
    with service:
        taken = [order(service, str(number)).json()["orderId"] for number in range(100)]
        service.kill()
        service.start()
        wait_until(lambda: sizes(lab, topic) >= 100, PATIENCE, "every order in the topic")
        keys = {(record.key() or b"").decode() for record in records.consume(lab, topic, 100)}
        assert keys <= set(taken), "at least once: some may be there twice"
