# SPDX-License-Identifier: Apache-2.0
"""One run of a lesson: whose it is, what it has named, and the small file that remembers both."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from helpers.errors import LabError

Kind = Literal["connector", "topic", "group", "table", "folder", "server"]
_CLOCK = 2.0
"""Seconds by which two looks at the start of one process may differ: the system's clock may have been set in between."""


@dataclass(frozen=True)
class Thing:
    """What a run has named. `settings` are those that the broker keeps for a group."""

    kind: Kind
    name: str
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass
class Run:
    """The content of one file: the process of the run with its start (seconds since 1970), and the things it has named.

    `lab` says which lab they are in: its folder, or Kafka's address for servers elsewhere.
    """

    lesson: str
    lab: str
    pid: int
    started: float
    things: list[Thing] = field(default_factory=list)
    token: str = field(default_factory=lambda: secrets.token_hex(4))

    @classmethod
    def of_this_process(cls, lesson: str, lab: str) -> Run:
        """Return a new run, which has named nothing yet."""
        me = psutil.Process()
        return cls(lesson, lab, me.pid, me.create_time())

    @classmethod
    def load(cls, path: Path) -> Run:
        """Return the run that `path` remembers. Raises `LabError` for a file that cannot be read."""
        try:
            content = json.loads(path.read_text("utf-8"))
            things = [Thing(it["kind"], it["name"], tuple(it["settings"])) for it in content.pop("things")]
            return cls(things=things, **content)
        except (ValueError, TypeError, KeyError) as error:
            raise LabError(f"{path} is damaged: {error}.", "Delete it: then its names stay in the lab.") from error

    def is_alive(self) -> bool:
        """Return whether the process of this run still runs: that very one, and not a later one with its number."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def is_of(self, other: Run) -> bool:
        """Return whether `other` belongs to the same process and lesson: its first cell was run again."""
        return (self.pid, self.lesson) == (other.pid, other.lesson) and self.is_alive()

    def remember(self, folder: Path, things: Iterable[Thing]) -> None:
        """Keep `things` in this run's file in `folder`, whole or not at all; no things need no file."""
        self.things = list(dict.fromkeys(things))
        path = folder / f"{self.lesson}-{self.token}.json"
        if not self.things:
            path.unlink(missing_ok=True)
            return
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(path)


def all_of(folder: Path, lab: str) -> list[Run]:
    """Return the runs that `folder` remembers of one lab, in the order of their files. Raises what `Run.load` raises."""
    return [run for path in sorted(folder.glob("*.json")) if (run := Run.load(path)).lab == lab]
