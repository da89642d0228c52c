# SPDX-License-Identifier: Apache-2.0
"""How many rows an order makes when two programs listen: in one consumer group, or in a group each (lesson 09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import pandas as pd
import requests

from helpers import database, records, schemas, services
from helpers.arguments import check_several
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.services import Service
from helpers.shop import row_listener
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_PATIENCE = 30.0


def save(lab: Lab, workspace: Workspace, orders: Sequence[Mapping[str, Any]], groups: Sequence[str]) -> pd.DataFrame:
    """Let a listener for each of `groups` save `orders`, and return the rows that they wrote: order_id, saved_by.

    Listeners with the same word in `groups` are in one consumer group. Each has partitions of its own before the first
    order is sent. The names in `saved_by` are "listener 1" and so on.
    """
    check_several("groups", groups)
    named = {word: workspace.group(word) for word in sorted(set(groups))}
    topic, table = workspace.topic("saved", len(groups)), workspace.table("saved")
    database.execute(lab, row_listener.TABLE.format(table=table))
    started: list[Service] = []
    with ExitStack() as stack:
        for number, word in enumerate(groups, 1):
            folder, name = workspace.folder("listener"), f"listener {number}"
            listener = services.row_listener(lab, folder, topic, group=named[word], table=table, name=name)
            stack.enter_context(listener)
            started.append(listener)
        for listener, word in zip(started, groups, strict=True):
            _wait_partitions(listener, len(groups) // list(groups).count(word))
        records.produce(lab, topic, [(order["orderId"], schemas.plain_json(order)) for order in orders])
        for group in named.values():
            wait_until(partial(_saved, lab, group, topic), _PATIENCE, f"group {group} to save all orders")
    return database.frame(lab, f"SELECT order_id, saved_by FROM {table}")


def _wait_partitions(listener: Service, count: int) -> None:
    """Return when `listener` has `count` partitions."""
    url = f"{listener.url}/health"
    wait_until(lambda: len(requests.get(url, timeout=10).json()["partitions"]) == count, _PATIENCE, "its partitions")


def _saved(lab: Lab, group: str, topic: str) -> bool:
    """Whether `group` has saved and committed all of `topic`."""
    return not measure_lag(lab, group, [topic]).total
