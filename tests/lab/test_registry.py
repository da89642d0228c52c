# SPDX-License-Identifier: Apache-2.0
"""The schema registry: it starts beside a lab that runs, refuses what old readers cannot read, and its Avro reaches a table.

The registry is started twice for all of this, because a start costs seconds. So the tests build on one another, in this order.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from helpers import connectors, database, records, schemas, topics
from helpers.connect import ConnectClient
from helpers.errors import InvalidInput, LabNotRunning
from helpers.experiments import avro_orders
from helpers.lab import Lab
from helpers.stack.registry import CONVERTER
from helpers.waiting import wait_until
from helpers.workspace import Workspace
from tests.resources import OwnLab
from tests.unit.test_schemas import ORDER, read_avro

TOPIC = "orders"
MANDATORY = {**schemas.ORDER, "note": "text"}
OPTIONAL = {**schemas.ORDER, "note": "text?"}


@dataclass(frozen=True)
class Started:
    """The lab with its registry, and the pids before and after the start."""

    own: OwnLab
    lab: Lab
    before: dict[str, int]
    after: dict[str, int]


@pytest.fixture(scope="module")
def started(file_lab: OwnLab) -> Started:
    before = file_lab.pids()
    assert file_lab.attach().registry_url is None
    done = file_lab.run("registry", "up")
    assert done.returncode == 0, done.stderr
    return Started(file_lab, file_lab.attach(), before, file_lab.pids())


def orders(count: int) -> list[dict[str, Any]]:
    return [{**ORDER, "orderId": f"order-{number}", "qty": number} for number in range(1, count + 1)]


def test_it_is_one_more_server_and_only_the_worker_restarts(started: Started) -> None:
    assert started.after.keys() - started.before.keys() == {"registry"}
    changed = {name for name, pid in started.before.items() if started.after[name] != pid}
    assert changed == {"connect"}, "which reads its plugins once"
    assert started.own.run("registry", "up").returncode == 0
    assert started.own.pids() == started.after, "the second time there is nothing to do"


def test_it_is_shown(started: Started) -> None:
    status = json.loads(started.own.run("status", "--json").stdout)
    assert status["registry_url"] == started.lab.registry_url
    assert status["servers"]["registry"]["pid"] == started.after["registry"]
    assert "Listening on: http://127.0.0.1:" in started.own.run("logs", "registry", "-n", "200").stdout
    plugins = started.own.run("plugins", "list").stdout
    assert CONVERTER in plugins and "io.apicurio.registry.utils.converter.AvroConverter" in plugins


def test_the_bytes_are_those_of_the_encoder_alone(started: Started) -> None:
    to_avro = schemas.serializer(started.lab, TOPIC, schemas.ORDER)
    written = to_avro(ORDER)
    number = int.from_bytes(written[1:5], "big")
    assert written == schemas.avro(ORDER, schemas.ORDER, number=number)
    assert read_avro(written, schemas.ORDER)["orderId"] == ORDER["orderId"]
    with schemas.registry(started.lab) as client:
        kept = client.get_schema(number).schema_str
    assert kept and json.loads(kept) == schemas.avro_schema(schemas.ORDER)
    with pytest.raises(InvalidInput, match="qty is <ten>"):
        to_avro({**ORDER, "qty": "ten"})


def test_avro_from_a_topic_becomes_rows(started: Started) -> None:
    expected = orders(20)
    with Workspace(started.lab, "avro") as workspace:
        rows = avro_orders.travel(started.lab, workspace, expected).sort_values("qty")
    assert list(rows["orderId"]) == [order["orderId"] for order in expected]
    assert list(rows["qty"]) == [order["qty"] for order in expected]
    assert set(rows["createdAt"]) == {pd.Timestamp("2026-01-31 12:00:00.123")}
    with schemas.registry(started.lab) as client:
        assert not [subject for subject in client.get_subjects() if subject.startswith("avro")], "it is forgotten"


def _count(sink: Any) -> int:
    return int(database.frame(sink, "select count(*) as rows_there from orders")["rows_there"][0])


def test_plain_json_becomes_rows_with_the_schema_in_the_connector(started: Started) -> None:
    lab = started.lab
    topics.create(lab, "plain")
    records.produce(lab, "plain", [schemas.plain_json(order) for order in orders(3)])
    keys = schemas.json_converter(schemas.ORDER)
    config = connectors.debezium_sink(
        lab, "plain-sink", ["plain"], key="record_value", key_fields=["orderId"], table="orders", config=keys
    )
    sink = database.engine(lab, "sink")
    with ConnectClient(lab) as client, client.temporary(config):
        wait_until(lambda: "orders" in database.tables(sink), 30, "the table to be made")
        wait_until(lambda: _count(sink) == 3, 30, "the rows to arrive", last_seen=lambda: _count(sink))


def test_a_schema_that_old_records_do_not_fit_is_refused(started: Started) -> None:
    first = schemas.register(started.lab, TOPIC, schemas.ORDER)
    with pytest.raises(InvalidInput, match=f"refuses this schema of {TOPIC}-value: .* at /fields/6"):
        schemas.register(started.lab, TOPIC, MANDATORY)
    assert schemas.register(started.lab, TOPIC, OPTIONAL) != first
    with schemas.registry(started.lab) as client:
        assert client.get_versions(f"{TOPIC}-value") == [1, 2]


def test_killed_it_comes_back_with_its_schemas_also_where_its_port_is_taken(started: Started) -> None:
    own, port = started.own, started.own.ports()["registry"]
    known = schemas.register(started.lab, TOPIC, {**OPTIONAL, "colour": "text?"})
    own.kill("registry")  # at once: what it has answered must be in its file by then
    assert own.attach().registry_url is None, "what does not run has no address"
    with pytest.raises(LabNotRunning, match=r"does not answer.*`\./lab registry up`"):
        schemas.registry(started.lab)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = own.run("registry", "up")
    assert done.returncode == 0, done.stderr
    assert f"Port {port} is used by another program. Apicurio Registry moves to" in done.stderr
    assert own.ports()["registry"] != port
    with schemas.registry(own.attach()) as client:
        assert client.get_latest_version(f"{TOPIC}-value").schema_id == known
        assert client.get_versions(f"{TOPIC}-value") == [1, 2, 3]
        schemas.forget(own.attach(), TOPIC)
        assert client.get_subjects() == []
    assert own.pids().keys() == started.after.keys()


def test_down_stops_it_alone_and_a_second_time_there_is_none(started: Started) -> None:
    assert "Stopped: registry." in started.own.run("registry", "down").stderr
    assert started.own.pids().keys() == started.before.keys()
    assert "No registry was running." in started.own.run("registry", "down").stderr
