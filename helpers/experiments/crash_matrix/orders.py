# SPDX-License-Identifier: Apache-2.0
"""Orders as plain JSON, and the ways to write them into a table: the fixed parts of the crash matrix."""

from __future__ import annotations

import json
from dataclasses import dataclass

from helpers.connect import Config
from helpers.connectors import debezium_sink
from helpers.connectors.parts import Key, Write
from helpers.faults import Relay
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE

_FIELDS = {"order_id": "string", "place": "string", "customer": "string", "qty": "int32"}
_COLUMNS = (
    "order_id VARCHAR(60) NOT NULL, place VARCHAR(60) NOT NULL, customer VARCHAR(60) NOT NULL, qty INT, INDEX (place)"
)
_COORDINATES = """, __connect_topic VARCHAR(90) NOT NULL, __connect_partition INT NOT NULL, __connect_offset BIGINT NOT NULL,
    PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset)"""

SCHEMA = json.dumps(
    {
        "type": "struct",
        "name": "order",
        "fields": [{"field": name, "type": kind} for name, kind in _FIELDS.items()],
    }
)
"""What the fields of an order are, for a converter (`value.converter.schema.content`, since Kafka 4.2)."""


@dataclass(frozen=True)
class Way:
    """How a sink writes: `insert.mode`, `primary.key.mode`, `primary.key.fields`, and what the key of its table is."""

    write: Write
    key: Key
    fields: tuple[str, ...]
    primary_key: str


SINKS = {
    "insert": Way("insert", "none", (), ""),
    "upsert": Way("upsert", "record_value", ("order_id",), ", PRIMARY KEY (order_id)"),
    "wrong key": Way("upsert", "record_value", ("customer",), ", PRIMARY KEY (customer)"),
    "coordinates": Way("upsert", "kafka", (), _COORDINATES),
}
"""The ways of a sink. Coordinates: topic, partition and offset of the record are the key (`primary.key.mode=kafka`)."""

BY_HAND = "by hand"
"""A consumer that writes rows and its own offset in one transaction."""

WAYS = (*SINKS, BY_HAND)
"""The columns of the matrix."""


def table_of(name: str, way: str) -> str:
    """Return the statement that makes the table `name` for one of `WAYS`, with its key."""
    key = SINKS[way].primary_key if way in SINKS else ""
    return f"CREATE TABLE {name} ({_COLUMNS}{key})"


def sink(lab: Lab, name: str, way: str, *, topic: str, table: str, relay: Relay) -> Config:
    """Return Debezium's sink that writes the orders of `topic` in this way. It reaches the database through `relay`."""
    chosen = SINKS[way]
    config = {
        "connection.url": f"jdbc:{lab.worker_database.product}://{relay.address}/{SINK_DATABASE}",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": True,
        "value.converter.schema.content": SCHEMA,
        # By default a task opens five connections. Each would have to start again after a fault.
        "connection.pool.min_size": 1,
        "connection.pool.max_size": 2,
    }
    return debezium_sink(
        lab,
        name,
        [topic],
        write=chosen.write,
        key=chosen.key,
        key_fields=chosen.fields,
        table=table,
        create_tables=False,
        config=config,
    )
