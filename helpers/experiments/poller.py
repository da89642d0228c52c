# SPDX-License-Identifier: Apache-2.0
"""A query-based source: it polls a table for new rows, and publishes them as Connect JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from pymysql.constants import FIELD_TYPE

from helpers import database, records
from helpers.errors import InvalidInput, Unsupported
from helpers.lab import Lab
from helpers.topics import check_name

Mode = Literal["bulk", "incrementing", "timestamp"]
Field = dict[str, Any]

_COLUMNS = {"incrementing": "id", "timestamp": "updated_at"}
_EPOCH = datetime(1970, 1, 1)
_INT32, _INT64 = 2**31, 2**63
_TYPES: dict[int, Field] = {
    FIELD_TYPE.LONG: {"type": "int32"},
    FIELD_TYPE.LONGLONG: {"type": "int64"},
    FIELD_TYPE.VAR_STRING: {"type": "string"},
    FIELD_TYPE.DATETIME: {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp", "version": 1},
}


class Poller:
    """Publishes to `topic` the rows that it finds in `table`: all rows, rows with a higher id, or rows with a later time.

    `mode` chooses: "bulk", "incrementing" (column `id`) or "timestamp" (column `updated_at`). `offset` is the highest
    id or latest time that was published, None at first. It keeps one `connection` for its queries.
    `close`, or the end of a `with` block, closes it.
    Raises `InvalidInput` for an unknown mode, `LabNotRunning` when the database does not answer.
    """

    def __init__(self, lab: Lab, table: str, mode: Mode, topic: str) -> None:
        if mode not in get_args(Mode):
            raise InvalidInput(f"{mode!r} is not a mode.", f"Choose one of {', '.join(get_args(Mode))}.")
        self.topic = check_name(topic)
        self.offset: Any = None
        self._lab = lab
        self._table = table
        self._from = database.identifier(table)
        self._column = _COLUMNS.get(mode)
        # Committed after each statement: one transaction would show the same old rows at every poll.
        self.connection = database.connect(lab, "source")

    def poll(self) -> int:
        """Query once, publish a record for each row that comes, and return how many.

        Raises what `database.frame`, `as_connect_json` and `records.produce` raise. The next
        poll finds again what was not published.
        """
        query = self.query
        result = database.ask(self.connection, query, {"offset": self.offset} if ":offset" in query else None)
        description, rows = result.cursor.description, result.all()
        if rows:
            records.produce(self._lab, self.topic, as_connect_json(self._table, description, rows))
            self.offset = getattr(rows[-1], self._column) if self._column else None
        return len(rows)

    @property
    def query(self) -> str:
        """The SQL statement of the next poll."""
        if not self._column:
            return f"SELECT * FROM {self._from}"
        new = "" if self.offset is None else f" WHERE {self._column} > :offset"
        return f"SELECT * FROM {self._from}{new} ORDER BY {self._column}"

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self.connection.close()

    def __enter__(self) -> Poller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_connect_json(name: str, description: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return each row as Connect's JSON with schema and payload. The columns are those of a cursor's `description`.

    `name` is that of the schema. A number that an int32 cannot hold makes its column an int64, as INT UNSIGNED needs it.
    Raises `Unsupported` for a column of a type that the lessons' tables do not have, and for a value that fits no type.
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(description)
    fields = [_field(column, values) for column, values in zip(description, columns, strict=True)]
    schema = {"type": "struct", "fields": fields, "optional": False, "name": name}
    names = [field["field"] for field in fields]
    payloads = (dict(zip(names, map(_plain, fields, row), strict=True)) for row in rows)
    return [json.dumps({"schema": schema, "payload": payload}, ensure_ascii=False) for payload in payloads]


def _field(column: Sequence[Any], values: Sequence[Any]) -> Field:
    """The schema of one column with these values. The last item of `column` says whether it may be NULL (PEP 249)."""
    name, code = column[:2]
    if code not in _TYPES:
        raise Unsupported(
            f"Column {name!r} has type {code} of MySQL's protocol.", "Poll tables of INT, VARCHAR and DATETIME."
        )
    kind = _TYPES[code]
    numbers = [value for value in values if isinstance(value, int)]
    if numbers and not -_INT64 <= min(numbers) <= max(numbers) < _INT64:
        raise Unsupported(f"Column {name!r} has the value {max(numbers)}, which is no int64.", "Store it as VARCHAR.")
    if numbers and kind["type"] == "int32" and not -_INT32 <= min(numbers) <= max(numbers) < _INT32:
        kind = {"type": "int64"}
    return {**kind, "optional": bool(column[-1]), "field": name}


def _plain(field: Field, value: Any) -> Any:
    """A DATETIME as Connect writes it: milliseconds since 1970, as if it were in UTC."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(milliseconds=1)
    if field["type"] == "int64" and isinstance(value, str):  # what the client makes of 0000-00-00 00:00:00
        raise Unsupported(f"Column {field['field']!r} has the value {value!r}, which is no time.", "Store NULL for it.")
    return value
