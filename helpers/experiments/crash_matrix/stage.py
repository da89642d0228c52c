# SPDX-License-Identifier: Apache-2.0
"""The stage of the crash matrix: one topic, and for each way of writing a table and who writes it. A row of deaths plays on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import pandas as pd

from helpers import database, lag
from helpers.connect import ConnectClient
from helpers.connect.causes import failures
from helpers.errors import ConnectorFailed, InvalidInput, KafkaFailed, LabNotRunning
from helpers.experiments.crash_matrix.orders import BY_HAND, SINKS, sink, table_of
from helpers.experiments.crash_matrix.programs import Sender, Writer
from helpers.faults import Relay, servers
from helpers.lab import Lab
from helpers.processes import is_gone
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_LIMIT = 4
"""So often a task, or the consumer by hand, may fail in one wait. Then the fault is not what stops it."""
_WARM = "warm"


class Stage:
    """Everything stands and runs between `start` and `stop`, or for a `with` block. The names are those of `workspace`.

    A process has one stage: when another one starts, the last one ends. A cell may run again.

    `count` is the number of orders in a row. A wait takes at most `patience` seconds.

    Raises `Unsupported` where servers cannot be killed from here, `InvalidInput` for a count not above 0; `start` raises
    `ConnectorFailed` or `TimedOut` for a sink that does not run.
    """

    _last: ClassVar[Stage | None] = None

    def __init__(self, lab: Lab, workspace: Workspace, *, count: int = 200, patience: float = 120.0) -> None:
        servers.on_this_computer(lab)
        if count < 1:
            raise InvalidInput(f"A matrix of {count} orders shows nothing.", "Give a `count` above 0.")
        self.lab = lab
        self.count = count
        self.patience = patience
        self.database = str(lab.needed_database().product)
        """The name of the lab's database server."""
        self.relay = Relay(lab.needed_database().port)
        """Between the database and those who write."""
        self._servers = servers.running(lab, "connect", "kafka", self.database)
        self.topic = workspace.topic("matrix")
        self.tables = {way: workspace.table(way.replace(" ", "_"), database=SINK_DATABASE) for way in (*SINKS, BY_HAND)}
        """The table of each way."""
        self._offsets = workspace.table("offsets", database=SINK_DATABASE)
        self._names = {way: workspace.connector(way.replace(" ", "-")) for way in SINKS}
        self._observers = {name: lag.observer(lab, f"connect-{name}") for name in self._names.values()}
        self._connect = ConnectClient(lab, timeout=patience)
        self._engine = database.engine(lab, "sink")
        self._failures: dict[str, int] = {}
        self.writer = Writer(lab, self.topic, self.tables[BY_HAND], self._offsets, relay=self.relay)
        """The consumer written by hand."""

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of writing: the columns of the matrix."""
        return tuple(self.tables)

    def start(self) -> Self:
        """Make the tables, start the sinks and the consumer by hand, and return itself when all have written something."""
        if Stage._last:
            Stage._last.stop()
        Stage._last = self
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End what runs of it. `workspace.clear` removes connectors, topic and tables. May be called twice."""
        self.writer.stop()
        self._connect.close()
        for observer in self._observers.values():
            observer.close()
        self.relay.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What a place uses.

    def sender(self, place: str, *, count: int | None = None, rate: float | None = None, crash: str = "") -> Sender:
        """Return the program that sends the orders of `place`, not started yet. Raises what `Sender` raises."""
        return Sender(self.lab, self.topic, place, count or self.count, rate=rate, crash=crash)

    def wait_for(self, condition: Callable[[], bool], message: str, last_seen: Callable[[], object]) -> None:
        """Return once `condition` is true. What has failed meanwhile is started again: a sink, or the consumer by hand.

        After the death of a database a sink may fail at its next record only. Raises `ConnectorFailed` or `ServerFailed` for
        what fails again and again, and `TimedOut`.
        """
        self._failures.clear()
        self.writer.forgive()

        def met() -> bool:
            self._restart_failed()
            self.writer.keep_running(_LIMIT)
            return condition()

        wait_until(met, self.patience, message, last_seen=last_seen, pause=0.1)

    def wait_rows(self, place: str, count: int) -> None:
        """Return once each table has rows of `count` different orders of `place`. The wrong key never has so many: not that one."""
        others = [way for way in self.tables if way != "wrong key"]
        self.wait_for(
            lambda: self.rows(place).loc[others, "orders"].min() >= count,
            f"{count} orders of {place} in each table",
            lambda: dict(self.rows(place)["orders"]),
        )

    def rows(self, place: str) -> pd.DataFrame:
        """Return for each way how many `rows` its table has of this place, and of how many different `orders`."""
        parts = [
            f"SELECT COUNT(*) AS n, COUNT(DISTINCT order_id) AS orders FROM {table} WHERE place = :place"
            for table in self.tables.values()
        ]
        found = database.frame(self._engine, " UNION ALL ".join(parts), {"place": place})
        return found.set_axis(["rows", "orders"], axis=1).set_axis(list(self.tables), axis=0)

    def settle(self) -> None:
        """Return once everybody has written and committed the whole topic. Raises what `wait_for` raises."""
        self.wait_for(self._is_done, "all of the topic to be written", self._behind)

    def ended_servers(self) -> list[str]:
        """Return the names of the servers that have ended since the last call, or since the beginning."""
        ended = [name for name, process in self._servers.items() if is_gone(process)]
        self._servers |= servers.running(self.lab, *ended)
        return ended

    # Its parts.

    def _start(self) -> None:
        self.relay.start()
        owner = database.engine(self.lab, "owner", database=SINK_DATABASE)
        database.execute(owner, f"CREATE TABLE {self._offsets} (part INT PRIMARY KEY, next_offset BIGINT NOT NULL)")
        for way, table in self.tables.items():
            database.execute(owner, table_of(table, way))
        for way, name in self._names.items():
            config = sink(self.lab, name, way, topic=self.topic, table=self.tables[way], relay=self.relay)
            self._connect.put(config, check=False)
        for name in self._names.values():
            self._connect.wait_running(name, timeout=self.patience)
        self.writer.start()
        # The first records take longest: connections open, the worker compiles.
        self.sender(_WARM, count=10).run()
        self.settle()

    def _is_done(self) -> bool:
        behind = self._behind()
        return behind is not None and not any(behind.values())

    def _behind(self) -> dict[str, int] | None:
        """By way, how many records are still to be written and committed; None while a server does not answer."""
        try:
            samples = {
                way: lag.measure_lag(self.lab, f"connect-{name}", [self.topic], consumer=self._observers[name])
                for way, name in self._names.items()
            }
            stored = database.frame(self._engine, f"SELECT next_offset FROM {self._offsets}")["next_offset"]
        except (LabNotRunning, KafkaFailed):  # a broker that is back leads its topics and its groups a little later
            return None
        end = max(sample.partitions[0].end for sample in samples.values())
        return {way: sample.total for way, sample in samples.items()} | {BY_HAND: end - int(stored.sum())}

    def _restart_failed(self) -> None:
        for name, status in self._statuses().items():
            failed = failures(name, status)
            if not failed:
                continue
            self._failures[name] = self._failures.get(name, 0) + 1
            if self._failures[name] > _LIMIT:
                raise ConnectorFailed(
                    f"Connector {name} fails again and again: {failed[0].cause}.", trace=failed[0].trace
                )
            self._connect.restart(name, only_failed=True)

    def _statuses(self) -> dict[str, dict[str, Any]]:
        known = self._connect.statuses()
        return {name: known[name] for name in self._names.values() if name in known}
