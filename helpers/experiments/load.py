# SPDX-License-Identifier: Apache-2.0
"""What each reader of the database costs it, by the server's own counters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd
from sqlalchemy import Connection, text

_COUNTED = "^(Questions|Bytes_sent|Handler_read_[a-z_]+)$"


@dataclass
class Load:
    """A row a reader with the columns statements, rows read, and bytes sent to it; filled at the end of the block."""

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def counters(connection: Connection) -> pd.Series[int]:
    """Return what the server has done so far for this connection.

    The names are statements, rows read (from tables and indexes: the sum of `Handler_read_*`) and bytes sent.
    """
    rows = connection.execute(text(f"SHOW SESSION STATUS WHERE Variable_name REGEXP '{_COUNTED}'")).all()
    told = {name: int(value) for name, value in rows}
    read = sum(value for name, value in told.items() if re.match("Handler_read", name))
    return pd.Series({"statements": told["Questions"], "rows read": read, "bytes sent": told["Bytes_sent"]})


class Reader(Protocol):
    """What asks the database through a connection that it keeps, as a `Poller` does."""

    @property
    def connection(self) -> Connection:
        """The connection."""


@contextmanager
def measure(readers: Mapping[str, Reader]) -> Iterator[Load]:
    """Measure what the block makes the server do for each of `readers`, by the counters of its own connection.

    So nobody else's work is counted. The cost of measuring is subtracted.
    """
    load = Load()
    started = {name: _Meter(reader.connection) for name, reader in readers.items()}
    yield load
    load.frame = pd.DataFrame({name: meter.read() for name, meter in started.items()}).T


class _Meter:
    """The counters since it was made, minus the cost of reading them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        first = counters(connection)
        self._from = counters(connection)
        self._own = self._from - first

    def read(self) -> pd.Series[int]:
        return counters(self._connection) - self._from - self._own
