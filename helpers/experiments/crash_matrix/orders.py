# SPDX-License-Identifier: Apache-2.0
"""Orders as plain JSON, and the ways to write them into a table: the fixed parts of the crash matrix."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.connect import Config
from helpers.connectors import debezium_sink
from helpers.connectors.parts import FEW_CONNECTIONS, TEXT, Key, Write
from helpers.faults import Relay
from helpers.lab import Lab
from helpers.schemas import Schema, json_converter
from helpers.stack.home.accounts import SINK_DATABASE

FIELDS: Schema = {"order_id": "text", "place": "text", "customer": "text", "qty": "int32"}
"""The fields of an order."""
_COLUMNS = (
    "order_id VARCHAR(60) NOT NULL, place VARCHAR(60) NOT NULL, customer VARCHAR(60) NOT NULL, qty INT, INDEX (place)"
)
_COORDINATES = """, __connect_topic VARCHAR(90) NOT NULL, __connect_partition INT NOT NULL, __connect_offset BIGINT NOT NULL,
    PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset)"""


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
        "key.converter": TEXT,
        **json_converter(FIELDS),
        **FEW_CONNECTIONS,  # each would have to start again after a fault
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
