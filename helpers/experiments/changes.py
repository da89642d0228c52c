# SPDX-License-Identifier: Apache-2.0
"""Changes of a table, made one by one and remembered, so that they can be counted in the output of a reader."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from confluent_kafka import Message
from sqlalchemy import Connection

from helpers import database, records, topics
from helpers.arguments import check_several, check_text, whole_number
from helpers.errors import InvalidInput
from helpers.lab import Lab

Row = tuple[int, str | None]
"""A row's id and name. No name means that the row is deleted."""
Change = tuple[str, int, str | None]
"""A kind of change, the row's id, its new name."""


class Changes:
    """Inserts, updates and deletes rows of `table` (columns `id`, `name`). Each statement is its own transaction.

    `made` lists the changes in order: the kind, the row's id, its new name (None if it was deleted).
    `close`, or the end of a `with` block, closes the connection.
    Raises `LabNotRunning` when the database does not answer; the methods raise that too, and `DatabaseFailed`.
    """

    def __init__(self, lab: Lab, table: str) -> None:
        self.made: list[Change] = []
        self._table = database.identifier(table)
        self.connection = database.connect(lab)

    def insert(self, names: Iterable[str], *, kind: str = "INSERT", connection: Connection | None = None) -> list[int]:
        """Insert a row for each name and return the ids that the database gave them.

        Another `connection` may have an open transaction: then its owner commits.
        """
        check_several("names", names)
        statement = f"INSERT INTO {self._table} (name) VALUES (:name)"
        names, through = list(names), connection or self.connection
        for name in names:
            check_text("names", name, may_be_empty=True)
        ids = []
        for name in names:
            ids.append(int(database.ask(through, statement, {"name": name}).lastrowid))
            self.made.append((kind, ids[-1], name))
        return ids

    def update(self, ids: Iterable[int], name: str, *, kind: str = "UPDATE") -> None:
        """Give each of these rows a new name."""
        check_text("name", name, may_be_empty=True)
        self._each(f"UPDATE {self._table} SET name = :name WHERE id = :id", kind, ids, name)

    def delete(self, ids: Iterable[int]) -> None:
        """Delete these rows."""
        self._each(f"DELETE FROM {self._table} WHERE id = :id", "DELETE", ids, None)

    def tally(self, seen: Mapping[str, Container[Row]]) -> pd.DataFrame:
        """Return what `tally` returns for the changes so far."""
        return tally(self.made, seen)

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self.connection.close()

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _each(self, statement: str, kind: str, ids: Iterable[int], name: str | None) -> None:
        check_several("ids", ids, may_be_empty=True)
        ids = list(ids)
        for id_ in ids:
            whole_number(id_, "ids", least=0, most=2**64 - 1)
        for id_ in ids:
            database.ask(self.connection, statement, {"id": id_} if name is None else {"id": id_, "name": name})
            self.made.append((kind, id_, name))


def rows_in(lab: Lab, topic: str) -> set[Row]:
    """Return id and name of each row in `topic`, as connectors write it in JSON. A tombstone is a row without a name.

    Raises what `records.consume` raises, and `InvalidInput` for a record that is no such row.
    """
    count = int(topics.describe(lab, topic)["end offset"].sum())
    found = records.consume(lab, topic, count, timeout=60) if count else []
    rows = map(_row, found)
    return {(row["id"], row.get("name")) for row in rows}


def _row(message: Message) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(message.value() or message.key() or "")["payload"]
        return {**row, "id": row["id"]}
    except (ValueError, TypeError, KeyError) as error:
        problem = f"Record {message.offset()} of topic {message.topic()!r} is no row as a connector writes it in JSON."
        raise InvalidInput(problem, "Give the topic of a connector or a poller.") from error


def tally(made: Sequence[Change], seen: Mapping[str, Container[Row]]) -> pd.DataFrame:
    """Return one row for each kind of change and one for all: how many were `made`, and how many each reader has `seen`."""
    frame = pd.DataFrame(made, columns=["change", "id", "name"])
    frame["made"] = 1
    for reader, rows in seen.items():
        frame[reader] = [int((id_, name) in rows) for _, id_, name in made]
    counted = frame.groupby("change", sort=False)[["made", *seen]].sum()
    counted.loc["all"] = counted.sum()
    return counted
