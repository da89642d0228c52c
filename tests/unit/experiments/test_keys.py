# SPDX-License-Identifier: Apache-2.0
"""Where the events of the shop go: a hot partition, an even spread, and orders that are torn apart."""

from __future__ import annotations

import pytest

from helpers.experiments import keys
from helpers.experiments.keys import Event, Spread, shop_events, spread
from helpers.lab import Lab


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a cluster: a key's partition is the number of its letters, modulo the number of partitions."""
    monkeypatch.setattr(
        keys, "partitions_of", lambda lab, names, partitions: [len(name) % partitions for name in names]
    )


def test_the_shop_has_one_big_customer() -> None:
    events = shop_events()
    assert len(events) == 3000
    assert sum(event["customer"] == "big company" for event in events) == 2100


@pytest.mark.usefixtures("places")
def test_a_key_for_each_customer_keeps_orders_whole_and_makes_one_partition_hot(mock: Lab) -> None:
    found = spread(mock, lambda event: event["customer"])
    assert found.busiest >= 0.7
    assert found.torn == 0


@pytest.mark.usefixtures("places")
def test_a_key_for_each_step_tears_orders_apart(mock: Lab) -> None:
    def key_for(event: Event) -> str:
        return event["step"]

    found = spread(mock, key_for)
    assert found.torn == 1000
    assert found.finding == "The busiest partition has 67% of the events; 1000 orders are torn apart"


def test_the_share_of_the_busiest() -> None:
    assert Spread({"partition 0": 3, "partition 1": 1}, 0).busiest == 0.75
