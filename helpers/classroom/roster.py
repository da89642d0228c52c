# SPDX-License-Identifier: Apache-2.0
"""Who is here, which lesson they opened, which exercises passed, whose lab is unwell and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import psutil

from helpers import memory, processes, progress
from helpers.classroom import programs
from helpers.classroom.interface import Presence
from helpers.classroom.place import MB, TEACHER, Place
from helpers.errors import LabError
from helpers.stack.home.folder import HOME_NEEDED
from helpers.stack.home.state import State

_LINES = 40  # of a server's log that are searched for a reason
_SHOWN = 200  # letters of the reason


@dataclass(frozen=True)
class Learner:
    """One learner. `memory` is in bytes (resident, of all their programs). `active` is in seconds since 1970."""

    name: str
    state: str
    active: float | None
    lesson: str | None
    """The lesson that they opened last, by its number."""
    passed: dict[str, list[str]] = field(default_factory=dict)
    """The exercises that passed, by lesson."""
    memory: int = 0
    unwell: list[str] = field(default_factory=list)
    """A sentence for each thing that is wrong with the lab."""


def learners(place: Place, present: Mapping[str, Presence]) -> list[Learner]:
    """Return everybody who has a home in the class, by name. `present` is what the hub says."""
    running = programs.of_learners(place)
    return [_learner(place, name, present.get(name), running.get(name, [])) for name in place.names()]


def _learner(place: Place, name: str, seen: Presence | None, running: Sequence[psutil.Process]) -> Learner:
    unwell, lessons = [], {}
    try:
        lessons = progress.read(place.lab(name))
    except LabError as error:
        unwell.append(str(error))
    state = seen.state if seen else "away"
    if (refusal := place.refusal(name)).exists():
        unwell.append(f"It did not start: {refusal.read_text('utf-8')}")
    if state == "running":
        unwell += _complaints(place, name, running)
    elif state == "away" and running:
        unwell.append(f"{len(running)} programs run although the learner is away.")
    last = max(lessons, key=lambda number: lessons[number].opened, default=None)
    passed = {number: list(lesson.passed) for number, lesson in lessons.items() if lesson.passed}
    size = sum(process.info["memory_info"].rss for process in running if process.info["memory_info"])
    return Learner(name, state, seen.active if seen else None, last, passed, size, unwell)


def _complaints(place: Place, name: str, running: Sequence[psutil.Process]) -> list[str]:
    """What is wrong with a lab that should run: servers that ended, a full disk."""
    home = place.lab(name)
    try:
        known = State.load(home)
    except LabError as error:
        return [str(error)]
    said = " ".join(word for process in running for word in process.info["cmdline"] or [])
    ended = [server for server in (known.versions if known else ()) if f"{home}/{server}/" not in said]
    logs = place.lab(name) / "logs"
    found = [f"{server} has ended. {why_ended(processes.tail(logs / f'{server}.log', _LINES))}" for server in ended]
    if (free := shutil.disk_usage(home).free) < HOME_NEEDED:
        found.append(f"The disk is nearly full: {free // MB} MB are free.")
    return found


def why_ended(log: str) -> str:
    """Return the last line of the end of a server's `log` that reports an error, or that there is none."""
    reasons = [line for line in log.splitlines() if re.search(r"ERROR|FATAL|Exception|No space left", line)]
    return reasons[-1][:_SHOWN] if reasons else "Its log gives no reason, so it was probably killed."


def as_dictionary(people: Sequence[Learner]) -> dict[str, object]:
    """Return what `./lab class roster --json` prints, which scripts depend on. Memory is in bytes, times in seconds since 1970."""
    return {"memory_free": memory.free(), "learners": [asdict(person) for person in people if person.name != TEACHER]}
