# SPDX-License-Identifier: Apache-2.0
"""What all configurations have in common: families, choices, lists of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from helpers.arguments import check_mapping, check_several, check_text
from helpers.errors import InvalidInput
from helpers.topics import check_name

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
"""Family to class, in the order in which `choose_source` looks for them."""
SINKS = {
    "Confluent JDBC sink": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "Aiven JDBC sink": "io.aiven.connect.jdbc.JdbcSinkConnector",
    "Debezium JDBC sink": "io.debezium.connector.jdbc.JdbcSinkConnector",
}
"""Family to class, in the order in which `choose_sink` looks for them."""
CLASSIC_SINK = "Confluent JDBC sink"
"""The family that experiments run beside Debezium's sink, where the worker has it."""

More = Mapping[str, object] | None
"""Further keys by Kafka's names; they win over what the function would set."""

NEW_TOPICS = {"topic.creation.default.partitions": -1, "topic.creation.default.replication.factor": -1}
"""The worker creates missing topics, as the broker creates others. Without this a source waits for them."""


TEXT = "org.apache.kafka.connect.storage.StringConverter"
"""The converter for keys or values that are plain text."""

FEW_CONNECTIONS = {"connection.pool.min_size": 1, "connection.pool.max_size": 2}
"""For Debezium's sink: by default each task opens five connections to the database."""


def tables_of(tables: Sequence[str], topic_prefix: str) -> Sequence[str]:
    """Return `tables`, whose topics are named `topic_prefix` and table.

    Raises `InvalidInput` for a single text, an empty list, and a name that no topic can have: the worker would write _ for
    each strange letter, and two tables would share a topic.
    """
    check_several("tables", tables)
    check_text("topic_prefix", topic_prefix, may_be_empty=True)
    for table in tables:
        check_text("tables", table)
        check_name(f"{topic_prefix}{table}")
    return tables


def list_of(argument: str, names: Sequence[str]) -> str:
    """Return `names` of topics as Kafka writes a list.

    Raises `InvalidInput`, naming `argument`, for a single text or an empty list, and for a name that no topic can have.
    """
    check_several(argument, names)
    for name in names:
        check_name(name)
    return ",".join(names)


def fields_of(key_fields: Sequence[str]) -> str:
    """Return the fields of a key as Kafka writes a list, which may be empty. Raises `InvalidInput` for a single text."""
    check_several("key_fields", key_fields, may_be_empty=True)
    for field in key_fields:
        check_text("key_fields", field)
    return ",".join(key_fields)


def table_for(topic: str) -> str:
    """Return the name of the table that a sink makes of `topic` if none is chosen: Debezium's writes `_` for each dot."""
    check_name(topic)
    return topic.replace(".", "_")


def more_of(config: More) -> Mapping[str, object]:
    """Return the further keys `config`. Raises `InvalidInput` for what is no dictionary."""
    check_mapping("config", config)
    return config or {}


def flag(argument: str, value: object) -> bool:
    """Return `value` if it is True or False. Raises `InvalidInput` for another one: Python takes the text "no" for true."""
    if not isinstance(value, bool):
        raise InvalidInput(f"`{argument}` must be True or False, not {value!r:.60}.", "Write it without quotes.")
    return value


def one_of(value: str, choices: Any) -> str:
    """Return `value` if it is one of a `Literal`'s. Raises `InvalidInput` with these if it is not."""
    if value not in get_args(choices):
        raise InvalidInput(f"{value!r} is not valid.", f"Choose one of {', '.join(get_args(choices))}.")
    return value
