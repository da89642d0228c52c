# SPDX-License-Identifier: Apache-2.0
"""The queue of starts: first come, first served, and no more than there is room for."""

from __future__ import annotations

import asyncio

import pytest

from helpers import memory
from helpers.classroom.place import MB
from helpers.classroom.turns import Turns
from helpers.errors import LabError


def test_the_first_to_come_is_served_first() -> None:
    served, said = list[int](), dict[int, list[str]]()

    async def start(turns: Turns, number: int) -> None:
        said[number] = []
        async with turns.turn(0, said[number].append):
            served.append(number)
            await asyncio.sleep(0)

    async def all_of_them() -> None:
        turns = Turns(at_once=2)
        await asyncio.gather(*(start(turns, number) for number in range(6)))

    asyncio.run(all_of_them())
    assert served == list(range(6))
    assert said[0] == said[1] == []
    assert said[2] == ["2 labs start before yours. Yours starts by itself."]
    assert said[5] == ["5 labs start before yours. Yours starts by itself."]


def test_a_failed_start_gives_its_turn_back() -> None:
    async def fail(turns: Turns) -> None:
        async with turns.turn(0, print):
            raise ZeroDivisionError

    async def one_after_the_other() -> None:
        turns = Turns(at_once=1)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(fail(turns), 5)

    asyncio.run(one_after_the_other())


def test_a_lab_that_does_not_fit_is_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free", lambda: 1_500 * MB)

    async def second(turns: Turns) -> None:
        async with turns.turn(900 * MB, print):
            with pytest.raises(LabError, match="600 MB of memory left, and your lab needs 900 MB"):
                async with turns.turn(900 * MB, print):
                    raise AssertionError("it started")

    asyncio.run(second(Turns(at_once=2)))


def test_no_more_labs_than_the_class_may_have() -> None:
    turns = Turns()
    turns.take("ana", 2)
    turns.take("ben", 2)
    turns.take("ana", 2)  # hers is one of the two
    with pytest.raises(LabError, match="2 labs run, as many as this class may have"):
        turns.take("kim", 2)
    turns.taken.discard("ben")
    turns.take("kim", 2)
