# SPDX-License-Identifier: Apache-2.0
"""A sink with a table of its own, and what both look like after a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers import database
from helpers.connect import Config, ConnectClient
from helpers.connectors import debezium_sink
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.workspace import Workspace

PATIENCE = 60.0
"""Seconds that a sink may take for what is expected of it."""

_SETTINGS = {
    "errors.tolerance": "all",
    "connection.pool.min_size": 1,  # by default a task opens five connections
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

    def start(self, name: str, topic: str, *, columns: str, config: Config, **how: Any) -> Sink:
        """Make a table of `columns`, and a sink that writes `topic` to it. `how` is what `debezium_sink` takes.

        The sink's name begins with `name`. It is not waited for. Raises what the worker and the database say.
        """
        table = self.workspace.table("orders", database=SINK_DATABASE)
        database.execute(self.lab, f"CREATE TABLE {SINK_DATABASE}.{table} ({columns})")
        unique = self.workspace.connector(name)
        sink = debezium_sink(self.lab, unique, [topic], table=table, config=_SETTINGS | config, **how)
        self.client.create(sink, check=False)
        return Sink(self.lab, unique, f"{SINK_DATABASE}.{table}")
