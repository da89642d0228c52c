# SPDX-License-Identifier: Apache-2.0
"""The five ways without servers: what is counted, and what is refused before anything is started."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from helpers.errors import InvalidInput, ServerFailed, TimedOut
from helpers.experiments import five_ways
from helpers.experiments.five_ways import comparison, orders, taker_program, upsert_program
from helpers.experiments.five_ways.programs import Program
from helpers.experiments.five_ways.taker_program import order_id, order_of
from helpers.lab import Lab
from helpers.workspace import Workspace

ACCEPTED = {order_id(number): 100.0 + number for number in range(4)}


def rows(*found: tuple[int, float]) -> pd.DataFrame:
    return pd.DataFrame([(order_id(number), when) for number, when in found], columns=["order_id", "arrived"])


def test_lost_doubled_and_late_are_counted_by_order() -> None:
    counted = comparison.count(ACCEPTED, rows((0, 100.010), (1, 101.030), (1, 109.0), (3, 102.9)))
    assert counted == {"accepted": 4, "rows": 4, "lost": 1, "doubled": 1, "median ms": 10.0, "95 % ms": 28.0}


def test_a_row_that_nobody_accepted_is_neither_lost_nor_late() -> None:
    counted = comparison.count(ACCEPTED, rows(*((number, 100.0 + number) for number in range(5))))
    assert (counted["rows"], counted["lost"], counted["doubled"], counted["95 % ms"]) == (5, 0, 0, 0.0)


def test_nothing_at_all_arrived() -> None:
    assert comparison.count(ACCEPTED, rows())["lost"] == len(ACCEPTED)


def test_each_way_has_a_program_and_a_place_to_die_in_it() -> None:
    assert list(five_ways.WAYS) == list(taker_program.WRITERS)
    for way in five_ways.WAYS.values():
        assert way.dies in (upsert_program.PLACES if way.by_hand else taker_program.PLACES)
        assert way.own_table == (way.dies == taker_program.BETWEEN_WRITES)
    assert five_ways.WAYS["by hand"].moving_parts == "3: program, Kafka, consumer"


def test_the_schema_has_the_fields_of_an_order_and_a_probe_is_one() -> None:
    assert list(order_of(57)) == list(order_of("first")) == list(orders.FIELDS)
    assert order_of(57) == {"order_id": "order 00057", "customer": "customer 7", "qty": 1}


@pytest.mark.parametrize("count", [-1, 0, 1, 20_001])
def test_too_few_and_too_many_orders_are_refused(count: int, nobody: Lab) -> None:
    with pytest.raises(InvalidInput, match=rf"from 2 to 20,000, not {count}"):
        five_ways.compare(nobody, None, count)  # type: ignore[arg-type]


def test_an_unknown_way_is_refused_with_those_that_are_there(nobody: Lab) -> None:
    none: Workspace = None  # type: ignore[assignment]
    with pytest.raises(InvalidInput, match=r"no way 'pigeon' to move orders. Choose one of direct, dual write, outbox"):
        five_ways.run(nobody, none, "pigeon")


def test_a_program_that_fails_by_itself_is_quoted() -> None:
    program = Program(taker_program.__file__)
    broken = taker_program.Orders("direct", 0, 2, 1, "no such place", {}, "", {}, "", "", "")
    program._start(broken)
    with pytest.raises(ServerFailed, match=r"ended with 1. It said last: .*no place 'no such place'"):
        program.wait(30)


def test_a_program_that_does_not_end_is_not_waited_for() -> None:
    program = Program(taker_program.__file__)
    program._command = (sys.executable, "-c", "import sys; sys.stdin.read()")
    program._start(taker_program.Orders("direct", 0, 2, 1, "", {}, "", {}, "", "", ""))
    with pytest.raises(TimedOut, match=r"did not end within 0\.1 s"):
        program.wait(0.1)
    program.stop()
    assert program._child and not program._child.running
