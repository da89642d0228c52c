# SPDX-License-Identifier: Apache-2.0
"""A sink with a table of its own, and what both look like after a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers import connectors, database
from helpers.connect import Config, ConnectClient
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.workspace import Workspace

DEBEZIUM = "Debezium JDBC sink"
PATIENCE = 60.0
"""Seconds that a sink may take for what is expected of it."""

_SETTINGS = {
    "errors.tolerance": "all",
    "connection.pool.min_size": 1,  # by default a task of Debezium's opens five connections
    "max.retries": 0,  # by default the classic sink writes a refused batch ten times more, one every three seconds
}


@dataclass(frozen=True)
class Sink:
    """A connector of the name `name` that writes to `table` of the lab's database."""

    lab: Lab
    name: str
    table: str

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of its table, ordered by its first column."""
        return database.frame(self.lab, f"SELECT * FROM {self.table} ORDER BY 1")

    def alter(self, change: str) -> None:
        """Change its table, as `ALTER TABLE` does."""
        database.execute(self.lab, f"ALTER TABLE {self.table} {change}")


@dataclass(frozen=True)
class Starter:
    """Makes sinks on one lab, with names of one workspace."""

    lab: Lab
    workspace: Workspace
    client: ConnectClient

    def start(self, name: str, topic: str, *, columns: str, config: Config, family: str = DEBEZIUM, **how: Any) -> Sink:
        """Make a table of `columns`, and a sink of `family` that writes `topic` to it. `how` is what `connectors.sink` takes.

        The sink's name begins with `name`. It is not waited for. Raises what the worker and the database say.
        """
        table = self.workspace.table("orders", database=SINK_DATABASE)
        database.execute(self.lab, f"CREATE TABLE {SINK_DATABASE}.{table} ({columns})")
        unique = self.workspace.connector(name)
        more = _SETTINGS | config
        sink = connectors.sink(self.lab, unique, [topic], family=family, table=table, config=more, **how)
        self.client.create(sink, check=False)
        return Sink(self.lab, unique, f"{SINK_DATABASE}.{table}")
