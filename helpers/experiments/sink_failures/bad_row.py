# SPDX-License-Identifier: Apache-2.0
"""One bad row among many: how many rows each way to write leaves in its table, start by start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers import records
from helpers.connect import Config, ConnectClient
from helpers.connectors import CLASSIC_SINK, has_classic_sink
from helpers.experiments.sink_failures.sinks import DEBEZIUM, PATIENCE, Sink, Starter
from helpers.faults.poison import poison
from helpers.lab import Lab
from helpers.schemas import json_converter, plain_json
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_COLUMNS = "number INT, customer VARCHAR(20)"
_KEYED = f"{_COLUMNS}, PRIMARY KEY (number)"
_INSERT: dict[str, Any] = {"write": "insert", "key": "none"}
_UPSERT: dict[str, Any] = {"write": "upsert", "key": "record_value", "key_fields": ["number"]}


@dataclass(frozen=True)
class Way:
    """`batch.size`, the columns of the table, how the sink writes, its family, and whether it has a dead letter queue."""

    batch: int
    columns: str
    how: dict[str, Any]
    family: str = DEBEZIUM
    queue: bool = False


WAYS = {
    "insert, batch 500": Way(500, _COLUMNS, _INSERT),
    "insert, batch 50": Way(50, _COLUMNS, _INSERT),
    "upsert, batch 50, no primary key": Way(50, _COLUMNS, _UPSERT),
    "upsert, batch 50": Way(50, _KEYED, _UPSERT),
}
"""The columns of `one_bad_row`."""
CLASSIC_WAYS = {
    "classic, insert, batch 50": Way(50, _COLUMNS, _INSERT, CLASSIC_SINK),
    "classic, with a queue": Way(50, _COLUMNS, _INSERT, CLASSIC_SINK, queue=True),
}
"""More columns, where the worker has the classic sink."""
STARTS = ["started", "restarted", "restarted again"]
REPAIRED = "repaired, restarted"
"""Its rows."""


def one_bad_row(lab: Lab, workspace: Workspace, *, count: int = 200, bad: int = 150) -> pd.DataFrame:
    """Return how many rows a table has after each of `STARTS` and when it is `REPAIRED`: a column for each of `WAYS`.

    There are columns for `CLASSIC_WAYS` too, where the worker has that sink.

    `count` orders wait in one topic before the sinks start. The name in order `bad` is too long for its column, so each task
    fails, and is started again. At last the column is made wider, and each task writes all orders. Only a sink with a dead
    letter queue goes on without that order.

    Raises what the worker and the database say, and `TimedOut` for a task that does not fail, or does not finish.
    """
    topic = workspace.topic("orders")
    _send(lab, topic, count, bad)
    ways = {**WAYS, **(CLASSIC_WAYS if has_classic_sink(lab) else {})}
    found = {}
    with ConnectClient(lab) as client:
        starter = Starter(lab, workspace, client)
        sinks = [_sink(starter, topic, way) for way in ways.values()]
        goes_on = [sink for sink, way in zip(sinks, ways.values(), strict=True) if way.queue]
        stopped = [sink for sink in sinks if sink not in goes_on]
        for moment in STARTS:
            if moment != STARTS[0]:
                _restart(client, stopped)
            for sink in goes_on:
                _wait_orders(sink, count - 1)
            for sink in stopped:
                client.wait_failed(sink.name, timeout=PATIENCE)
            found[moment] = [len(sink.rows) for sink in sinks]
        for sink in stopped:
            sink.alter("MODIFY customer TEXT")
        _restart(client, stopped)
        for sink in stopped:
            _wait_orders(sink, count)
        found[REPAIRED] = [len(sink.rows) for sink in sinks]
    return pd.DataFrame(found, list(ways)).T


def _send(lab: Lab, topic: str, count: int, bad: int) -> None:
    orders = [{"number": number, "customer": "이서연"} for number in range(count)]
    values = [plain_json(order) for order in orders]
    values[bad] = poison("too long", orders[bad])
    records.produce(lab, topic, values)


def _sink(starter: Starter, topic: str, way: Way) -> Sink:
    config: Config = {"batch.size": way.batch, **json_converter({"number": "int32", "customer": "text"})}
    if way.queue:
        config["errors.deadletterqueue.topic.name"] = starter.workspace.topic("queue")
    how = {"family": way.family, "create_tables": False, **way.how}
    return starter.start("one-bad-row", topic, columns=way.columns, config=config, **how)


def _restart(client: ConnectClient, sinks: list[Sink]) -> None:
    """Start each again as a new connector of its name, which continues there. So a failure that is seen then is a new one."""
    for sink in sinks:
        config = client.config(sink.name)
        client.delete(sink.name)
        client.create(config, check=False)


def _wait_orders(sink: Sink, count: int) -> None:
    wait_until(lambda: sink.rows["number"].nunique() == count, PATIENCE, f"{count} orders in {sink.table}")
