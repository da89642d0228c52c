# SPDX-License-Identifier: Apache-2.0
"""How long an accepted order is not yet a row, one order at a time; and how many bytes an order takes in seven encodings."""

from __future__ import annotations

import io
import json
import statistics
import struct
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import fastavro
import requests

from bench import own
from bench.rows import Row
from helpers import connectors, database, schemas, services, topics
from helpers.connect import ConnectClient
from helpers.connectors.parts import TEXT
from helpers.lab import Lab
from helpers.services import Service
from helpers.waiting import wait_until

_TOPIC = "orders"
_ORDERS = 300
_WARM = 100
"""Orders before the first that counts: a worker's code is slow until it is compiled."""
_TABLE = """CREATE TABLE mydb2.orders (
    orderId VARCHAR(36) PRIMARY KEY, productId VARCHAR(40), qty INT, unitPrice BIGINT, totalPrice BIGINT,
    createdAt DATETIME(6), arrivedAt DATETIME(6) DEFAULT (UTC_TIMESTAMP(6))
)"""


def measure() -> Iterator[Row]:
    """Yield the rows of this part: milliseconds from an order's acceptance to its row, and bytes an order."""
    with own.running() as lab, ExitStack() as stack:
        topics.create(lab, _TOPIC)
        database.execute(database.engine(lab, "sink"), _TABLE)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-sync-lab-bench-")))
        shop = stack.enter_context(services.order_service(lab, folder, _TOPIC, way="topic-first"))
        client = stack.enter_context(ConnectClient(lab))
        stack.enter_context(client.temporary(_sink(lab)))
        for count in range(1, _WARM + _ORDERS + 1):
            order = _order(shop)
            wait_until(partial(_is_there, lab, count), 30, "the row of an order")  # rarely: a look delays the sink
        yield from _gaps(lab)
    for name, written in _encodings(order).items():
        yield Row(f"bytes an order: {name}", len(written), "bytes")


def _sink(lab: Lab) -> dict[str, object]:
    config = {**schemas.json_converter(schemas.ORDER), "key.converter": TEXT}
    return connectors.debezium_sink(
        lab, "orders-sink", [_TOPIC], key="record_value", key_fields=["orderId"], create_tables=False, config=config
    )


def _order(shop: Service) -> dict[str, Any]:
    """Order once, and return the accepted order."""
    asked = {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}
    answer = requests.post(f"{shop.url}/orders", json=asked, timeout=10)
    answer.raise_for_status()
    order: dict[str, Any] = answer.json()
    return order


def _is_there(lab: Lab, count: int) -> bool:
    return int(database.frame(lab, "SELECT COUNT(*) AS n FROM mydb2.orders")["n"][0]) >= count


def _gaps(lab: Lab) -> Iterator[Row]:
    query = "SELECT TIMESTAMPDIFF(MICROSECOND, createdAt, arrivedAt) / 1000 AS gap FROM mydb2.orders ORDER BY createdAt"
    gaps = database.frame(lab, query)["gap"].astype(float)[_WARM:]
    note = f"{_ORDERS} orders; 90 % below {gaps.quantile(0.9):.1f} ms"
    yield Row(
        "from accepted to its row, one order at a time, median", statistics.median(gaps), "ms", at_most=10, note=note
    )


def _encodings(order: Mapping[str, Any]) -> dict[str, bytes]:
    """Return `order` in seven encodings. The number of a schema takes five bytes, as in `schemas.avro`."""
    number = struct.pack(">bI", 0, 1)
    avro = schemas.avro_schema(schemas.ORDER)
    *others, created = avro["fields"]
    as_text = {**avro, "fields": [*others, {**created, "type": "string"}]}
    sixteen = {"name": "orderId", "type": {"type": "fixed", "name": "Id", "size": 16}}
    as_bytes = {**avro, "fields": [sixteen, *avro["fields"][1:]]}
    timed = {**order, "createdAt": datetime.fromisoformat(order["createdAt"])}
    return {
        "JSON, schema in each record": schemas.connect_json(order, schemas.ORDER),
        "JSON as Python writes it": json.dumps(order).encode(),
        "JSON without spaces": schemas.plain_json(order),
        "JSON and the number of its schema": number + schemas.plain_json(order),
        "Avro, the time as text": number + _avro(order, as_text),
        "Avro": schemas.avro(order, schemas.ORDER),
        "Avro, the id as 16 bytes": number + _avro({**timed, "orderId": uuid.UUID(order["orderId"]).bytes}, as_bytes),
    }


def _avro(record: Mapping[str, Any], schema: Mapping[str, Any]) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(dict(schema)), record)
    return body.getvalue()
