# SPDX-License-Identifier: Apache-2.0
"""A step in the background: named, ended, its failure not lost."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from helpers.background import Background
from helpers.waiting import wait_until


def test_it_steps_until_it_is_stopped() -> None:
    steps: list[threading.Thread] = []
    background = Background("stepping", lambda: steps.append(threading.current_thread()), 0.01)
    background.start()
    wait_until(lambda: len(steps) >= 3, 5, "three steps")
    background.stop()
    done = len(steps)
    assert (steps[0].name, steps[0].daemon) == ("stepping", True)
    assert not steps[0].is_alive()
    background.stop()
    assert len(steps) == done


def test_what_a_step_raises_is_raised_by_stop_once() -> None:
    def step() -> None:
        raise ZeroDivisionError("not lost")

    background = Background("failing", step, 0.01)
    background.start()
    with pytest.raises(ZeroDivisionError, match="not lost"):
        background.stop()
    background.stop()


def test_it_works_for_a_block_and_may_end_before() -> None:
    steps: list[int] = []
    with Background("stepping", lambda: steps.append(1), 0.01) as background:
        wait_until(lambda: steps, 5, "a step")
        background.stop()
        done = len(steps)
    assert len(steps) == done


def test_stop_without_start() -> None:
    Background("never started", lambda: None, 1).stop()


def test_what_falls_due_during_a_late_step_is_made_up_for() -> None:
    times: list[float] = []
    interval = 0.2

    def late_once() -> None:
        times.append(time.monotonic())
        if len(times) == 2:
            threading.Event().wait(4 * interval)  # time itself is the subject

    with Background("late", late_once, interval):
        wait_until(lambda: len(times) >= 6, 20, "six steps")
    after = [later - earlier for earlier, later in pairwise(times[2:6])]
    # A pause is never shorter than it should be, also on a busy computer. One of three steps may be late because of others.
    without_a_pause = [gap for gap in after if gap < interval]
    assert len(without_a_pause) >= 2, "the steps that fell due came one after the other"
