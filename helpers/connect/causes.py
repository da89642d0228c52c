# SPDX-License-Identifier: Apache-2.0
"""Why a connector failed: the root cause in a Java stack trace, and the step that fixes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.errors import ConnectorFailed

_NEXT_STEPS = {
    r"JsonConverter with schemas\.enable requires|schema\(\).* is null|non-null Struct schema": (
        "The records carry no schema: send each as {'schema': …, 'payload': …}, or give the sink the schema in "
        "value.converter.schema.content."
    ),
    r"JsonParseException": (
        "A record is not JSON: errors.tolerance=all with errors.deadletterqueue.topic.name lets the others pass."
    ),
    r"Access denied|command denied": (
        "Check the user, its placeholder ${dir:FOLDER:FILE} for the password, and what it may do in that database."
    ),
    r"Connection (refused|reset)|Could not connect|Communications link failure|[Cc]onnection.*closed|[Ss]ocket|Broken pipe"
    r"|unexpected end of stream|Unable to acquire JDBC Connection": (
        "Start the database (`./lab up`), then `restart` the connector: it continues where it stopped."
    ),
    r"doesn't exist|does not exist|was not assigned a table|(Could not|Failed to) find table|is missing and"
    r"|schema evolution is disabled": (
        "Check the names of table and columns, or let the sink make them (schema.evolution=basic; auto.create, auto.evolve)."
    ),
    r"primary key|pk\.mode=|no key fields|ClassCastException": (
        "Upsert and delete need a key: a table with a primary key at the source, and a sink that reads it from the record."
    ),
    r"NanoOfDay": (
        "A sink writes a TIME as a time of day: change this one at the source, or leave its column out (column.exclude.list), "
        "then set the sink's offset past the record."
    ),
    r"Duplicate entry": "An insert cannot be repeated: use upsert by the record's key.",
    r"doesn't have a default value": (
        "The table wants a column that the records do not have (any more): let it be NULL, or give it a default."
    ),
    r"RecordTooLarge|larger than|max\.request\.size": (
        "Raise producer.override.max.request.size in the connector and max.message.bytes of the topic, or leave the column out."
    ),
    r"Data too long|Out of range|Incorrect .* value|cannot be null": (
        "The row does not fit the table: widen the column, or correct the record and set the connector's offset past the bad one."
    ),
}
"""What a root cause matches, and what to do then. The first match counts."""
_ANY_STEP = "Read the trace (`status`), fix the cause, then `restart` the connector."


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of a connector: which `task` failed (None: the connector itself), and why.

    `cause` is one sentence, the innermost exception of `trace`.
    """

    connector: str
    task: int | None
    cause: str
    trace: str

    @property
    def next_step(self) -> str:
        """The step that fixes this cause, as far as its text shows."""
        return next_step(self.cause, _ANY_STEP)

    def error(self) -> ConnectorFailed:
        """Return the error to raise for this failure."""
        who = (
            f"Connector {self.connector!r}"
            if self.task is None
            else f"Task {self.task} of connector {self.connector!r}"
        )
        return ConnectorFailed(f"{who} failed: {self.cause}.", self.next_step, trace=self.trace)


def next_step(cause: str, otherwise: str) -> str:
    """Return the step that fixes `cause`, as far as its text shows, or `otherwise`."""
    return next((step for pattern, step in _NEXT_STEPS.items() if re.search(pattern, cause)), otherwise)


def failures(name: str, status: Mapping[str, Any]) -> list[Failure]:
    """Return the failures in the answer `status` of the worker, the connector's own first."""
    failed = [part for part in (status["connector"], *status["tasks"]) if part["state"] == "FAILED"]
    traces = [(part.get("id"), part.get("trace", "")) for part in failed]
    return [Failure(name, task, root_cause(trace), trace) for task, trace in traces]


def failure(name: str, status: Mapping[str, Any]) -> Failure | None:
    """Return the first failure in the answer `status` of the worker, or None."""
    return next(iter(failures(name, status)), None)


def root_cause(trace: str) -> str:
    """Return the innermost exception of a Java stack trace: its name without package, and its message on one line."""
    innermost = re.split(r"^Caused by: ", trace, flags=re.MULTILINE)[-1]
    message = re.split(r"\n\s+(?:at |\.\.\. \d)|\n\s*Suppressed: ", innermost)[0]
    if "Exception chain:\n" in message:  # so the classic JDBC sink lists what the driver said, the innermost last
        message = re.split(r"\n(?=[\w.]+(?:Exception|Error): )", message)[-1]
    kind, _, words = " ".join(message.split()).partition(": ")
    return f"{kind.rpartition('.')[2]}: {words}".removesuffix(": ").rstrip(".") or "no reason was given"
