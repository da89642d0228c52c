# SPDX-License-Identifier: Apache-2.0
"""What a lesson calls: the table of the five ways, really run, with one real death in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack

import pandas as pd

from helpers.connect import ConnectClient
from helpers.errors import InvalidInput
from helpers.experiments.five_ways.stage import Stage
from helpers.experiments.five_ways.ways import WAYS
from helpers.lab import Lab
from helpers.workspace import Workspace

COLUMNS = ["way", "accepted", "rows", "lost", "doubled", "median ms", "95 % ms", "moving parts"]
"""The columns of the table. How late: from the answer to the customer until the database has the row."""

_MOST = 20_000


def compare(
    lab: Lab, workspace: Workspace, orders: int = 1_000, *, ways: Collection[str] = tuple(WAYS)
) -> pd.DataFrame:
    """Move `orders` orders in each of `ways`, one way after the other, and return one row for each: `COLUMNS`.

    In the middle of the orders a program of that way kills itself where its way has most to lose, and is started again.
    A customer who got no answer sends the order again, with the same id. accepted: orders whose customers got an answer.
    lost: accepted, and no row in the end. doubled: orders with more than one row. ms: from the answer to the time that the
    database gave the row, on this computer's clock; 0 for a row that was there before the answer.

    Raises `InvalidInput` for an unknown way or a number of orders below 2 or above 20,000, `ConnectorFailed` for a connector
    that cannot run, `ServerFailed` for a program that fails by itself, `TimedOut`, and what the servers say.
    """
    _check(orders, ways)
    with ConnectClient(lab) as connect, ExitStack() as later:
        stages = [later.enter_context(Stage(lab, workspace, connect, way, count=orders)) for way in ways]
        for stage in stages:  # all together, because a connector takes a second to start
            stage.prepare()
        for stage in stages:
            stage.wait_ready()
        return pd.DataFrame([_measure(stage) for stage in stages], columns=COLUMNS)


def run(lab: Lab, workspace: Workspace, way: str, orders: int = 1_000) -> pd.DataFrame:
    """Do what `compare` does, in one way: return its row. Raises as `compare` does."""
    return compare(lab, workspace, orders, ways=[way])


def count(accepted: Mapping[str, float], rows: pd.DataFrame) -> dict[str, object]:
    """Return the numbers of one way: those of `COLUMNS` but its name and its parts.

    `accepted` has the time of each answer by order id, `rows` order_id and arrived; times in seconds since 1970.
    """
    arrived = rows.groupby("order_id")["arrived"].agg(["min", "size"])
    late = (arrived["min"] - pd.Series(accepted, dtype=float)).clip(lower=0).dropna() * 1000
    return {
        "accepted": len(accepted),
        "rows": len(rows),
        "lost": len(accepted.keys() - set(arrived.index)),
        "doubled": int((arrived["size"] > 1).sum()),
        "median ms": round(float(late.median()), 1),
        "95 % ms": round(float(late.quantile(0.95)), 1),
    }


def _measure(stage: Stage) -> dict[str, object]:
    rows = stage.run()
    return {"way": stage.name, **count(stage.accepted, rows), "moving parts": stage.way.moving_parts}


def _check(orders: int, ways: Collection[str]) -> None:
    if not 2 <= orders <= _MOST:
        problem = f"`orders` must be from 2 to {_MOST:,}, not {orders}: a program dies in the middle of them."
        raise InvalidInput(problem, "Give another number.")
    for way in ways:
        if way not in WAYS:
            raise InvalidInput(f"There is no way {way!r} to move orders.", f"Choose one of {', '.join(WAYS)}.")
