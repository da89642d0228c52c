# SPDX-License-Identifier: Apache-2.0
"""Records whose schema has changed: what a sink makes of each change, and what its task says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from helpers import records
from helpers.connect import ConnectClient
from helpers.connect.causes import failure
from helpers.connectors import CLASSIC_SINK, has_classic_sink
from helpers.experiments.sink_failures.sinks import DEBEZIUM, PATIENCE, Sink, Starter
from helpers.lab import Lab
from helpers.schemas import Schema, connect_json, json_converter
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_BEFORE: Schema = {"id": "int32", "name": "text", "qty": "int32"}
_FIRST = {"id": 1, "name": "Kim", "qty": 5}


@dataclass(frozen=True)
class Change:
    """The schema afterwards, the values that are new, and the columns of the table."""

    schema: Schema
    values: Mapping[str, Any] = field(default_factory=dict)
    columns: str = "id INT PRIMARY KEY, name VARCHAR(10), qty INT"


_WITHOUT_NAME = {"id": "int32", "qty": "int32"}

CHANGES = {
    "a field is added, optional": Change({**_BEFORE, "note": "text?"}, {"note": "gift"}),
    "a field is added, required": Change({**_BEFORE, "note": "text"}, {"note": "gift"}),
    "a field is dropped": Change(_WITHOUT_NAME),
    "a field is dropped, its column is NOT NULL": Change(
        _WITHOUT_NAME, columns="id INT PRIMARY KEY, name VARCHAR(10) NOT NULL, qty INT"
    ),
    "a field is renamed": Change({**_WITHOUT_NAME, "full_name": "text?"}, {"full_name": "Lee"}),
    "a text is longer than its column": Change(_BEFORE, {"name": "Lee of the long name"}),
    "a number becomes the text 'ten'": Change({**_BEFORE, "qty": "text"}, {"qty": "ten"}),
    "a number becomes the text '12'": Change({**_BEFORE, "qty": "text"}, {"qty": "12"}),
    "int32 becomes int64, and the number large": Change({**_BEFORE, "qty": "int64"}, {"qty": 2**40}),
    "a Korean name, and the column is latin1": Change(
        _BEFORE, {"name": "이서연"}, "id INT PRIMARY KEY, name VARCHAR(10) CHARACTER SET latin1, qty INT"
    ),
}
"""The rows of `schema_changes`."""
SAME = "classic sink: the same"
"""Its last column, where there is one."""
_SEEN = ["task", "row 1", "row 2"]


def schema_changes(lab: Lab, workspace: Workspace) -> pd.DataFrame:
    """Return what each of `CHANGES` does: the state of its task, what it says, and rows 1 and 2 of the table then.

    A first record makes row 1 (name Kim, qty 5). Then two records of the new schema come, for row 1 and for row 2. Sinks
    may change their tables (`schema.evolution=basic`), and pass over errors as far as that goes (`errors.tolerance=all`).

    Where the worker has the classic sink, the column `SAME` says whether its task, row 1 and row 2 were the same.

    Raises what the worker and the database say, and `TimedOut` for a sink that neither writes nor fails.
    """
    found = _outcomes(lab, workspace, DEBEZIUM)
    if has_classic_sink(lab):
        same = _outcomes(lab, workspace, CLASSIC_SINK)[_SEEN] == found[_SEEN]
        found[SAME] = same.all(axis="columns").map({True: "yes", False: "no"})
    return found


def _outcomes(lab: Lab, workspace: Workspace, family: str) -> pd.DataFrame:
    with ConnectClient(lab) as client:
        topics = {label: workspace.topic("changes") for label in CHANGES}
        for topic in topics.values():
            records.produce(lab, topic, [_record(_FIRST, _BEFORE)])
        starter = Starter(lab, workspace, client)
        sinks = {label: _sink(starter, topics[label], change, family) for label, change in CHANGES.items()}
        for label, sink in sinks.items():
            _wait_row(sink, 1)
            records.produce(lab, topics[label], _changed(CHANGES[label]))
        return pd.DataFrame([_outcome(client, sink) for sink in sinks.values()], list(sinks)).fillna("")


def _sink(starter: Starter, topic: str, change: Change, family: str) -> Sink:
    how: dict[str, Any] = {"family": family, "write": "upsert", "key": "record_value", "key_fields": ["id"]}
    return starter.start("schema-change", topic, columns=change.columns, config=json_converter(), **how)


def _changed(change: Change) -> list[bytes]:
    values = _FIRST | {"name": "Lee", "qty": 7} | dict(change.values)
    return [_record(values | {"id": number}, change.schema) for number in (1, 2)]


def _record(values: Mapping[str, Any], schema: Schema) -> bytes:
    return connect_json({name: values[name] for name in schema}, schema)


def _outcome(client: ConnectClient, sink: Sink) -> dict[str, str]:
    def settled() -> bool:
        return bool(failure(sink.name, client.status(sink.name))) or 2 in set(sink.rows["id"])

    wait_until(settled, PATIENCE, f"{sink.name} to write or to fail")
    failed = failure(sink.name, client.status(sink.name))
    said = re.sub(r"\w+Exception: |\(conn=\d+\) ", "", failed.cause) if failed else ""
    return {"task": "FAILED" if failed else "RUNNING", "it says": said, **_in_words(sink.rows)}


def _wait_row(sink: Sink, number: int) -> None:
    wait_until(lambda: number in set(sink.rows["id"]), PATIENCE, f"row {number} in {sink.table}")


def _in_words(rows: pd.DataFrame) -> dict[str, str]:
    """The rows by their ids, each as a text."""
    plain = rows.astype(object).where(rows.notna(), "NULL").to_numpy().tolist()
    return {f"row {number}": ", ".join(map(str, values)) for number, *values in plain}
