# SPDX-License-Identifier: Apache-2.0
"""Compare a topic with a table on the terminal: once, or again and again until Ctrl-C."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from typing import NoReturn

from helpers.attaching import attach
from helpers.command import console
from helpers.errors import InvalidInput
from helpers.reconcile import Difference, Note, Reconciler
from helpers.settings import Settings

DIFFERENT = 1
"""The exit code when something is lost or doubled."""

INTERVAL = 1.0
"""Seconds from one look to the next."""


def run(where: Settings, topic: str, table: str, key: str, *, group: str | None, watch: bool, as_json: bool) -> int:
    """Compare once and return the exit code, or print each change until Ctrl-C. Results go to standard output, notes to the other.

    Raises `InvalidInput` for what is not there and for keys or a group that say nothing, and what the servers say.
    """
    with Reconciler(attach(where=where), topic, table, key, group=group) as reconciler:
        difference = reconciler.look()
        for note in difference.notes:
            if note.serious:
                raise InvalidInput(note.problem, note.remedy)
        if watch:
            _watch(reconciler, difference, as_json=as_json)
        for line in [_json(difference)] if as_json else _lines(reconciler, difference):
            console.result(line)
        _say(difference.notes)
    return 0 if difference.well else DIFFERENT


def _watch(reconciler: Reconciler, difference: Difference, *, as_json: bool) -> NoReturn:
    """Print a line for the first look and for each that finds something else. An exception ends it, such as Ctrl-C."""
    shown = ""
    _say(difference.notes)
    pause = threading.Event()
    while True:
        line = _json(difference) if as_json else str(difference)
        if line != shown:
            console.result(line if as_json else f"{time.strftime('%H:%M:%S')}  {line}")
        pause.wait(INTERVAL)
        shown, before = line, difference
        difference = reconciler.look()
        _say([note for note in difference.notes if note not in before.notes])


def _say(notes: Iterable[Note]) -> None:
    for note in notes:
        console.say(str(note))


def _json(difference: Difference) -> str:
    return json.dumps(difference.as_dictionary())


def _lines(reconciler: Reconciler, difference: Difference) -> Iterator[str]:
    yield f"Topic {reconciler.topic.name}: {reconciler.finder.place or 'no key'}"
    yield f"Table {reconciler.table.name}: column {reconciler.table.key}"
    yield f"in the topic  {difference.in_topic:,} records of {difference.keys:,} keys"
    yield f"rows          {difference.rows:,}"
    yield f"lost          {difference.lost}"
    yield f"doubled       {difference.doubled}"
    yield f"strange       {difference.strange}"
    yield f"on the way    {difference.on_the_way:,}"
