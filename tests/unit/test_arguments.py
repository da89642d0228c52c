# SPDX-License-Identifier: Apache-2.0
"""One single thing where several belong is refused wherever a list is taken, before any server is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pandas import NA, DataFrame, NaT, Series

from helpers import connectors, database, groups, records, schemas, services, topics
from helpers.arguments import above_zero, check_mapping, check_rows, check_several, check_text, whole_number
from helpers.connect import ConnectClient
from helpers.errors import InvalidInput
from helpers.experiments import costs, crews, journeys, keys
from helpers.experiments.members import Member
from helpers.lab import Database, Lab
from helpers.lag import LagRecorder, measure_lag
from helpers.records import Record

LAB = Lab("127.0.0.1:9", "http://127.0.0.1:9", Database("127.0.0.1", 9, "mydb1", "owner", "/secrets/owner.password"))
JDBC = {"source": "Confluent JDBC source", "sink": "Confluent JDBC sink"}

Ask = Callable[[Any], object]
SEVERAL: dict[str, tuple[str, Ask]] = {
    "produce": ("records", lambda one: records.produce(LAB, "t", one)),
    "measure_lag": ("topics", lambda one: measure_lag(LAB, "g", one)),
    "LagRecorder": ("topics", lambda one: LagRecorder(LAB, "g", one)),
    "as_frame": ("messages", records.as_frame),
    "partitions_by_java": ("keys", lambda one: keys.partitions_by_java(LAB, one)),
    "through_connect": ("values", lambda one: costs.through_connect(LAB, one)),
    "alter_offsets": ("offsets", lambda one: ConnectClient(LAB).alter_offsets("n", one)),
    "partitions_of": ("keys", lambda one: keys.partitions_of(LAB, one)),
    "source": ("tables", lambda one: connectors.source(LAB, "n", one, family=JDBC["source"])),
    "jdbc_source": ("tables", lambda one: connectors.jdbc_source(LAB, "n", one)),
    "debezium_source": ("tables", lambda one: connectors.debezium_source(LAB, "n", one)),
    "sink": ("topics", lambda one: connectors.sink(LAB, "n", one, family=JDBC["sink"])),
    "jdbc_sink": ("topics", lambda one: connectors.jdbc_sink(LAB, "n", one)),
    "debezium_sink": ("topics", lambda one: connectors.debezium_sink(LAB, "n", one)),
    "file_sink": ("topics", lambda one: connectors.file_sink("n", Path("out"), one)),
    "jdbc_sink by fields": ("key_fields", lambda one: connectors.jdbc_sink(LAB, "n", ["t"], key_fields=one)),
    "debezium_sink by fields": ("key_fields", lambda one: connectors.debezium_sink(LAB, "n", ["t"], key_fields=one)),
}


@pytest.mark.parametrize("single", ["users", b"users", {"id": 1}, 3, Record("users"), DataFrame({"id": [1]})], ids=repr)
@pytest.mark.parametrize("what", SEVERAL)
def test_one_where_many_belong(what: str, single: object) -> None:
    argument, ask = SEVERAL[what]
    with pytest.raises(InvalidInput, match=f"^`{argument}` must be a list, not "):
        ask(single)


MAY_BE_EMPTY = {
    "produce",
    "as_frame",
    "partitions_of",
    "partitions_by_java",
    "jdbc_sink by fields",
    "debezium_sink by fields",
}


@pytest.mark.parametrize("what", sorted(SEVERAL.keys() - MAY_BE_EMPTY))
def test_none_where_one_is_needed(what: str) -> None:
    argument, ask = SEVERAL[what]
    with pytest.raises(InvalidInput, match=f"^`{argument}` is empty"):
        ask([])


def test_a_collection_of_any_kind_is_taken() -> None:
    for values in (["a"], ("a",), {"a"}, range(3), (it for it in "ab")):
        check_several("values", values)
    check_several("values", [], may_be_empty=True)


NO_NAMES: dict[str, Ask] = {
    "create": lambda name: topics.create(LAB, name),
    "describe": lambda name: topics.describe(LAB, name),
    "delete": lambda name: topics.delete(LAB, name),
    "unique_name": topics.unique_name,
    "produce": lambda name: records.produce(LAB, name, ["a"]),
    "steady": lambda name: records.steady(LAB, name, 20).__enter__(),
    "consume": lambda name: records.consume(LAB, name, 1),
    "consume in a group": lambda name: records.consume(LAB, "t", 1, group=name or ""),
    "peek": lambda name: groups.peek(LAB, name, "t", "earliest"),
    "delete a group": lambda name: groups.delete(LAB, name),
    "configure a group": lambda name: groups.configure(LAB, name, {"a": 1}),
    "count_members": lambda name: groups.count_members(LAB, name),
    "measure_lag": lambda name: measure_lag(LAB, name, ["t"]),
    "measure_lag of a topic": lambda name: measure_lag(LAB, "g", [name]),
    "LagRecorder": lambda name: LagRecorder(LAB, name, ["t"]),
    "Member": lambda name: Member(LAB, name, "t", name="A"),
    "Member of a topic": lambda name: Member(LAB, "g", name, name="A"),
    "rows": lambda name: journeys.rows(LAB, name),
    "drop": lambda name: database.drop(LAB, name),
    "create_users": lambda name: database.create_users(LAB, name),
    "sink": lambda name: connectors.debezium_sink(LAB, "n", [name]),
    "source": lambda name: connectors.debezium_source(LAB, "n", [name]),
    "source's own": lambda name: connectors.debezium_source(LAB, name, ["t"]),
    "order_service": lambda name: services.order_service(LAB, Path("."), name),
    "catalog_service": lambda name: services.catalog_service(LAB, Path("."), "t", group=name),
    "row_listener": lambda name: services.row_listener(LAB, Path("."), "t", group=name),
}


@pytest.mark.parametrize("name", ["", None, 5, ["users"], "half \ud83d"], ids=ascii)
@pytest.mark.parametrize("what", NO_NAMES)
def test_what_is_no_name(what: str, name: object) -> None:
    """Of a group without a name, and of half a character, the client's C library would end the whole process."""
    with pytest.raises(InvalidInput):
        NO_NAMES[what](name)


