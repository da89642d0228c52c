# SPDX-License-Identifier: Apache-2.0
"""Debezium's connectors: the source that reads the database's log, and the sink that writes tables."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from helpers.connect import Config
from helpers.connectors.parts import (
    NEW_TOPICS,
    SINKS,
    SOURCES,
    Deletes,
    Key,
    More,
    Write,
    fields_of,
    flag,
    list_of,
    more_of,
    one_of,
    tables_of,
)
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.topics import check_name

_DIALECTS = {"mariadb": "MariaDBDialect", "mysql": "MySQLDialect"}
"""Set, so that Hibernate does not have to detect it: if it cannot connect for that, it hides the reason."""


_EXACT = {
    "time.precision.mode": "adaptive_time_microseconds",  # "connect" ends at milliseconds, and makes NULL of a TIME of 25 hours
    "enable.time.adjuster": False,  # it would take the year 1 for a short form of 2001
    "bigint.unsigned.handling.mode": "precise",  # by default the highest numbers become negative
}
"""Numbers and times as they are in their columns."""

_TEXT_AS_IT_IS = {"driver.connectionCollation": "utf8mb4_general_ci", "driver.characterSetResults": "null"}
"""Debezium asks MySQL's driver for UTF-8. On a Java without the module of East Asian character sets, such as the lab's, the
driver uses a Japanese one instead (Connector/J 9.1). Then a snapshot has question marks for Korean, without an error.
So the collation is set by its name, and results are not converted at all (`null` means that to the driver)."""


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
    "tombstone", writes JSON with an empty payload, which is no tombstone: compaction keeps it.
    A DATETIME is milliseconds since 1970, a DATETIME(6) and a TIME are microseconds. `ConnectClient` refuses a table with a
    TIME that is no time of day. One that comes later is in the topic as it is, and stops a sink with an error.
    """
    db = lab.worker_database
    return {
        "name": check_name(name, "connector"),
        "connector.class": SOURCES["Debezium MariaDB source" if db.product == "mariadb" else "Debezium MySQL source"],
        "tasks.max": 1,
        "database.hostname": db.host,
        "database.port": db.port,
        "database.user": "source",
        "database.password": lab.secret("source"),
        "database.server.id": 10_000 + zlib.crc32(name.encode()) % 1_000_000_000,  # MariaDB sees a replica with this id
        "database.include.list": db.name,
        "table.include.list": ",".join(f"{db.name}.{re.escape(table)}" for table in tables_of(tables, topic_prefix)),
        "topic.prefix": name,
        "include.schema.changes": False,
        "schema.history.internal.kafka.bootstrap.servers": lab.seen_by_worker.bootstrap_servers,
        "schema.history.internal.kafka.topic": f"{name}-schema-history",
        "connect.keep.alive.interval.ms": 1000,  # how often it retries after an outage; by default once a minute
        **_EXACT,
        "extended.headers.enabled": False,
        **(_TEXT_AS_IT_IS if db.product == "mysql" else {}),
        **_flat(f"{name}.{db.name}.", topic_prefix, deletes),
        **NEW_TOPICS,
        **more_of(config),
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
    table: str = "",
    create_tables: bool = True,
    config: More = None,
) -> Config:
    """Return Debezium's JDBC sink into `mydb2`. It writes to `table`, where `${topic}` stands for the topic's name.

    Without `table` that is the one that `table_for` names: `my_orders` for the topic `my.orders`. `create_tables` lets it make
    a table, and add a column, that is missing.
    """
    db = lab.worker_database
    return {
        "name": check_name(name, "connector"),
        "connector.class": SINKS["Debezium JDBC sink"],
        "tasks.max": 1,
        "topics": list_of("topics", topics),
        "connection.url": f"jdbc:{db.product}://{db.host}:{db.port}/{SINK_DATABASE}",
        "connection.username": "sink",
        "connection.password": lab.secret("sink"),
        "hibernate.dialect": f"org.hibernate.dialect.{_DIALECTS[db.product]}",
        "insert.mode": one_of(write, Write),
        "quote.identifiers": True,  # a column may be called key or group
        "primary.key.mode": one_of(key, Key),
        **({"primary.key.fields": fields} if (fields := fields_of(key_fields)) else {}),
        "delete.enabled": flag("deletes", deletes),
        **({"collection.name.format": table} if table else {}),
        "schema.evolution": "basic" if flag("create_tables", create_tables) else "none",
        **more_of(config),
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
