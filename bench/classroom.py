# SPDX-License-Identifier: Apache-2.0
"""A class: how long until labs of one, four and eight learners are ready, what each weighs, and how long the end takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import own
from bench.rows import Row
from helpers.classroom import programs
from helpers.classroom.sessions import Session, Wishes
from helpers.errors import LabError
from helpers.stack.progress import Silent
from tests.classroom.learner import Learner, sign_in_together

_SIZES = (1, 4, 8)
_GOALS = {8: (60, 120)}
"""By learners, the most seconds until all labs are ready, and until lesson 02 has run in all of them."""
_MOST_MB = 900
_LESSON = "02_produce_and_consume.ipynb"


def measure() -> Iterator[Row]:
    """Yield the rows of this part. Each class is a new one, on the downloads and caches that are there."""
    for size in _SIZES:
        with own.home() as local:
            yield from _class_of(size, Session(local.settings))


def _class_of(size: int, session: Session) -> Iterator[Row]:
    room = session.up(Wishes(learners=size), Silent())
    try:
        learners = [Learner(room.url, f"learner-{number}") for number in range(1, size + 1)]
        ready, lesson = _GOALS.get(size, (None, None))
        began = time.monotonic()
        sign_in_together(learners, session.words().room)
        yield Row(f"{size} learners: from sign-in to ready", time.monotonic() - began, "s", at_most=ready)
        began = time.monotonic()
        with ThreadPoolExecutor(size) as pool:
            errors = [error for found in pool.map(_run, learners) for error in found]
        if errors:
            raise LabError(f"Lesson 02 failed in the benchmark: {errors[0]}")
        yield Row(f"{size} learners: lesson 02 in all at once", time.monotonic() - began, "s", at_most=lesson)
        yield Row(f"{size} learners: memory of each", _megabytes(session) / size, "MB", at_most=_MOST_MB)
        began = time.monotonic()
    finally:
        session.down()
    yield Row(f"{size} learners: the end", time.monotonic() - began, "s", at_most=30)


def _run(learner: Learner) -> list[str]:
    assert learner.opens().ok
    return learner.run(_LESSON)


def _megabytes(session: Session) -> float:
    """What the learners' programs take. A page of memory that several share counts once (PSS)."""
    found = programs.of_learners(session.place).values()
    return sum(process.memory_full_info().pss for running in found for process in running) / 1e6
