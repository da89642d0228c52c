# SPDX-License-Identifier: Apache-2.0
"""A table that a sink has made for itself, to look at, and to send it what upsert does not expect."""

from __future__ import annotations

import pandas as pd

from helpers import database, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import debezium_sink
from helpers.experiments.sink_failures.sinks import PATIENCE
from helpers.lab import Lab
from helpers.schemas import connect_schema, json_converter, plain_json
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace

_SCHEMA = connect_schema({"id": "int32", "email": "text", "points": "int32", "changed": "text"})
_PRICE = {"type": "bytes", "name": "org.apache.kafka.connect.data.Decimal", "version": 1, "parameters": {"scale": "2"}}
_SCHEMA["fields"].append({"field": "paid", **_PRICE})
_THREE = "ASw="
"""3.00 as a decimal travels: the bytes of 300, in base64."""


class Members:
    """Members of a shop on their way through a topic and a sink, upsert by `id`, which makes its table from the first record.

    The fields are `id`, `email`, `points`, `changed`, and `paid`, a decimal, which is always 3.00. `table` is the name of the
    table with its database. Raises what the worker says.
    """

    def __init__(self, lab: Lab, workspace: Workspace) -> None:
        self._lab = lab
        self._topic = workspace.topic("members")
        self._sink = workspace.connector("members")
        table = workspace.table("members", database=SINK_DATABASE)
        self.table = f"{SINK_DATABASE}.{table}"
        config = debezium_sink(
            lab, self._sink, [self._topic], key="record_value", key_fields=["id"], table=table, config=json_converter()
        )
        with ConnectClient(lab) as client:
            client.run(config)

    def send(self, number: int, email: str, points: int, changed: str) -> None:
        """Send one record, and wait until the sink has written it and committed its offset.

        Raises `TimedOut` if it does not, and what `records.produce` raises.
        """
        member = {"id": number, "email": email, "points": points, "changed": changed, "paid": _THREE}
        records.produce(self._lab, self._topic, [plain_json({"schema": _SCHEMA, "payload": member})])
        end = int(topics.describe(self._lab, self._topic)["end offset"].sum())
        with ConnectClient(self._lab) as client:
            wait_until(lambda: self._next(client) == end, PATIENCE, f"{self._sink} to commit offset {end}")

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the table, ordered by id."""
        return database.frame(self._lab, f"SELECT * FROM {self.table} ORDER BY id")

    def _next(self, client: ConnectClient) -> int:
        return sum(place["offset"]["kafka_offset"] for place in client.offsets(self._sink))
