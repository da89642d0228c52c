# SPDX-License-Identifier: Apache-2.0
"""What a lesson begins with, instead of its own lists: names for its topics, groups, connectors and tables."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers import groups, progress, topics
from helpers.errors import InvalidInput, KafkaFailed, LabError
from helpers.lab import Lab
from helpers.stack.home.accounts import DATABASE, SINK_DATABASE
from helpers.workspace.removal import remove
from helpers.workspace.runs import Kind, Run, Thing, all_of

_ONE_WAY = {
    "topic my_topic_users",
    f"table {DATABASE}.users",
    f"table {SINK_DATABASE}.my_topic_users",
    *(f"connector my-{name}" for name in ("source-connect", "sink-connect")),
}
"""What a row passes from table to topic to table."""

WELL_KNOWN: dict[str, set[str]] = {
    "02": {"topic quickstart"},
    "05": {*_ONE_WAY},
    "06": {
        *_ONE_WAY,
        *(f"connector my-{name}" for name in ("history", "mirror", "typo", "strict")),
        *(f"table {SINK_DATABASE}.{name}" for name in ("history", "mirror", "typo", "strict")),
    },
    "08": {"topic example-order-topic", "topic example-order-topic.dead-letters", "group consumerGroupId"},
    "09": {"topic orders", f"table {SINK_DATABASE}.orders", "connector orders-sink"},
    "11": {f"table {DATABASE}.points", f"table {DATABASE}.deductions", f"table {SINK_DATABASE}.points"},
}
"""By lesson, the names that are used exactly as they are: those in the texts that learners come from, and those that stand
in a lesson's own text. All others get a unique ending."""

_REMEDY = "Run that one's clean-up cell or shut its kernel down, then run this again."
_PATIENCE = 120.0
"""Seconds to wait while another run of a lesson removes what an interrupted run has left."""


