# SPDX-License-Identifier: Apache-2.0
"""The crash matrix without servers: orders, crash points, what is refused before anything is started."""

from __future__ import annotations

import json

import pytest

from helpers.errors import InvalidInput, Unsupported
from helpers.experiments import crash_matrix
from helpers.experiments.crash_matrix import order_program, orders
from helpers.experiments.crash_matrix.programs import Sender
from helpers.faults import servers
from helpers.lab import Lab
from helpers.shop.crash import Crash

NOWHERE = Lab("127.0.0.1:1")


def test_an_order_is_known_by_its_place_and_number() -> None:
    key, value = crash_matrix.order("broker", 57)
    assert key == "broker 0057"
    assert json.loads(value) == {"order_id": key, "place": "broker", "customer": "broker 7", "qty": 1}


def test_the_fields_of_an_order_are_those_of_the_schema() -> None:
    assert list(crash_matrix.FIELDS) == list(json.loads(crash_matrix.order("a", 0)[1]))


def test_every_way_has_a_table_and_all_but_two_a_key() -> None:
    keyed = [way for way in crash_matrix.WAYS if "PRIMARY KEY" in orders.table_of("t", way)]
    assert keyed == ["upsert", "wrong key", "coordinates"]


def test_an_unknown_crash_point_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(InvalidInput, match=r"'before lunch' is not a crash point. .*before produce, before ackn"):
        Sender(NOWHERE, "orders", "here", 10, crash="before lunch")
    with pytest.raises(InvalidInput, match="is not a number of records above 0"):
        Sender(NOWHERE, "orders", "here", 10, crash="before produce:0")


@pytest.mark.parametrize(("count", "rate"), [(0, None), (-1, None), (10, 0.0)])
def test_a_sender_of_nothing_is_refused(count: int, rate: float | None) -> None:
    with pytest.raises(InvalidInput, match="Give numbers above 0"):
        Sender(NOWHERE, "orders", "here", count, rate=rate)


def test_every_crash_point_of_the_program_can_be_ordered() -> None:
    assert {Crash.parse(f"{place}:3", order_program.PLACES).place for place in order_program.PLACES} == {
        "before produce",
        "before acknowledgement",
    }


@pytest.mark.parametrize("fault", [servers.kill, servers.freeze])
def test_servers_elsewhere_are_left_alone(fault: object) -> None:
    assert callable(fault)
    with pytest.raises(Unsupported, match="These servers cannot be killed from here"), fault(NOWHERE, "kafka"):
        pass
