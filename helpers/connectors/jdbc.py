# SPDX-License-Identifier: Apache-2.0
"""The classic JDBC connectors, of Confluent and of Aiven: the source that asks tables for what is new, and the sink."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.connect import Config
from helpers.connectors.parts import (
    NEW_TOPICS,
    SINKS,
    SOURCES,
    Key,
    Mode,
    More,
    Vendor,
    Write,
    fields_of,
    flag,
    list_of,
    more_of,
    one_of,
    table_for,
    tables_of,
)
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.topics import check_name


def jdbc_source(
    lab: Lab,
    name: str,
    tables: Sequence[str],
    *,
    topic_prefix: str = "",
    mode: Mode = "incrementing",
    incrementing: str = "id",
    timestamp: str = "",
    key: str = "",
    vendor: Vendor = "confluent",
    config: More = None,
) -> Config:
    """Return the classic JDBC source, which asks the tables for new rows: those with a higher `incrementing` column,
    or a later `timestamp` one, as `mode` says. Its records have no key, unless the column `key` is to be theirs."""
    return {
        "name": check_name(name, "connector"),
        "connector.class": SOURCES[f"{vendor.capitalize()} JDBC source"],
        "tasks.max": 1,
        "connection.url": _jdbc_url(lab, lab.worker_database.name),
        "connection.user": "source",
        "connection.password": lab.secret("source"),
        "mode": one_of(mode, Mode),
        **({"incrementing.column.name": incrementing} if "incrementing" in mode else {}),
        **({"timestamp.column.name": timestamp} if "timestamp" in mode else {}),
        "table.whitelist": ",".join(tables_of(tables, topic_prefix)),
        "topic.prefix": topic_prefix,
        **(_with_key(key) if key else {}),
        **NEW_TOPICS,
        **more_of(config),
    }


def jdbc_sink(
    lab: Lab,
    name: str,
    topics: Sequence[str],
    *,
    write: Write = "upsert",
    key: Key = "record_key",
    key_fields: Sequence[str] = (),
    deletes: bool = False,
    table: str = "",
    create_tables: bool = True,
    vendor: Vendor = "confluent",
    config: More = None,
) -> Config:
    """Return the classic JDBC sink into `mydb2`. It writes to `table`, where `${topic}` stands for the topic's name.

    Without `table` that is the topic's name. `create_tables` lets it make a table, and add a column, that is missing.
    Raises `InvalidInput` without `table` for a topic with a dot in its name, which would stand for a database here.
    """
    if not table and (dotted := [topic for topic in list_of("topics", topics).split(",") if "." in topic]):
        problem = f"This sink would take the first part of {dotted[0]!r} for the name of a database."
        raise InvalidInput(problem, f"Choose the table, as in table={table_for(dotted[0])!r}.")
    return {
        "name": check_name(name, "connector"),
        "connector.class": SINKS[f"{vendor.capitalize()} JDBC sink"],
        "tasks.max": 1,
        "topics": list_of("topics", topics),
        "connection.url": _jdbc_url(lab, SINK_DATABASE),
        "connection.user": "sink",
        "connection.password": lab.secret("sink"),
        "insert.mode": one_of(write, Write),
        "pk.mode": one_of(key, Key),
        **({"pk.fields": fields} if (fields := fields_of(key_fields)) else {}),
        "delete.enabled": flag("deletes", deletes),
        **({"table.name.format": table} if table else {}),
        "auto.create": flag("create_tables", create_tables),
        "auto.evolve": create_tables,
        **more_of(config),
    }


def _with_key(column: str) -> Config:
    kind = "org.apache.kafka.connect.transforms.ValueToKey"
    return {"transforms": "key", "transforms.key.type": kind, "transforms.key.fields": column}


def _jdbc_url(lab: Lab, name: str) -> str:
    """An address for both drivers that may be there: MySQL's, and MariaDB's, which takes it with this option only."""
    db = lab.worker_database
    return f"jdbc:mysql://{db.host}:{db.port}/{name}?permitMysqlScheme=true"