SETTINGS: dict[str, Ask] = {
    "create": lambda config: topics.create(LAB, "t", config=config),
    "produce": lambda config: records.produce(LAB, "t", ["a"], config=config),
    "consume": lambda config: records.consume(LAB, "t", 1, config=config),
    "configure": lambda config: groups.configure(LAB, "g", config),
    "Member": lambda config: Member(LAB, "g", "t", name="A", config=config),
    "debezium_source": lambda config: connectors.debezium_source(LAB, "n", ["t"], config=config),
    "jdbc_source": lambda config: connectors.jdbc_source(LAB, "n", ["t"], config=config),
    "jdbc_sink": lambda config: connectors.jdbc_sink(LAB, "n", ["t"], config=config),
    "debezium_sink": lambda config: connectors.debezium_sink(LAB, "n", ["t"], config=config),
    "file_source": lambda config: connectors.file_source("n", "in.txt", "t", config=config),
    "file_sink": lambda config: connectors.file_sink("n", "out.txt", ["t"], config=config),
    "patch": lambda config: ConnectClient(LAB).patch("n", config),
    "validate": lambda config: ConnectClient(LAB).validate(config),
    "connect_schema": schemas.connect_schema,
    "plain_json": schemas.plain_json,
    "avro": lambda record: schemas.avro(record, {"a": "int32"}),
}


@pytest.mark.parametrize("config", [["acks"], "acks=all", 5, {5: 1}], ids=repr)
@pytest.mark.parametrize("what", SETTINGS)
def test_what_is_no_dictionary_of_settings(what: str, config: object) -> None:
    with pytest.raises(InvalidInput):
        SETTINGS[what](config)


NUMBERS: dict[str, Ask] = {
    "count": lambda number: records.consume(LAB, "t", number),
    "timeout": lambda number: records.consume(LAB, "t", 1, timeout=number),
    "timeout of produce": lambda number: records.produce(LAB, "t", ["a"], timeout=number),
    "timeout of a client": lambda number: ConnectClient(LAB, timeout=number),
    "from_offset": lambda number: records.consume(LAB, "t", 1, from_offset=-1 if number == 0 else number),
    "partitions": lambda number: topics.create(LAB, "t", number),
    "replication_factor": lambda number: topics.create(LAB, "t", replication_factor=number),
    "rate": lambda number: records.steady(LAB, "t", number).__enter__(),
    "interval": lambda number: LagRecorder(LAB, "g", ["t"], interval=number),
    "keep": lambda number: LagRecorder(LAB, "g", ["t"], keep=number),
    "rate of a member": lambda number: Member(LAB, "g", "t", name="A", rate=number),
    "batch": lambda number: Member(LAB, "g", "t", name="A", batch=number),
    "crash_after": lambda number: Member(LAB, "g", "t", name="A", crash_after=number),
    "size": lambda number: crews.share_work(LAB, number, count=1, partitions=number),
    "latencies": lambda number: costs.latencies(LAB, "t", number),
    "poll_every": lambda number: connectors.poll_every(LAB, number, {"connector.class": "c"}),
    "travel": lambda number: journeys.travel(LAB, number),
}


@pytest.mark.parametrize("number", ["3", True, 0, -2, float("nan"), float("inf"), [3]], ids=repr)
@pytest.mark.parametrize("what", NUMBERS)
def test_what_is_no_number_above_zero(what: str, number: object) -> None:
    with pytest.raises(InvalidInput):
        NUMBERS[what](number)


def test_what_is_taken() -> None:
    for number in (1, 2.5, Series([3])[0], Series([0.5])[0]):
        above_zero(number, "n")
    for whole in (1, Series([3])[0]):
        whole_number(whole, "n")
    check_text("name", "주문 😀")
    check_mapping("config", None)
    check_mapping("config", {"acks": "all"})
    check_rows([{"a": Series([3])[0], "b": None, "c": [1, 2]}])


@pytest.mark.parametrize("value", [{"a": 1}, float("nan"), NA, NaT, "\ud83d", Ellipsis], ids=ascii)
def test_a_value_that_a_statement_would_change(value: object) -> None:
    with pytest.raises(InvalidInput, match="`a` "):
        check_rows({"a": value})


@pytest.mark.parametrize("rows", ["ab", ["a"], [("a",)], 5], ids=repr)
def test_what_is_no_row(rows: Any) -> None:
    with pytest.raises(InvalidInput):
        database.execute(LAB, "INSERT INTO users (name) VALUES (:a)", rows)


@pytest.mark.parametrize("said", ["no", 1, None])
def test_a_flag_is_true_or_false(said: Any) -> None:
    for sink in (connectors.debezium_sink, connectors.jdbc_sink):
        for argument in ("deletes", "create_tables"):
            with pytest.raises(InvalidInput, match=f"`{argument}` must be True or False"):
                sink(LAB, "n", ["t"], **{argument: said})
