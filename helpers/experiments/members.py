# SPDX-License-Identifier: Apache-2.0
"""Members of a consumer group, each in its own process: start, watch, pause, kill."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import clients
from helpers.arguments import above_zero, whole_number
from helpers.child import Child
from helpers.errors import InvalidInput, KafkaFailed
from helpers.experiments.member_program import CRASHED, Orders
from helpers.lab import Lab
from helpers.topics import check_name

_PROGRAM = Path(__file__).with_name("member_program.py")
_ALL = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
_HEARTBEAT = 500  # milliseconds, well below every session timeout
_LOGGED = re.compile(r"%\d\|")  # librdkafka's log, which goes on after the reason of a failure
_LEAVING = 10.0  # seconds that a member gets to leave its group


@dataclass(frozen=True, slots=True)
class Ownership:
    """The time that a member had a partition, in seconds since the epoch, from its own view. `until` is None while it lasts."""

    member: str
    partition: int
    since: float
    until: float | None = None


class Member:
    """A member of `group` that reads `topic` in its own process, from `start` to `stop` or for a `with` block.

    `rate` is its limit in records a second. It commits after the work on each `batch` of records (by default the records
    of a tenth of a second), or before it with `commit="before"`. With `crash_after` it ends silently between the two, once
    it has read that many. `protocol` is Kafka's `group.protocol`: "classic" or "consumer".
    `config` has consumer settings with Kafka's names. It calls `mark` with what happens, as in `mark=recorder.mark`.
    """

    def __init__(
        self,
        lab: Lab,
        group: str,
        topic: str,
        *,
        name: str,
        rate: float | None = None,
        batch: int | None = None,
        commit: str = "after",
        crash_after: int | None = None,
        protocol: str = "classic",
        config: Mapping[str, object] | None = None,
        mark: Callable[[str], None] | None = None,
    ) -> None:
        if commit not in ("before", "after") or protocol not in ("classic", "consumer"):
            problem = f"Member {name} cannot use commit {commit!r} with protocol {protocol!r}."
            raise InvalidInput(problem, "Choose commit 'before' or 'after', and protocol 'classic' or 'consumer'.")
        _check_numbers(rate, batch, crash_after)
        check_name(topic)
        clients.check_settings({"group.id": group})
        _check_config(config)
        settings = {**_settings(lab, group, protocol), **(config or {})}
        self.name = name
        self.lab = lab
        self.group = group
        self.topic = topic
        orders = Orders(topic, settings, rate, batch or max(1, int((rate or 10_000) / 10)), commit, crash_after)
        program = (sys.executable, "-P", _PROGRAM)
        self._child = Child(program, asdict(orders), patience=_LEAVING, heard=self._hear, ended=self._ended)
        self._mark = mark or (lambda text: None)
        self._lock = threading.Lock()
        self._owned: dict[int, Ownership] = {}
        self._history: list[Ownership] = []
        self._records: list[tuple[int, int]] = []
        self._said: deque[str] = deque(maxlen=20)

    @property
    def assignment(self) -> list[int]:
        """The partitions that the member has now, from its own view."""
        with self._lock:
            return sorted(self._owned)

    @property
    def records(self) -> list[tuple[int, int]]:
        """(partition, offset) of each record handled so far, in the order of the work."""
        with self._lock:
            return list(self._records)

    @property
    def handled(self) -> int:
        """How many records were handled so far."""
        with self._lock:
            return len(self._records)

    @property
    def history(self) -> list[Ownership]:
        """Which partition the member had, from when to when, oldest first."""
        with self._lock:
            return sorted([*self._history, *self._owned.values()], key=lambda owned: owned.since)

    @property
    def running(self) -> bool:
        """Whether the process runs. Raises `KafkaFailed` with its last message if it failed by itself."""
        code = self._child.code
        if code is not None and code > 0 and code != CRASHED and not self._child.killed:
            raise KafkaFailed(f"Member {self.name} failed: {self._said[-1] if self._said else code}.")
        return self._child.running

    def start(self) -> Member:
        """Start the process. Returns itself at once. `assignment` shows when it is in the group."""
        self._child.start()
        return self

    def stop(self) -> None:
        """Let the member leave its group and wait for its end. May be called twice, and after `kill`.

        Raises `KafkaFailed` with its last message if it had failed by itself.
        """
        if self._child.running:
            self._mark(f"{self.name} leaves")
        self._child.stop()
        _ = self.running

    def kill(self) -> None:
        """End the process at once (SIGKILL). The group gets no message: it notices only the missing heartbeats."""
        if self.running:
            self._child.kill()
            self._mark(f"{self.name} killed")

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): it keeps its connections and sends no heartbeat, until `resume` or `stop`."""
        if self.running:
            self._child.freeze()
            self._mark(f"{self.name} paused")

    def resume(self) -> None:
        """Let a frozen process continue. Does nothing to one that runs."""
        self._child.resume()

    def __enter__(self) -> Member:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ended(self) -> None:
        with self._lock:
            self._give_up(list(self._owned), time.time())

    def _hear(self, line: str) -> None:
        if line.startswith("{") and line.endswith("\n"):
            self._take(**json.loads(line))
        elif not _LOGGED.match(line):
            self._said.append(line.strip())

    def _take(self, kind: str, when: float, **facts: Any) -> None:
        with self._lock:
            if kind == "assigned":
                self._owned |= {number: Ownership(self.name, number, when) for number in facts["partitions"]}
            elif kind == "revoked":
                self._give_up(facts["partitions"], when)
            elif kind == "handled":
                self._records += [(partition, offset) for partition, offset in facts["records"]]
        if kind == "assigned" and facts["partitions"]:
            self._mark(f"{self.name} gets {', '.join(map(str, facts['partitions']))}")

    def _give_up(self, partitions: Iterable[int], when: float) -> None:
        owned = [self._owned.pop(number) for number in partitions if number in self._owned]
        self._history += [replace(ownership, until=when) for ownership in owned]


