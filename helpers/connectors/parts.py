"""What all configurations have in common: families, choices, the place of a password."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal, get_args

from helpers import database
from helpers.errors import InvalidInput
from helpers.lab import Database, Lab
from helpers.stack.servers.worker import placeholder_folder

Deletes = Literal["delete-to-tombstone", "tombstone", "drop", "rewrite", "rewrite-with-tombstone"]
Mode = Literal["bulk", "incrementing", "timestamp", "timestamp+incrementing"]
Write = Literal["insert", "upsert", "update"]
Key = Literal["none", "kafka", "record_key", "record_value"]
Vendor = Literal["confluent", "aiven"]

SOURCES = {
    "Confluent JDBC source": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "Aiven JDBC source": "io.aiven.connect.jdbc.JdbcSourceConnector",
    "Debezium MariaDB source": "io.debezium.connector.mariadb.MariaDbConnector",
    "Debezium MySQL source": "io.debezium.connector.mysql.MySqlConnector",
}
"""Family to class, in the order in which `source` takes them."""
SINKS = {
    "Confluent JDBC sink": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "Aiven JDBC sink": "io.aiven.connect.jdbc.JdbcSinkConnector",
    "Debezium JDBC sink": "io.debezium.connector.jdbc.JdbcSinkConnector",
}
"""Family to class, in the order in which `sink` takes them."""

Config = dict[str, Any]
More = Mapping[str, object] | None
"""Further keys by Kafka's names; they win over what the function would set."""

NEW_TOPICS = {"topic.creation.default.partitions": -1, "topic.creation.default.replication.factor": -1}
"""The worker makes the topics that are missing, as the broker makes others; without this a source waits for them."""


def place(lab: Lab) -> Database:
    """Return where the worker finds the database, which may run beside it in a container."""
    return database.address(lab.seen_by_worker)


def password(lab: Lab, role: str) -> str:
    """Return the place of a password, which the worker reads when it starts a task; its REST interface shows no more."""
    folder = placeholder_folder(PurePath(place(lab).password_file).parent)
    return f"${{dir:{folder}:{role}.password}}"


def one_of(value: str, choices: Any) -> str:
    """Return `value` if it is one of a `Literal`'s. Raises `InvalidInput` with these if it is not."""
    if value not in get_args(choices):
        raise InvalidInput(f"{value!r} is no choice here.", f"Choose one of {', '.join(get_args(choices))}.")
    return value
