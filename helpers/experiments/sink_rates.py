# SPDX-License-Identifier: Apache-2.0
"""How fast a sink writes a table of orders, and in how many commits and statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pymysql
from confluent_kafka import Producer

from helpers import clients, connectors, database, groups, records, schemas
from helpers.connect import Config, ConnectClient
from helpers.connectors.parts import TEXT
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.schemas import Schema
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

about_classic = connectors.about_classic_sink
"""Says whether `classic` finds something."""
PARTITIONS = 4
"""Partitions of the topic: so many tasks can work at the same time."""
FIELDS: Schema = {"order_id": "text", "customer": "text", "qty": "int32", "price": "int32"}
"""The fields of an order."""

_COLUMNS = """order_id VARCHAR(40), customer VARCHAR(20), qty INT, price INT,
    arrived DATETIME(6) DEFAULT (UTC_TIMESTAMP(6))"""
_COUNTED = {"commits": "Com_commit", "inserts": "Com_insert"}
"""What the server counts, by MariaDB's and MySQL's names: COMMIT and INSERT statements of all its clients."""
_TABLE_KEYS = ("collection.name.format", "table.name.format")
_PATIENCE = 120.0

Order = tuple[str, str]
"""An order's id, which is the record's key, and the order as JSON."""


def orders(count: int) -> list[Order]:
    """Return `count` orders with the fields of `FIELDS`."""
    made: list[Order] = []
    for number in range(count):
        order = {"order_id": f"order-{number}", "customer": "최지우", "qty": 1, "price": 1200}
        made.append((f"order-{number}", json.dumps(order)))
    return made


def send_orders(lab: Lab, topic: str, count: int) -> list[Order]:
    """Send `count` orders to `topic`, and return them. Raises what `records.produce` raises."""
    sent = orders(count)
    records.produce(lab, topic, sent)
    return sent


def make_table(lab: Lab, workspace: Workspace, name: str, *, keyed: bool = True) -> str:
    """Make an empty table in `mydb2` for the orders, and return its name. The database fills its column `arrived`.

    The primary key is `order_id`; unless `keyed`, there is none.
    """
    table = workspace.table(name, database=SINK_DATABASE)
    key = ", PRIMARY KEY (order_id)" if keyed else ""
    database.execute(lab, f"CREATE TABLE {SINK_DATABASE}.{table} ({_COLUMNS}{key})")
    return table


def rows(lab: Lab, table: str) -> pd.DataFrame:
    """Return the orders in `table` of `mydb2`, sorted, without the time of their arrival."""
    return database.frame(lab, f"SELECT {', '.join(FIELDS)} FROM {SINK_DATABASE}.{table} ORDER BY order_id")


def same_rows(lab: Lab, one: str, other: str) -> bool:
    """Return whether these two tables hold the same orders, compared whole."""
    return rows(lab, one).equals(rows(lab, other))


def connection(lab: Lab) -> pymysql.Connection:
    """Return an open connection of the database's driver for Python, for the account of the sinks. Close it after use."""
    place = database.address(lab)
    password = database.password_file(place, "sink").read_text("ascii")
    return pymysql.connect(host=place.host, port=place.port, user="sink", password=password, charset="utf8mb4")


def rate(lab: Lab, table: str) -> int:
    """Return how many rows a second came into `table`, by the first and the last time in its column `arrived`.

    Raises `InvalidInput` for a table with too few rows.
    """
    span = "TIMESTAMPDIFF(MICROSECOND, MIN(arrived), MAX(arrived))"
    query = f"SELECT COUNT(*) AS n, COALESCE({span}, 0) AS span FROM {SINK_DATABASE}.{table}"
    [(count, microseconds)] = database.frame(lab, query).itertuples(index=False)
    if not microseconds:
        raise InvalidInput(f"Table {table} has too few rows for a rate.", "Write at least two batches.")
    return round(int(count) / int(microseconds) * 1_000_000)