def _check_config(config: Mapping[str, object] | None) -> None:
    clients.check_settings(config)
    for key, value in (config or {}).items():
        if not isinstance(value, str | int | float):
            problem = f"A member cannot be given {key}={value!r:.60}."
            raise InvalidInput(problem, "It runs in a process of its own: give texts, numbers, True or False.")


def _check_numbers(rate: float | None, batch: int | None, crash_after: int | None) -> None:
    if rate is not None:
        above_zero(rate, "rate")
    for name, number in (("batch", batch), ("crash_after", crash_after)):
        if number is not None:
            whole_number(number, name)


def _settings(lab: Lab, group: str, protocol: str) -> dict[str, object]:
    given = {**lab.client_settings, "group.id": group, "group.protocol": protocol}
    soon = {"session.timeout.ms": lab.session_timeout, "heartbeat.interval.ms": _HEARTBEAT}
    return {**given, **_ALL, **(soon if protocol == "classic" else {})}


def owners(members: Iterable[Member]) -> dict[int, str]:
    """Return which member has which partition now: `{partition: name}`. After a rebalance all partitions have a member."""
    return {partition: member.name for member in members for partition in member.assignment}


def ownership(members: Iterable[Member]) -> pd.DataFrame:
    """Return who had which partition: a row for each period, with member, partition, since and until.

    Times are in seconds since the first assignment. If a period lasts, its `until` is now.
    """
    stretches = [owned for member in members for owned in member.history]
    stretches.sort(key=lambda owned: (owned.since, owned.partition))
    start, now = (stretches[0].since if stretches else 0.0), time.time()
    rows = [[owned.member, owned.partition, owned.since - start, (owned.until or now) - start] for owned in stretches]
    return pd.DataFrame(rows, columns=["member", "partition", "since", "until"])


def without_owner(ownership: pd.DataFrame, member: str) -> float:
    """Return the seconds from the end of `member` until all its partitions had another owner, or NaN if one never had.

    Raises `InvalidInput` for a member that never had a partition.
    """
    ended = ownership[ownership["member"] == member]
    if ended.empty:
        raise InvalidInput(f"Member {member} never had a partition.", "Choose a member in the table of `ownership`.")
    end = ended["until"].max()
    lost = ended.loc[ended["until"] == end, "partition"]
    later = ownership[ownership["partition"].isin(lost) & (ownership["since"] >= end)]
    return float((later.groupby("partition")["since"].min().reindex(lost) - end).max(skipna=False))
