# SPDX-License-Identifier: Apache-2.0
"""One of the five ways: its tables, its topic, its connectors and programs, from the first order to the last row."""

from __future__ import annotations

import json

import pandas as pd

from helpers import database, records
from helpers.connect import ConnectClient
from helpers.experiments.five_ways.orders import ADD_EVENT, OUTBOX, OWN, TARGET
from helpers.experiments.five_ways.programs import Taker, Upserter
from helpers.experiments.five_ways.taker_program import order_id, order_of
from helpers.experiments.five_ways.ways import WAYS, sink, source
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_RATE = 500.0
"""Orders a second. A lab on two cores can pass on many more."""
_PATIENCE = 60.0
_SLOWEST = 20.0
"""Orders a second that even a very busy computer takes."""


class Stage:
    """One way for `count` orders, for a `with` block: `prepare`, `wait_ready`, then `run` once, all with the names of `workspace`.

    At the end its programs have ended and its connectors are gone. `workspace.clear` removes the rest.
    """

    def __init__(self, lab: Lab, workspace: Workspace, connect: ConnectClient, way: str, *, count: int) -> None:
        self.name, self.way, self.count = way, WAYS[way], count
        self._lab, self._workspace, self._connect = lab, workspace, connect
        self._target = database.engine(lab, "owner", database=SINK_DATABASE)
        self._connectors: list[str] = []
        self._word = way.replace(" ", "_")
        self.table = ""
        """The table of the other side."""
        self._own = self._outbox = self._topic = ""
        self._upserter: Upserter | None = None
        self._taker: Taker | None = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for program in (self._taker, self._upserter):
            if program:
                program.stop()
        for name in set(self._connectors) & set(self._connect.connectors() if self._connectors else []):
            self._connect.forget(name)

    def prepare(self) -> None:
        """Make the tables and the topic, and start connectors and consumer. It does not wait until they run."""
        self.table = self._workspace.table(f"{self._word}_target", database=SINK_DATABASE)
        database.execute(self._target, TARGET.format(table=self.table))
        if self.way.has("Kafka"):
            self._topic = self._workspace.topic(self._word)
        if self.way.own_table:
            self._own = self._new_table("own", OWN)
        if self.way.has("source"):
            self._outbox = self._new_table("outbox", OUTBOX)
            name = self._new_connector("source")
            self._connect.put(source(self._lab, name, self._outbox, self._topic), check=False)
        if self.way.has("sink"):
            name = self._new_connector("sink")
            self._connect.put(sink(self._lab, name, self._topic, self.table), check=False)
        if self.way.by_hand:
            group = self._workspace.group(self._word)
            self._upserter = Upserter(self._lab, group, self._topic, self.table)
            self._upserter.start(crash=self._death(spare=1))  # it has read a probe before

    def wait_ready(self) -> None:
        """Return when an order arrives. A connector that is RUNNING may not read yet, so this waits for a first row.

        Raises `ConnectorFailed` if a connector cannot run, and `TimedOut`.
        """
        for name in self._connectors:
            self._connect.wait_running(name, timeout=_PATIENCE)
        self._probe("first")

    def run(self) -> pd.DataFrame:
        """Take all orders while one program dies once, wait for the last row, and return the rows: order_id, arrived (s).

        `accepted` has the answers then. Raises `ServerFailed` if a program fails by itself, and `TimedOut`.
        """
        patience = _PATIENCE + self.count / _SLOWEST
        self._taker = Taker(
            self._lab,
            self.name,
            end=self.count,
            rate=_RATE,
            topic=self._topic,
            table=self._own or self.table,
            outbox=self._outbox,
        )
        self._taker.start(crash="" if self._upserter else self._death())
        dying = self._upserter or self._taker
        dying.wait(patience, killed=True)
        dying.start()
        self._taker.wait(patience)
        self._probe("last")
        return self.rows()

    @property
    def accepted(self) -> dict[str, float]:
        """When each order was accepted (s since 1970), by its id, as the customers know it."""
        answers = self._taker.accepted if self._taker else {}
        return {order_id(number): when for number, when in answers.items()}

    def rows(self) -> pd.DataFrame:
        """Return what the other side has: order_id, and arrived in seconds since 1970. Without the probes."""
        query = f"SELECT order_id, arrived FROM {self.table} WHERE order_id NOT LIKE 'probe%'"
        found = database.frame(self._target, query)
        found["arrived"] = (pd.to_datetime(found["arrived"]) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
        return found

    def _death(self, spare: int = 0) -> str:
        """Where and when it dies: in the middle of the orders."""
        return f"{self.way.dies}:{self.count // 2 + 1 + spare}"

    def _probe(self, name: str) -> None:
        """Send an order along the way, and wait for its row. Orders keep their order, so all before it are there too."""
        if not self._topic:
            return
        order = order_of(name)
        key, document = order["order_id"], json.dumps(order)
        if self._outbox:
            statement = ADD_EVENT.format(table=self._outbox) % {"order_id": ":order_id", "payload": ":payload"}
            database.execute(self._lab, statement, {"order_id": key, "payload": document})
        else:
            records.produce(self._lab, self._topic, [(key, document)])
        query = f"SELECT order_id FROM {self.table} WHERE order_id = :key"
        wait_until(
            lambda: len(database.frame(self._target, query, {"key": key})),
            _PATIENCE,
            f"the {name} order to arrive by way of {self.name!r}",
            last_seen=lambda: f"{len(self.rows())} other rows",
            pause=0.02,
        )

    def _new_table(self, kind: str, statement: str) -> str:
        name = self._workspace.table(f"{self._word}_{kind}")
        database.execute(self._lab, statement.format(table=name))
        return name

    def _new_connector(self, kind: str) -> str:
        self._connectors.append(self._workspace.connector(f"{self._word}-{kind}"))
        return self._connectors[-1]
