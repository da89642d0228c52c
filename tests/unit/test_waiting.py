# SPDX-License-Identifier: Apache-2.0
"""Waiting for a fact: it returns as soon as it is true, and the error at the deadline says all."""

from __future__ import annotations

import pytest

from helpers.errors import InvalidInput, LabError, TimedOut
from helpers.waiting import wait_until


def test_the_answer_comes_back() -> None:
    answers = iter([0, "", None, "there"])
    assert wait_until(lambda: next(answers), 5, "an answer", pause=0) == "there"


def test_the_error_says_what_was_expected_seen_and_what_to_do() -> None:
    with pytest.raises(TimedOut) as told:
        wait_until(lambda: 0, 0.02, "3 partitions", remedy="Create the topic.", pause=0.01)
    assert str(told.value) == "Waited 0.02 s for 3 partitions; last seen: 0. Create the topic."
    assert isinstance(told.value, LabError) and isinstance(told.value, TimeoutError)


def test_last_seen_may_be_asked_for() -> None:
    with pytest.raises(TimedOut, match="last seen: two of three"):
        wait_until(lambda: False, 0.02, "all", last_seen=lambda: "two of three", pause=0.01)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_no_time_is_refused(timeout: float) -> None:
    with pytest.raises(InvalidInput, match="must be above 0 s"):
        wait_until(lambda: True, timeout, "anything")


def test_what_the_condition_raises_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 / 0, 1, "anything")