class Workspace:
    """The names of one run of `lesson` ("02"), for a `with` block or until `clear`.

    Each is remembered in a file before it is used: in the lab's folder, or for servers elsewhere in that of the settings.
    A new workspace first clears what interrupted runs have left, and an earlier run of this lesson in the same process. What
    belongs to a run that is still going, in another tab or of another learner, is left alone.

    Raises `LabError` while such a run holds a well-known name, and what the servers say of a removal.
    """

    def __init__(self, lab: Lab, lesson: str) -> None:
        if not re.fullmatch(r"\w+", lesson):
            raise InvalidInput(f"A lesson cannot be named {lesson!r}.", 'Give its number, as in "02".')
        self.lesson = lesson
        self._lab = lab
        home = lab.home or lab.settings.home
        self._folder = home / "workspaces"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = Run.of_this_process(lesson, str(lab.home or lab.bootstrap_servers))
        with _locked(self._folder):
            self._clear_interrupted()
        progress.begin(lesson, home)

    def topic(self, name: str, partitions: int = 1, *, config: Mapping[str, object] | None = None) -> str:
        """Create a topic and return its name, which begins with `name`. Raises what `topics.create` raises."""
        chosen = self.topic_name(name)
        topics.create(self._lab, chosen, partitions, config=config)
        return chosen

    def topic_name(self, name: str) -> str:
        """Return the name of a topic that the lesson itself, or a connector, is to create. No topic has it now."""
        return self._take("topic", name, topics.unique_name(name))

    def expect_topic(self, name: str) -> str:
        """Remember the topic of exactly this `name`, and return it: a connector names its topics after its tables.

        Its name must have one of this workspace's in it, so that it is unique. What has it now stays.
        """
        return self._remember(Thing("topic", topics.check_name(name)))

    def group(self, name: str, *, config: Mapping[str, object] | None = None) -> str:
        """Return the name of a consumer group. `config` is what the broker is to keep for it, as in `groups.configure`."""
        chosen = self._take("group", name, topics.unique_name(name), tuple(config or ()))
        if config:
            groups.configure(self._lab, chosen, config)
        return chosen

    def connector(self, name: str) -> str:
        """Return the name of a connector, which the worker does not have now."""
        return self._take("connector", name, topics.unique_name(name))

    def table(self, name: str, *, database: str = DATABASE) -> str:
        """Return the name of a table in `database`, which is not there now. It needs no quotes in SQL.

        Raises `InvalidInput` for a `name` that would need some.
        """
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            raise InvalidInput(f"A table cannot be named {name!r} here.", "Use letters, digits and _.")
        chosen = self._take("table", f"{database}.{name}", f"{database}.{name}_{secrets.token_hex(4)}")
        return chosen.removeprefix(f"{database}.")

    def folder(self, name: str) -> Path:
        """Make an empty folder whose name begins with `name`, and return it: for the database of a program.

        Raises `InvalidInput` for a `name` that has other signs than letters, digits, _ and -.
        """
        if not re.fullmatch(r"[\w-]+", name):
            raise InvalidInput(f"A folder cannot be named {name!r} here.", "Use letters, digits, _ and -.")
        path = self._folder / f"{name}-{secrets.token_hex(4)}"
        self._remember(Thing("folder", str(path)))
        path.mkdir()
        return path

    def alone(self, server: str) -> None:
        """Check that no other run uses this lab, and remember that this one kills `server`: no other one that kills may start.

        A lesson asks at its start, and again before it kills. Raises `LabError` that names the other run.
        """
        with _locked(self._folder):
            for run in self._others():
                if run.is_alive() and run.pid != self._run.pid:
                    problem = f"Lesson {run.lesson} uses this lab too (process {run.pid}), and this lesson kills its {server}."
                    raise LabError(problem, _REMEDY)
            self._run.remember(self._folder, [*self._run.things, Thing("server", server)])

    def clear(self) -> None:
        """Remove everything that has a name of this run. May be called twice.

        Raises `KafkaFailed` for a group that still has members. Everything else is removed.
        """
        with _locked(self._folder):
            self._run.remember(self._folder, remove(self._lab, self._run.things))
        if busy := [thing.name for thing in self._run.things]:
            remedy = "Close the consumers, then clear again. A killed one counts until its session times out."
            raise KafkaFailed(f"{', '.join(busy)} cannot be deleted: the group still has members.", remedy)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __repr__(self) -> str:
        return f"Workspace of lesson {self.lesson}: {', '.join(map(str, self._run.things)) or 'no names yet'}"

    def _take(self, kind: Kind, name: str, unique: str, settings: tuple[str, ...] = ()) -> str:
        """Remember and return the well-known name if there is one, else the unique one. What has it is removed."""
        if f"{kind} {name}" not in WELL_KNOWN.get(self.lesson, ()):
            return self._remember(Thing(kind, unique, settings))
        thing = Thing(kind, name, settings)
        self._remember(thing)
        remove(self._lab, [thing])
        return name

    def _remember(self, thing: Thing) -> str:
        with _locked(self._folder):
            self._refuse_if_taken(thing)
            self._run.remember(self._folder, [*self._run.things, thing])
        return thing.name

    def _refuse_if_taken(self, thing: Thing) -> None:
        for run in self._others():
            if thing in run.things and run.is_alive():
                problem = f"The {thing} is in use by another run of lesson {run.lesson} (process {run.pid})."
                raise LabError(problem, _REMEDY)

    def _clear_interrupted(self) -> None:
        for run in self._others():
            if not run.is_alive() or run.is_of(self._run):
                run.remember(self._folder, remove(self._lab, run.things))

    def _others(self) -> list[Run]:
        return [run for run in all_of(self._folder, self._run.lab) if run.token != self._run.token]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for one run at a time."""
    try:
        with FileLock(folder / ".lock", timeout=_PATIENCE):
            yield
    except Timeout as error:
        problem = f"Another run of a lesson has held {folder} for {_PATIENCE:g} s."
        raise LabError(problem, "It may wait for a server: `./lab status` shows what runs.") from error