def counted(lab: Lab) -> dict[str, int]:
    """Return how many "commits" and "inserts" the database has executed since its start, those of all clients."""
    names = ", ".join(f"'{name}'" for name in _COUNTED.values())
    found = database.frame(lab, f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    values = dict(zip(found["Variable_name"], found["Value"], strict=True))
    return {what: int(values[name]) for what, name in _COUNTED.items()}


def wait_done(lab: Lab, name: str, topic: str) -> None:
    """Wait until the sink called `name` has committed all of `topic`. Raises `ConnectorFailed` if it fails, and `TimedOut`."""
    with ConnectClient(lab) as client:

        def done() -> bool:
            client.wait_running(name)  # raises if it has failed
            return measure_lag(lab, f"connect-{name}", [topic]).total == 0

        wait_until(done, _PATIENCE, f"{name} to have committed all of {topic}")


def measure(lab: Lab, workspace: Workspace, config: Config, orders: Sequence[Order]) -> dict[str, int]:
    """Let a sink write `orders`, and return "rows/s", and the "commits" and "inserts" that it took.

    `config` is the sink's, for a table of `make_table`, which is emptied first. Its topic is a new one. The orders are there
    in a transaction, which is committed when all tasks have their partitions: so their start does not count. Work of others
    in the database counts.

    Raises `InvalidInput` for a configuration that names no table, `ConnectorFailed` when the sink fails, and `TimedOut`.
    """
    table = _table_of(config)
    topic = workspace.topic("rate", PARTITIONS)
    only_committed = {"consumer.override.isolation.level": "read_committed"}
    whole = {**config, **only_committed, "name": workspace.connector("rate"), "topics": topic}
    database.execute(lab, f"TRUNCATE TABLE {SINK_DATABASE}.{table}")
    with ConnectClient(lab) as client, client.temporary(whole) as name, _withheld(lab, topic, orders) as release:
        tasks = len(client.tasks(name))
        wait_until(lambda: groups.count_members(lab, f"connect-{name}") == tasks, _PATIENCE, f"{tasks} tasks of {name}")
        before = counted(lab)
        release()
        _wait_written(lab, client, whole, len(orders))
        after = counted(lab)
    return {"rows/s": rate(lab, table), **{what: after[what] - before[what] for what in before}}


def classic(lab: Lab, workspace: Workspace, table: str, orders: Sequence[Order]) -> dict[str, dict[str, int]]:
    """Return what `measure` finds for the classic JDBC sink by batch, bulk statement and tasks; nothing where there is none.

    `table` is one of `make_table`. Raises what `measure` raises.
    """
    if not connectors.has_classic_sink(lab):
        return {}
    more = {**schemas.json_converter(FIELDS), "key.converter": TEXT, "batch.size": 500}
    how: dict[str, Any] = {"key": "record_value", "key_fields": ["order_id"], "table": table, "create_tables": False}
    base = connectors.jdbc_sink(lab, "classic", ["orders"], config=more, **how)
    ways = _classic_ways(str(base["connection.url"]))
    measure(lab, workspace, base, orders)  # its code is slow until it is compiled
    return {f"classic, {way}": measure(lab, workspace, {**base, **more}, orders) for way, more in ways.items()}


def _classic_ways(url: str) -> dict[str, Mapping[str, object]]:
    return {
        "batch 50": {"batch.size": 50},
        "batch 500": {},
        "rewriteBatched": {"connection.url": f"{url}&rewriteBatchedStatements=true"},
        "4 tasks": {"tasks.max": 4},
    }


@contextmanager
def _withheld(lab: Lab, topic: str, orders: Sequence[Order]) -> Iterator[Callable[[], None]]:
    """Send `orders` in a transaction, and yield the function that commits it: then readers see all of them at once."""
    producer = clients.new(Producer, lab.client_settings, {"transactional.id": topic})
    producer.init_transactions(_PATIENCE)
    producer.begin_transaction()
    for key, value in orders:
        producer.produce(topic, value, key)
    producer.flush(_PATIENCE)
    yield lambda: producer.commit_transaction(_PATIENCE)


def _wait_written(lab: Lab, client: ConnectClient, config: Config, count: int) -> None:
    table = _table_of(config)
    query = f"SELECT COUNT(*) AS n FROM {SINK_DATABASE}.{table}"

    def written() -> bool:
        client.wait_running(config["name"])  # raises if it has failed
        return int(database.frame(lab, query)["n"][0]) >= count

    wait_until(written, _PATIENCE, f"{count} rows in {table}", pause=0.1)


def _table_of(config: Mapping[str, object]) -> str:
    for key in _TABLE_KEYS:
        if key in config:
            return str(config[key])
    raise InvalidInput("The configuration names no table.", f"Set {' or '.join(_TABLE_KEYS)}.")
