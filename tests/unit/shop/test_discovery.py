# SPDX-License-Identifier: Apache-2.0
"""Leases and turns, by a clock that the test moves."""

from __future__ import annotations

import pytest

from helpers.shop.discovery import MOST, Discovery, Full


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def discovery(clock: Clock) -> Discovery:
    return Discovery(3.0, clock)


def names(discovery: Discovery, service: str = "orders") -> list[str]:
    return [each.name for each in discovery.in_turn(service)]


def test_a_lease_runs_out_without_heartbeats(discovery: Discovery, clock: Clock) -> None:
    discovery.renew("orders", "a", "http://127.0.0.1:1")
    discovery.renew("orders", "b", "http://127.0.0.1:2")
    clock.now += 2.9
    assert discovery.left(discovery.all()[0]) == pytest.approx(0.1)
    discovery.renew("orders", "b", "http://127.0.0.1:2")
    clock.now += 0.1
    assert names(discovery) == ["b"]
    clock.now += 2.9
    assert names(discovery) == []


def test_an_instance_that_was_dropped_is_back_with_its_next_heartbeat(discovery: Discovery) -> None:
    discovery.renew("orders", "a", "http://127.0.0.1:1")
    discovery.drop("orders", "a")
    discovery.drop("orders", "never registered")
    assert names(discovery) == []
    discovery.renew("orders", "a", "http://127.0.0.1:9")
    assert [each.url for each in discovery.in_turn("orders")] == ["http://127.0.0.1:9"]


def test_each_service_has_its_own_turns(discovery: Discovery) -> None:
    for service, name in (("orders", "a"), ("orders", "b"), ("orders", "c"), ("catalog", "x"), ("catalog", "y")):
        discovery.renew(service, name, "http://127.0.0.1:1")
    firsts = []
    for _ in range(6):
        firsts.append(names(discovery)[0])
        names(discovery, "catalog")
    assert sorted(firsts[:3]) == ["a", "b", "c"] and firsts[:3] == firsts[3:]
    assert sorted(names(discovery)) == ["a", "b", "c"], "the others come after the first, each once"


def test_it_keeps_a_bounded_number(discovery: Discovery, clock: Clock) -> None:
    for number in range(MOST):
        discovery.renew("orders", str(number), "http://127.0.0.1:1")
    with pytest.raises(Full):
        discovery.renew("orders", "one more", "http://127.0.0.1:1")
    discovery.renew("orders", "0", "http://127.0.0.1:1")  # a heartbeat, not a new one
    clock.now += 3
    discovery.renew("orders", "one more", "http://127.0.0.1:1")
    assert names(discovery) == ["one more"]
