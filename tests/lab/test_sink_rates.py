# SPDX-License-Identifier: Apache-2.0
"""What lesson 10 says of batches, bulk statements and tasks of a sink: by what the database counts, never by seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers import connectors, database, schemas
from helpers.connect import Config
from helpers.errors import ConnectorFailed, InvalidInput
from helpers.experiments import schema_offers, sink_rates
from helpers.lab import Lab
from helpers.workspace import Workspace

ORDERS = 2000


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> Iterator[Workspace]:
    with Workspace(lab, "10") as workspace:
        yield workspace


@pytest.fixture
def config(lab: Lab, workspace: Workspace) -> Config:
    table = sink_rates.make_table(lab, workspace, "orders")
    more = {
        **schemas.json_converter(sink_rates.FIELDS),
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "connection.pool.min_size": 1,
    }
    return connectors.debezium_sink(
        lab, "x", ["x"], key="record_value", key_fields=["order_id"], table=table, create_tables=False, config=more
    )


def test_a_batch_is_one_commit_and_as_large_as_its_lowest_limit(lab: Lab, workspace: Workspace, config: Config) -> None:
    poll = "consumer.override.max.poll.records"
    orders = sink_rates.orders(ORDERS)
    small = sink_rates.measure(lab, workspace, {**config, "batch.size": 50}, orders)
    forgotten = sink_rates.measure(lab, workspace, {**config, "batch.size": ORDERS}, orders)
    large = sink_rates.measure(lab, workspace, {**config, "batch.size": ORDERS, poll: ORDERS}, orders)
    assert small["commits"] >= 40 > forgotten["commits"] >= 4 > large["commits"]
    assert small["inserts"] == large["inserts"] == ORDERS


def test_one_driver_makes_one_insert_of_a_batch_and_four_tasks_write_all(
    lab: Lab, workspace: Workspace, config: Config
) -> None:
    place = lab.worker_database
    url = f"jdbc:mysql://{place.host}:{place.port}/mydb2?rewriteBatchedStatements=true"
    bulk = {**config, "connection.url": url, "hibernate.dialect": "org.hibernate.dialect.MariaDBDialect"}
    found = sink_rates.measure(lab, workspace, {**bulk, "tasks.max": 4}, sink_rates.orders(ORDERS))
    assert found["inserts"] == found["commits"] < ORDERS / 10
    written = sink_rates.rows(lab, str(config["collection.name.format"]))
    assert len(written) == ORDERS
    assert set(written["customer"]) == {"최지우"}, "the other driver writes Korean text as it is"


def test_the_classic_sink_commits_what_one_poll_brings(lab: Lab, workspace: Workspace, present: set[str]) -> None:
    table = sink_rates.make_table(lab, workspace, "classic")
    if connectors.CLASSIC_SINK not in present:
        assert sink_rates.classic(lab, workspace, table, []) == {}
        assert "not on this worker" in sink_rates.about_classic(lab)
        pytest.skip(f"{connectors.CLASSIC_SINK} is not on this worker")
    found = sink_rates.classic(lab, workspace, table, sink_rates.orders(ORDERS))
    assert {"classic, batch 50", "classic, batch 500", "classic, rewriteBatched", "classic, 4 tasks"} == found.keys()
    assert found["classic, batch 50"]["commits"] < ORDERS / 50 / 2, "batch.size is not the size of a commit"
    assert found["classic, batch 50"]["inserts"] == ORDERS
    assert set(sink_rates.rows(lab, table)["customer"]) == {"최지우"}


def test_a_sink_that_fails_ends_the_measurement(lab: Lab, workspace: Workspace, config: Config) -> None:
    database.execute(lab, f"ALTER TABLE mydb2.{config['collection.name.format']} MODIFY customer VARCHAR(1)")
    with pytest.raises(ConnectorFailed, match="Data too long"):
        sink_rates.measure(lab, workspace, config, sink_rates.orders(10))


def test_bad_input(lab: Lab, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match=r"names no table"):
        sink_rates.measure(lab, workspace, {}, [])
    with pytest.raises(InvalidInput, match=r"too few rows"):
        sink_rates.rate(lab, sink_rates.make_table(lab, workspace, "empty"))


def test_without_a_registry_the_lesson_gets_one_sentence(lab: Lab) -> None:
    assert schema_offers.offer(lab, "orders", sink_rates.FIELDS, "channel") == {"registry": schema_offers.NO_REGISTRY}
