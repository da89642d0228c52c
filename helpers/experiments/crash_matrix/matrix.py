# SPDX-License-Identifier: Apache-2.0
"""`Matrix`: lost and doubled orders, by where it dies and how it writes. Each row is really killed."""

from __future__ import annotations

import time

import pandas as pd
from confluent_kafka import TopicPartition

from helpers import clients
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning
from helpers.experiments.crash_matrix.places import PLACES, Fault
from helpers.experiments.crash_matrix.stage import Stage
from helpers.lab import Lab
from helpers.records import consume
from helpers.waiting import wait_until
from helpers.workspace import Workspace

COLUMNS = ["produced", "in topic", "rows", "lost", "doubled"]
"""What is counted for each cell, in orders, records and rows."""


class Matrix(Stage):
    """The crash matrix, which `run` fills row by row. All ways of writing read one topic, so one death fills a row.

    It stands and runs for a `with` block. Raises what `Stage` raises.
    """

    def __init__(self, lab: Lab, workspace: Workspace, *, count: int = 200, patience: float = 120.0) -> None:
        super().__init__(lab, workspace, count=count, patience=patience)
        self.seconds: dict[str, float] = {}
        """How long each row took."""
        self.died: dict[str, list[str]] = {}
        """The servers that died in each row."""
        self._found: dict[str, pd.DataFrame] = {}
        self._runs = 0

    def run(self, place: str, fault: Fault | None = None) -> pd.DataFrame:
        """Let it die at `place`, one of `PLACES`, or a new one with a `fault` of your own. Return the row: a line for each way.

        Columns: orders produced, records in the topic, rows in the table, orders without a row (lost), rows too many (doubled).
        A row that is run again is counted again.

        Raises `InvalidInput` for an unknown place without a fault; what the fault raises, and what `settle` raises.
        """
        chosen = fault or PLACES.get(place)
        if not chosen:
            raise InvalidInput(f"There is no place {place!r}.", f"Choose one of {', '.join(PLACES)}.")
        began = time.monotonic()
        first = self._end()
        self._runs += 1
        marked = f"{place} {self._runs}"  # the orders of an earlier run of this row are in the tables too
        chosen(self, marked)
        self.settle()
        self._found[place] = self._count(marked, first)
        self.seconds[place] = time.monotonic() - began
        self.died[place] = self.ended_servers()
        return self._found[place]

    def frame(self) -> pd.DataFrame:
        """Return all cells so far: a line for each place and way, with the columns of `run`."""
        if not self._found:
            return pd.DataFrame(columns=COLUMNS)
        return pd.concat(self._found, names=["place", "way"])

    def table(self, column: str) -> pd.DataFrame:
        """Return one of `COLUMNS` as a table of places and ways. What has not run yet is missing (NA).

        Raises `InvalidInput` for another column.
        """
        if column not in COLUMNS:
            raise InvalidInput(f"The matrix does not count {column!r}.", f"Choose one of {', '.join(COLUMNS)}.")
        places = list(dict.fromkeys((*PLACES, *self._found)))
        unknown = pd.Series(pd.NA, list(self.ways))
        rows = [self._found[place][column] if place in self._found else unknown for place in places]
        table = pd.DataFrame([list(row) for row in rows], places, list(self.ways), dtype="Int64")
        return table.rename_axis(index="where it dies", columns="how it writes")

    def errors(self) -> dict[str, pd.DataFrame]:
        """Return the tables of what is "lost" and of what is "doubled", as `plots.grid` draws them."""
        return {column: self.table(column) for column in ("lost", "doubled")}

    def _count(self, place: str, first: int) -> pd.DataFrame:
        records = self._end() - first
        messages = consume(self.lab, self.topic, records, from_offset=first, timeout=self.patience) if records else []
        of_this_place = [message for message in messages if (message.key() or b"").startswith(f"{place} ".encode())]
        found = self.rows(place)
        counted = {
            "produced": self.count,
            "in topic": len(of_this_place),
            "rows": found["rows"],
            "lost": (self.count - found["orders"]).clip(lower=0),
            "doubled": found["rows"] - found["orders"],
        }
        return pd.DataFrame(counted, index=list(self.ways))

    def _end(self) -> int:
        """The end of the topic. A client that knew a broker before its death asks with an old epoch, and is refused once."""
        return wait_until(self._asked_end, self.patience, f"the end of topic {self.topic}")

    def _asked_end(self) -> int:
        partition = TopicPartition(self.topic, 0)
        servers = self.lab.bootstrap_servers
        try:
            clients.metadata(self.lab.admin, servers, self.topic)  # with it come the new leader's epochs
            return clients.offsets(self.lab.admin, servers, [partition], clients.LATEST)[partition]
        except (KafkaFailed, LabNotRunning):
            return 0  # not yet: the matrix begins with some records
