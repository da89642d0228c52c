# SPDX-License-Identifier: Apache-2.0
"""What each reader costs the database, from the server's own counters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Connection, text

from helpers import database
from helpers.lab import Lab

_COUNTED = "^(Questions|Bytes_sent|Handler_read_[a-z_]+)$"


@dataclass
class Load:
    """A row for each reader, with the columns statements, rows read and bytes sent. It is filled at the end of the block."""

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def counters(connection: Connection, scope: str = "SESSION") -> pd.Series[int]:
    """Return what the server has done so far for this connection. With the scope "GLOBAL", for all connections.

    The names are statements, rows read (from tables and indexes: the sum of `Handler_read_*`) and bytes sent.
    """
    rows = connection.execute(text(f"SHOW {scope} STATUS WHERE Variable_name REGEXP '{_COUNTED}'")).all()
    told = {name: int(value) for name, value in rows}
    read = sum(value for name, value in told.items() if re.match("Handler_read", name))
    return pd.Series({"statements": told["Questions"], "rows read": read, "bytes sent": told["Bytes_sent"]})


@contextmanager
def measure(lab: Lab, connections: Mapping[str, Connection], *, others: str) -> Iterator[Load]:
    """Measure what the block makes the server do for each of `connections`, and for all `others` together.

    The cost of measuring is subtracted. `others` is the row for everybody else in this database server.
    Raises `LabNotRunning` when the database does not answer.
    """
    load = Load()
    with database.connect(lab) as watcher:
        started = {name: _Meter(connection) for name, connection in connections.items()}
        everybody = _Meter(watcher, "GLOBAL")
        yield load
        total = everybody.read()
        load.frame = pd.DataFrame({name: meter.read() for name, meter in started.items()}).T
        load.frame.loc[others] = total - load.frame.sum()


class _Meter:
    """The counters since it was made, minus the cost of reading them."""

    def __init__(self, connection: Connection, scope: str = "SESSION") -> None:
        self._connection = connection
        self._scope = scope
        first = counters(connection, scope)
        self._from = counters(connection, scope)
        self._own = self._from - first

    def read(self) -> pd.Series[int]:
        return counters(self._connection, self._scope) - self._from - self._own
