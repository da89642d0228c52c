# SPDX-License-Identifier: Apache-2.0
"""Where a program kills itself: which orders are understood, and at which record it dies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.shop import crash
from helpers.shop.crash import Crash

PLACES = ("before-commit", "after-commit")


class Died(Exception):
    """In place of the death of the process that runs the test."""


def test_an_order_is_a_place_and_a_count() -> None:
    assert Crash.parse("after-commit:57", PLACES) == Crash("after-commit", 57)
    assert Crash.parse("after-commit", PLACES) == Crash("after-commit", 1)
    assert Crash.parse("", PLACES) == Crash()


@pytest.mark.parametrize("text", ["nowhere", "nowhere:1", "after-commit:0", "after-commit:-1", "after-commit:½", "x:"])
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no place .* Choose one of before-commit, after-commit|above 0"):
        Crash.parse(text, PLACES)


@given(st.lists(st.integers(1, 50), min_size=1), st.integers(1, 100))
def test_it_dies_with_the_batch_that_has_the_record(batches: list[int], count: int) -> None:
    def die() -> None:
        raise Died

    seen = 0
    crashing = Crash("after-commit", count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crash, "_kill_myself", die)
        for batch in batches:
            crashing.at("before-commit", batch)
            try:
                crashing.at("after-commit", batch)
            except Died:
                assert seen < count <= seen + batch
                return
            seen += batch
    assert seen < count
