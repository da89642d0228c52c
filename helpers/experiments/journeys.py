# SPDX-License-Identifier: Apache-2.0
"""Rows on their way from table `users`, through a topic, into tables of `mydb2`: send them, wait for them, time them."""

from __future__ import annotations

import json
import time
from typing import Any

import pandas as pd
from confluent_kafka import Message
from sqlalchemy import Connection, TextClause, text

from helpers import database, records, topics
from helpers.arguments import whole_number
from helpers.connect import ConnectClient
from helpers.connectors import table_for
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until

TOPIC = "my_topic_users"
PARTS = ["INSERT and commit", "into the topic", "into the table"]
_LONGEST = 30.0
_INSERT = "INSERT INTO {table} (id, user_id, pwd, name) VALUES (:id, 'traveller', '-', 'traveller')"
_SEEN = "SELECT id FROM {table} WHERE id = :id"


def travel(lab: Lab, count: int = 10, *, table: str = "users", topic: str = TOPIC) -> pd.DataFrame:
    """Insert `count` rows into `table`, each when the one before has arrived, and return their times in milliseconds by id.

    The columns are `PARTS`. One connector sends the rows to `topic`, whose timestamps say when the broker stored a record
    (`message.timestamp.type=LogAppendTime`). Another one writes them to the table of that name in `mydb2`. A row counts as
    there when others see it. One more row goes first and is not counted: connectors that have just started are slow once.

    Raises `TimedOut` for a row that does not arrive within 30 seconds.
    """
    whole_number(count, "count")
    [first] = database.frame(lab, f"SELECT COALESCE(MAX(id), 0) + 1 AS id FROM {database.identifier(table)}")[
        "id"
    ].tolist()
    end = int(topics.describe(lab, topic)["end offset"].sum())
    insert, seen = text(_INSERT.format(table=database.identifier(table))), text(_SEEN.format(table=_of(topic)))
    with database.engine(lab).connect().execution_options(isolation_level="AUTOCOMMIT") as open_:
        sent = {key: _send(open_, insert, seen, key) for key in range(first, first + count + 1)}
    messages = records.consume(lab, topic, count + 1, from_offset=end)
    stored = {_payload(message)["id"]: message.timestamp()[1] / 1000 for message in messages}
    return pd.DataFrame({key: _parts(*sent[key], stored[key]) for key in list(sent)[1:]}, PARTS).T


def _parts(begun: float, done: float, arrived: float, stored: float) -> list[float]:
    """The milliseconds of each of `PARTS`, from four moments in seconds."""
    # The record may be in the topic just before the INSERT returns: then that part took 0 ms, and not a negative time.
    return [1000 * max(part, 0.0) for part in (done - begun, stored - done, arrived - stored)]


def _send(connection: Connection, insert: TextClause, seen: TextClause, key: int) -> tuple[float, float, float]:
    """Insert a row and wait until it is seen; return when it began, was committed and was seen, in seconds since 1970."""
    begun = time.time()
    connection.execute(insert, {"id": key})
    done = time.time()
    wait_until(lambda: connection.execute(seen, {"id": key}).all(), _LONGEST, f"row {key} to arrive", pause=0.001)
    return begun, done, time.time()


def _payload(message: Message) -> Any:
    return json.loads(message.value() or b"")["payload"]


def rows(lab: Lab, table: str = TOPIC) -> pd.DataFrame:
    """Return the rows of a sink's table, ordered by id. None while the sink has not created it.

    `table` may be the topic's name: a sink writes `_` for each dot in it.
    """
    if table_for(table) not in database.tables(database.engine(lab, "sink")):
        return pd.DataFrame({"id": [], "name": []})
    return database.frame(lab, f"SELECT * FROM {_of(table)} ORDER BY id")


def _of(topic: str) -> str:
    """The table that a sink makes of `topic`, as SQL needs it."""
    return database.identifier(f"{SINK_DATABASE}.{table_for(topic)}")


def wait_for(lab: Lab, name: str, *tables: str) -> None:
    """Wait until each of the sinks' `tables` has a row of that `name`. Raises `TimedOut` after 30 seconds."""

    def everywhere() -> bool:
        return all(name in set(rows(lab, table)["name"]) for table in tables)

    wait_until(everywhere, _LONGEST, f"{name!r} to be in {', '.join(tables)}")


def send_alone(lab: Lab, like: Message, key: int, name: str) -> Message:
    """Send a record as a source would: with the schemas of the record `like`, for another row. Return its report."""
    parts = [json.loads(part or b"") for part in (like.key(), like.value())]
    for part, row in zip(parts, ({"id": key}, {"id": key, "name": name}), strict=True):
        part["payload"] |= row
    key_text, value_text = (json.dumps(part, ensure_ascii=False) for part in parts)
    return records.produce(lab, like.topic() or TOPIC, [(key_text, value_text)], reports=True).messages[0]


def rewind(client: ConnectClient, sink: str, offset: int = 0, *, topic: str = TOPIC) -> None:
    """Stop a sink, set its offset in the only partition of `topic`, and let it continue. Raises what the client raises."""
    client.stop(sink)
    client.wait_state(sink, "STOPPED")
    place = {"kafka_topic": topic, "kafka_partition": 0}
    client.alter_offsets(sink, [{"partition": place, "offset": {"kafka_offset": offset}}])
    client.resume(sink)
    client.wait_running(sink)
