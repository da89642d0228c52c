"""Debezium's connectors: the source that reads the database's log, and the sink that writes tables."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from helpers.connectors.parts import (
    NEW_TOPICS,
    SINKS,
    SOURCES,
    Config,
    Deletes,
    Key,
    More,
    Write,
    one_of,
    password,
    place,
)
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.topics import check_name

_DIALECTS = {"mariadb": "MariaDBDialect", "mysql": "MySQLDialect"}
"""Told, so that Hibernate need not find it out: where it cannot connect for that, it hides why it could not."""


_TEXT_AS_IT_IS = {"driver.connectionCollation": "utf8mb4_general_ci", "driver.characterSetResults": "null"}
"""Debezium asks MySQL's driver for UTF-8. On a Java without the module of East Asian character sets, such as the lab's, the
driver takes a Japanese one for that (Connector/J 9.1), and a snapshot has question marks for Korean, without an error.
So the collation is told by its name, and results are not converted at all (`null` is the driver's word for that)."""


def debezium_source(
    lab: Lab,
    name: str,
    tables: Sequence[str],
    *,
    topic_prefix: str = "",
    deletes: Deletes = "delete-to-tombstone",
    config: More = None,
) -> Config:
    """Return Debezium's source, which reads the database's log: flat rows, as a JDBC source writes them, in order.

    A DELETE becomes a tombstone; `deletes` is what the transform calls `delete.tombstone.handling.mode`. Its default,
    "tombstone", writes JSON with an empty payload, which is none: compaction keeps it.
    """
    db = place(lab)
    return {
        "name": check_name(name),
        "connector.class": SOURCES["Debezium MariaDB source" if db.product == "mariadb" else "Debezium MySQL source"],
        "tasks.max": 1,
        "database.hostname": db.host,
        "database.port": db.port,
        "database.user": "source",
        "database.password": password(lab, "source"),
        "database.server.id": 10_000 + zlib.crc32(name.encode()) % 1_000_000_000,  # a replica's own, as MariaDB sees it
        "database.include.list": db.name,
        "table.include.list": ",".join(f"{db.name}.{table}" for table in tables),
        "topic.prefix": name,
        "include.schema.changes": False,
        "schema.history.internal.kafka.bootstrap.servers": lab.seen_by_worker.bootstrap_servers,
        "schema.history.internal.kafka.topic": f"{name}-schema-history",
        "connect.keep.alive.interval.ms": 1000,  # after an outage it looks for the database so often; else once a minute
        "time.precision.mode": "connect",
        "extended.headers.enabled": False,
        **(_TEXT_AS_IT_IS if db.product == "mysql" else {}),
        **_flat(f"{name}.{db.name}.", topic_prefix, deletes),
        **NEW_TOPICS,
        **(config or {}),
    }


def debezium_sink(
    lab: Lab,
    name: str,
    topics: Sequence[str],
    *,
    write: Write = "upsert",
    key: Key = "record_key",
    key_fields: Sequence[str] = (),
    deletes: bool = False,
    config: More = None,
) -> Config:
    """Return Debezium's JDBC sink into `mydb2`, which makes its tables and adds columns that are missing."""
    db = place(lab)
    return {
        "name": check_name(name),
        "connector.class": SINKS["Debezium JDBC sink"],
        "tasks.max": 1,
        "topics": ",".join(topics),
        "connection.url": f"jdbc:{db.product}://{db.host}:{db.port}/{SINK_DATABASE}",
        "connection.username": "sink",
        "connection.password": password(lab, "sink"),
        "hibernate.dialect": f"org.hibernate.dialect.{_DIALECTS[db.product]}",
        "insert.mode": one_of(write, Write),
        "primary.key.mode": one_of(key, Key),
        **({"primary.key.fields": ",".join(key_fields)} if key_fields else {}),
        "delete.enabled": deletes,
        "schema.evolution": "basic",
        **(config or {}),
    }


def _flat(intermediate: str, topic_prefix: str, deletes: Deletes) -> Config:
    """The transforms that make a plain row of Debezium's event, and put it into the topic that a JDBC source would take."""
    return {
        "transforms": "unwrap,route",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
        "transforms.unwrap.delete.tombstone.handling.mode": one_of(deletes, Deletes),
        "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.route.regex": intermediate.replace(".", r"\.") + "(.*)",
        "transforms.route.replacement": f"{topic_prefix}$1",
    }
