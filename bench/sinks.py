# SPDX-License-Identifier: Apache-2.0
"""Rows a second of a sink by batch, bulk statement and tasks, beside a consumer by hand, and the classic sink where it is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer

from bench import own
from bench.rows import Row
from helpers import clients, connectors, schemas
from helpers.connect import Config
from helpers.connectors.parts import TEXT
from helpers.errors import TimedOut
from helpers.experiments import sink_rates
from helpers.lab import Lab
from helpers.workspace import Workspace

_ORDERS = 100_000
_PATIENCE = 120.0
_BASE = "batch 500"
_UPSERT = """INSERT INTO mydb2.{table} (order_id, customer, qty, price)
    VALUES (%(order_id)s, %(customer)s, %(qty)s, %(price)s)
    ON DUPLICATE KEY UPDATE customer = VALUES(customer), qty = VALUES(qty), price = VALUES(price)"""


def measure() -> Iterator[Row]:
    """Yield the rows of this part: rows a second of each way, with its commits and statements; then ratios of one run."""
    with own.running(added=True) as lab, Workspace(lab, "bench") as workspace:
        table = sink_rates.make_table(lab, workspace, "orders")
        orders = sink_rates.orders(_ORDERS)
        base = _sink(lab, table)
        sink_rates.measure(lab, workspace, base, orders)  # a fresh worker's code is slow until it is compiled
        found = {
            way: sink_rates.measure(lab, workspace, {**base, **more}, orders) for way, more in _ways(lab, base).items()
        }
        found |= sink_rates.classic(lab, workspace, table, orders)
        by_hand, about_classic = _by_hand(lab, workspace), sink_rates.about_classic(lab)
    for way, numbers in found.items():
        note = f"{numbers['commits']:,} commits, {numbers['inserts']:,} INSERTs for {_ORDERS:,} rows"
        yield Row(f"sink, {way}", numbers["rows/s"], "rows/s", note=note)
    yield Row("consumer by hand, batch 500", by_hand, "rows/s", note=about_classic)
    rates = {way: numbers["rows/s"] for way, numbers in found.items()} | {"by hand": by_hand}
    for way in ("batch 50", "batch 2000", "rewriteBatchedStatements", "4 tasks", "by hand"):
        yield Row(f"{way} / {_BASE}", rates[way] / rates[_BASE], "times")


def _sink(lab: Lab, table: str) -> Config:
    more = {
        **schemas.json_converter(sink_rates.FIELDS),
        "key.converter": TEXT,
        "connection.pool.min_size": 1,
    }
    fields = ["order_id"]
    return connectors.debezium_sink(lab, "x", ["x"], key="record_value", key_fields=fields, table=table, config=more)


def _ways(lab: Lab, base: Config) -> dict[str, Mapping[str, object]]:
    place = lab.worker_database
    quick = f"jdbc:mysql://{place.host}:{place.port}/mydb2?rewriteBatchedStatements=true"
    batches = {
        f"batch {size}": {"batch.size": size, "consumer.override.max.poll.records": size} for size in (50, 500, 2000)
    }
    return {
        **batches,
        "2 tasks": {"tasks.max": 2},
        "4 tasks": {"tasks.max": 4},
        "useBulkStmts": {"connection.url": f"{base['connection.url']}?useBulkStmts=true"},
        "rewriteBatchedStatements": {"connection.url": quick},
    }


def _by_hand(lab: Lab, workspace: Workspace) -> int:
    table, topic = sink_rates.make_table(lab, workspace, "by_hand"), workspace.topic("orders", sink_rates.PARTITIONS)
    sink_rates.send_orders(lab, topic, _ORDERS)
    settings = {"group.id": workspace.group("by-hand"), "auto.offset.reset": "earliest", "enable.auto.commit": False}
    deadline, written = time.monotonic() + _PATIENCE, 0
    with clients.new(Consumer, lab.client_settings, settings) as consumer, sink_rates.connection(lab) as connection:
        consumer.subscribe([topic])
        cursor = connection.cursor()
        while written < _ORDERS:
            if time.monotonic() > deadline:
                raise TimedOut(f"The consumer by hand wrote {written} of {_ORDERS} rows within {_PATIENCE:g} s.")
            messages = consumer.consume(500, 1)
            if not messages:
                continue
            cursor.executemany(
                _UPSERT.format(table=table), [json.loads(message.value() or b"") for message in messages]
            )
            connection.commit()
            consumer.commit(asynchronous=False)
            written += len(messages)
    return sink_rates.rate(lab, table)
