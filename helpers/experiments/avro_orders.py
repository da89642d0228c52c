# SPDX-License-Identifier: Apache-2.0
"""Orders that travel in Avro, with their schema in the registry, and become rows (lesson 09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from helpers import connectors, database, records, schemas
from helpers.connect import ConnectClient
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_PATIENCE = 60.0


def travel(lab: Lab, workspace: Workspace, orders: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Send the fields of `schemas.ORDER` of each of `orders` in Avro, and return the rows that a sink makes of them.

    Their schema is registered, and forgotten at the end. Raises `LabNotRunning` if there is no registry.
    """
    topic, table = workspace.topic("avro"), workspace.table("avro", database=SINK_DATABASE)
    sink = database.engine(lab, "sink")
    write = schemas.serializer(lab, topic, schemas.ORDER)
    try:
        records.produce(lab, topic, [write({field: order[field] for field in schemas.ORDER}) for order in orders])
        config = connectors.debezium_sink(
            lab,
            workspace.connector("avro-sink"),
            [topic],
            key="record_value",
            key_fields=["orderId"],
            table=table,
            config=schemas.avro_converter(lab),
        )
        with ConnectClient(lab) as client, client.temporary(config):
            wait_until(lambda: table in database.tables(sink), _PATIENCE, "the sink to make its table")
            wait_until(lambda: len(_rows(lab, table)) == len(orders), _PATIENCE, f"{len(orders)} rows")
    finally:
        schemas.forget(lab, topic)
    return _rows(lab, table)


def _rows(lab: Lab, table: str) -> pd.DataFrame:
    return database.frame(lab, f"SELECT * FROM {SINK_DATABASE}.{table}")
