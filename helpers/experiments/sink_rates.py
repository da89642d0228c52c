# SPDX-License-Identifier: Apache-2.0
"""How fast a sink writes a table, and in how many commits and statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers import database, groups, records
from helpers.connect import Config, ConnectClient
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.records import Record
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

PARTITIONS = 4
"""Partitions of the topic: so many tasks can work at the same time."""

_COUNTED = {"commits": "Com_commit", "inserts": "Com_insert"}
"""What the server counts, by MariaDB's and MySQL's names: COMMIT and INSERT statements of all its clients."""
_TABLE_KEYS = ("collection.name.format", "table.name.format")
_PATIENCE = 120.0


def measure(lab: Lab, workspace: Workspace, config: Config, orders: Sequence[Record]) -> dict[str, int]:
    """Let a sink write `orders`, keys with values, and return "rows/s", and the "commits" and "inserts" that it took.

    `config` is the sink's, without name and topics. Its table in `mydb2` is emptied first. It needs what `rate` needs.
    All tasks have their partitions and are paused before the orders are sent. So their start does not count.
    Work of others in the database counts, so let them rest.

    Raises `InvalidInput` for a configuration that names no table, `ConnectorFailed` when the sink fails, and `TimedOut`.
    """
    table = _table_of(config)
    topic = workspace.topic("rate", PARTITIONS)
    whole = {**config, "name": workspace.connector("rate"), "topics": topic}
    database.execute(lab, f"TRUNCATE TABLE {SINK_DATABASE}.{table}")
    with ConnectClient(lab) as client, client.temporary(whole) as name:
        _pause(lab, client, name)
        records.produce(lab, topic, orders)
        before = counted(lab)
        client.resume(name)
        _wait_written(lab, client, name, table, len(orders))
        after = counted(lab)
    return {"rows/s": rate(lab, table), **{what: after[what] - before[what] for what in before}}


def rate(lab: Lab, table: str) -> int:
    """Return how many rows a second came into `table` of `mydb2`, by its column `arrived`: a DATETIME(6), by default
    the time of the insert. Raises `InvalidInput` for a table with too few rows.
    """
    span = "TIMESTAMPDIFF(MICROSECOND, MIN(arrived), MAX(arrived))"
    query = f"SELECT COUNT(*) AS n, COALESCE({span}, 0) AS span FROM {SINK_DATABASE}.{table}"
    [(rows, microseconds)] = database.frame(lab, query).itertuples(index=False)
    if not microseconds:
        raise InvalidInput(f"Table {table} has too few rows for a rate.", "Write at least two batches.")
    return round(int(rows) / int(microseconds) * 1_000_000)


def counted(lab: Lab) -> dict[str, int]:
    """Return how many "commits" and "inserts" the database has executed since its start, those of all clients."""
    names = ", ".join(f"'{name}'" for name in _COUNTED.values())
    found = database.frame(lab, f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    values = dict(zip(found["Variable_name"], found["Value"], strict=True))
    return {what: int(values[name]) for what, name in _COUNTED.items()}


def _table_of(config: Mapping[str, object]) -> str:
    for key in _TABLE_KEYS:
        if key in config:
            return str(config[key])
    raise InvalidInput("The configuration names no table.", f"Set {' or '.join(_TABLE_KEYS)}.")


def _pause(lab: Lab, client: ConnectClient, name: str) -> None:
    """Pause the sink once each of its tasks has its partitions. A paused task keeps them."""
    tasks = len(client.tasks(name))
    wait_until(lambda: groups.count_members(lab, f"connect-{name}") == tasks, _PATIENCE, f"{tasks} tasks of {name}")
    client.pause(name)
    client.wait_state(name, "PAUSED")


def _wait_written(lab: Lab, client: ConnectClient, name: str, table: str, count: int) -> None:
    query = f"SELECT COUNT(*) AS n FROM {SINK_DATABASE}.{table}"

    def written() -> bool:
        client.wait_running(name)  # raises if it has failed
        return int(database.frame(lab, query)["n"][0]) >= count

    wait_until(written, _PATIENCE, f"{count} rows in {table}", pause=0.1)
