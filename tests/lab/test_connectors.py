# SPDX-License-Identifier: Apache-2.0
"""The configurations against the real worker and database: each family that is there, and what can fail in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from confluent_kafka import Message

from helpers import connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import SINKS, SOURCES, Config
from helpers.errors import ConnectFailed, ConnectorFailed, DatabaseFailed, InvalidInput
from helpers.experiments import journeys
from helpers.lab import Lab
from helpers.waiting import wait_until

INSERT = "INSERT INTO {} (user_id, pwd, name) VALUES (:user_id, :pwd, :name)"
PEOPLE: list[dict[str, object]] = [
    {"user_id": "kim", "pwd": "1234", "name": "김철수"},
    {"user_id": "lee", "pwd": "", "name": "이영희 😀👩‍👩‍👧‍👦"},
    {"user_id": "o'hara", "pwd": None, "name": '"; DROP TABLE users; --'[:20]},
]
ID = {"type": "int32", "optional": False, "field": "id"}
NAME = {"type": "string", "optional": True, "field": "name"}


def struct(fields: list[dict[str, object]], payload: dict[str, object]) -> str:
    """Return Connect's JSON for a row, its schema with it."""
    schema = {"type": "struct", "optional": False, "name": "row", "fields": fields}
    return json.dumps({"schema": schema, "payload": payload}, ensure_ascii=False)


def person(number: int, name: str | None) -> tuple[str, str]:
    return struct([ID], {"id": number}), struct([ID, NAME], {"id": number, "name": name})


def content(lab: Lab, table: str) -> list[tuple[object, ...]]:
    """The rows of a table by id, with None for NULL."""
    frame = database.frame(lab, f"SELECT * FROM {table} ORDER BY 1").astype(object)
    return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]


@dataclass(frozen=True)
class Room:
    """The test's own table in mydb1, and names for what is made from it. All are removed after the test."""

    lab: Lab
    client: ConnectClient
    table: str
    source: str
    sink: str

    @property
    def target(self) -> str:
        return f"mydb2.{self.table}"

    def rows(self) -> list[tuple[object, ...]]:
        """The rows that the sink wrote, by id; none while there is no table."""
        there = self.table in database.tables(database.engine(self.lab, "sink"))
        return content(self.lab, self.target) if there else []

    def wait_rows(self, expected: list[tuple[object, ...]]) -> None:
        wait_until(lambda: self.rows() == expected, 30, f"{expected} in {self.target}", last_seen=self.rows)

    def arrived(self, n: int) -> list[Message]:
        """The first `n` records of the source's topic, which it makes with the first."""
        wait_until(lambda: self.table in topics.names(self.lab), 30, f"topic {self.table}")
        return records.consume(self.lab, self.table, n, timeout=30)

    def debezium_sink(self, **arguments: object) -> Config:
        return connectors.debezium_sink(self.lab, self.sink, [self.table], **arguments)  # type: ignore[arg-type]


@pytest.fixture
def room(lab: Lab) -> Iterator[Room]:
    table = topics.unique_name("users").replace("-", "_")
    database.create_users(lab, table)
    client = ConnectClient(lab)
    room = Room(lab, client, table, f"{table}-source", f"{table}-sink")
    yield room
    for name in {room.source, room.sink} & set(client.connectors()):
        client.forget(name)
    topics.delete(lab, table, f"{room.source}-schema-history", missing_ok=True)
    database.drop(lab, table, room.target)


def test_columns_whose_names_are_words_of_sql(room: Room) -> None:
    database.execute(room.lab, f"ALTER TABLE {room.table} ADD `key` INT, ADD `select` VARCHAR(9), ADD `group` INT")
    database.execute(room.lab, f"INSERT INTO {room.table} (name, `key`, `select`, `group`) VALUES ('kim', 1, 'two', 3)")
    room.client.run(connectors.debezium_source(room.lab, room.source, [room.table]))
    room.arrived(1)
    room.client.run(room.debezium_sink())
    wait_until(room.rows, 30, "the row", last_seen=lambda: room.client.status(room.sink))
    found = database.frame(room.lab, f"SELECT name, `key`, `select`, `group` FROM {room.target}")
    assert found.to_dict("records") == [{"name": "kim", "key": 1, "select": "two", "group": 3}]


@pytest.mark.parametrize("family", SOURCES)
def test_each_family_of_source_that_is_there_brings_rows(room: Room, family: str, present: set[str]) -> None:
    if family not in present:
        pytest.skip(f"{family} is not on this worker")
    database.execute(room.lab, INSERT.format(room.table), PEOPLE)
    if "JDBC" in family:
        vendor: Literal["aiven", "confluent"] = "aiven" if "Aiven" in family else "confluent"
        config = connectors.jdbc_source(room.lab, room.source, [room.table], key="id", vendor=vendor)
    else:
        config = connectors.debezium_source(room.lab, room.source, [room.table])
    assert config["connector.class"] == SOURCES[family]
    with room.client.temporary(config):
        messages = room.arrived(len(PEOPLE))
    values = [json.loads(message.value() or b"") for message in messages]
    assert [{key: row["payload"][key] for key in PEOPLE[0]} for row in values] == PEOPLE
    assert [json.loads(message.key() or b"")["payload"] for message in messages] == [{"id": 1}, {"id": 2}, {"id": 3}]
    fields = {field["field"]: field for field in values[0]["schema"]["fields"]}
    assert list(fields) == ["id", "user_id", "pwd", "name", "created_at"]
    assert (fields["id"]["type"], fields["id"]["optional"]) == ("int32", False)
    assert {(fields[name]["type"], fields[name]["optional"]) for name in PEOPLE[0]} == {("string", True)}
    assert fields["created_at"]["name"] in ("io.debezium.time.Timestamp", "org.apache.kafka.connect.data.Timestamp")


@pytest.mark.parametrize("family", SINKS)
def test_each_family_of_sink_that_is_there_fills_a_table(room: Room, family: str, present: set[str]) -> None:
    if family not in present:
        pytest.skip(f"{family} is not on this worker")
    topics.create(room.lab, room.table)
    records.produce(room.lab, room.table, [person(1, "김철수 😀"), person(2, None), person(1, "김영수")])
    if "Debezium" in family:
        config = room.debezium_sink(deletes=True)
    else:
        vendor: Literal["aiven", "confluent"] = "aiven" if "Aiven" in family else "confluent"
        config = connectors.jdbc_sink(
            room.lab,
            room.sink,
            [room.table],
            key_fields=["id"],
            deletes=True,
            vendor=vendor,
        )
    assert config["connector.class"] == SINKS[family]
    with room.client.temporary(config):
        room.wait_rows([(1, "김영수"), (2, None)])
        records.produce(room.lab, room.table, [(person(1, "")[0], None)])
        room.wait_rows([(2, None)])


def test_what_the_worker_offers_decides(lab: Lab, present: set[str]) -> None:
    classic = [family for family in ("Confluent JDBC", "Aiven JDBC") if f"{family} source" in present]
    assert connectors.choose_source(lab) == (f"{classic[0]} source" if classic else "Debezium MariaDB source")
    assert connectors.choose_sink(lab) in present
    assert connectors.families(lab).keys() == (SOURCES | SINKS).keys()


def test_a_sink_into_a_table_of_another_name_that_it_may_not_make(room: Room, present: set[str]) -> None:
    other, engine = f"other_{room.table}", database.engine(room.lab, database="mydb2")
    topics.create(room.lab, room.table)
    records.produce(room.lab, room.table, [person(1, "kim")])
    for family in sorted(present & SINKS.keys()):
        sink = partial(
            connectors.sink, room.lab, room.sink, [room.table], family=family, table=other, key_fields=["id"]
        )
        room.client.create(sink(create_tables=False))
        assert "Check the names of table" in room.client.wait_failed(room.sink).next_step
        room.client.forget(room.sink)
        with room.client.temporary(sink()):
            wait_until(lambda: other in database.tables(engine), 30, f"table {other}")
            wait_until(lambda: content(room.lab, f"mydb2.{other}") == [(1, "kim")], 30, "the row")
        database.drop(room.lab, f"mydb2.{other}")


def test_the_way_of_a_row_there_and_back_out(room: Room) -> None:
    """Insert, update and delete, through the source of the lesson and its sink."""
    source = connectors.debezium_source(room.lab, room.source, [room.table], config={"poll.interval.ms": 10})
    with room.client.temporary(source), room.client.temporary(room.debezium_sink(deletes=True)):
        database.execute(room.lab, INSERT.format(room.table), PEOPLE)
        room.wait_rows(content(room.lab, room.table))
        database.execute(room.lab, f"UPDATE {room.table} SET name = '박민수 🎉' WHERE id = 2")
        wait_until(lambda: room.rows()[1][3] == "박민수 🎉", 30, "the update", last_seen=room.rows)
        database.execute(room.lab, f"DELETE FROM {room.table} WHERE id = 1")
        wait_until(lambda: [row[0] for row in room.rows()] == [2, 3], 30, "the delete", last_seen=room.rows)
        last = room.arrived(5)[-1]
    assert last.value() is None, "a DELETE is one tombstone"
    assert not last.headers()


def test_lines_of_a_file(lab: Lab, tmp_path: Path) -> None:
    client, origin = ConnectClient(lab), tmp_path / "in.txt"
    origin.write_text("첫째\nsecond 😀\n", "utf-8")
    topic = topics.unique_name("lines")
    source = connectors.file_source(f"{topic}-source", origin, topic)
    sink = connectors.file_sink(f"{topic}-sink", tmp_path / "out.txt", [topic])
    with client.temporary(source), client.temporary(sink):
        wait_until(lambda: _text(tmp_path / "out.txt") == origin.read_text("utf-8"), 30, "the lines")
    topics.delete(lab, topic)


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def test_a_password_is_no_part_of_any_answer(room: Room) -> None:
    room.client.run(room.debezium_sink())
    secret = database.password_file(database.address(room.lab), "sink").read_text()
    told = [ask(room.sink) for ask in (room.client.get, room.client.config, room.client.tasks, room.client.status)]
    assert secret not in json.dumps(told)
    assert "sink.password}" in room.client.config(room.sink)["connection.password"]
    with pytest.raises(InvalidInput, match=r"the password connection\.password is in plain text"):
        room.client.put(room.debezium_sink(config={"connection.password": secret}))


def test_a_value_that_debezium_would_take_for_another(room: Room) -> None:
    with pytest.raises(InvalidInput, match=r"insert\.mode='upsrt' \(choose insert, upsert, update\)"):
        room.client.put(room.debezium_sink(config={"insert.mode": "upsrt"}))


def test_a_source_with_the_wrong_password_is_refused_at_once(room: Room) -> None:
    config = connectors.debezium_source(
        room.lab, room.source, [room.table], config={"database.password": "${dir:/nowhere:it}"}
    )
    with pytest.raises(ConnectFailed, match=rf"{room.source}.*Access denied for user 'source'.*placeholder") as caught:
        room.client.put(config)
    assert "database.hostname" in caught.value.fields


EXACT = {
    "t": ("TIME(6)", "23:59:59.123456"),
    "d": ("DATETIME(6)", "0001-01-01 00:00:00.123456"),
    "n": ("BIGINT UNSIGNED", "18446744073709551615"),
    "p": ("DECIMAL(30,10)", "12345678901234567890.0123456789"),
}


def test_numbers_and_times_are_the_same_in_the_sinks_table(room: Room) -> None:
    for name, (kind, value) in EXACT.items():
        database.execute(room.lab, f"ALTER TABLE {room.table} ADD {name} {kind} DEFAULT '{value}'")
    database.execute(room.lab, f"INSERT INTO {room.table} (name) VALUES ('kim')")
    room.client.run(connectors.debezium_source(room.lab, room.source, [room.table]))
    database.execute(room.lab, f"INSERT INTO {room.table} (name) VALUES ('lee')")
    assert EXACT["p"][1] in (room.arrived(1)[0].value() or b"").decode(), "a DECIMAL can be read in the topic"
    room.client.run(room.debezium_sink())
    wait_until(lambda: len(room.rows()) == 2, 30, "both rows", last_seen=room.rows)
    shown = ", ".join(f"CAST({name} AS CHAR) AS {name}" for name in EXACT)
    found = database.frame(room.lab, f"SELECT {shown} FROM {room.target}")
    assert found.to_dict("records") == [{name: value for name, (_, value) in EXACT.items()}] * 2


LOST = {"TIME": ["100:30:00", "-01:00:00", "24:00:00"], "DATE": ["2026-00-10"], "DATETIME": ["0000-00-00 00:00:00"]}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in LOST.items() for value in values])
def test_a_time_that_no_sink_could_write_is_refused_with_its_column(room: Room, kind: str, value: str) -> None:
    database.execute(room.lab, f"ALTER TABLE {room.table} ADD lasts {kind}")
    database.execute(room.lab, f"INSERT INTO {room.table} (lasts) VALUES ('{value}')")
    source = connectors.debezium_source(room.lab, room.source, [room.table])
    with pytest.raises(
        InvalidInput, match=rf"{room.table}\.lasts has the {kind} {value}.*exclude\.list=(\S+)\."
    ) as caught:
        room.client.run(source)
    assert room.source not in room.client.connectors()
    left_out = str(caught.value).rpartition("column.exclude.list=")[2].removesuffix(".")
    room.client.check({**source, "column.exclude.list": left_out})


def test_a_later_time_of_more_than_a_day_is_in_the_topic_and_stops_the_sink(room: Room) -> None:
    database.execute(room.lab, f"ALTER TABLE {room.table} ADD lasts TIME")
    room.client.run(connectors.debezium_source(room.lab, room.source, [room.table]))
    database.execute(room.lab, f"INSERT INTO {room.table} (lasts) VALUES ('100:30:00')")
    assert json.loads(room.arrived(1)[0].value() or b"")["payload"]["lasts"] == (100 * 60 + 30) * 60_000_000
    room.client.put(room.debezium_sink())
    failure = room.client.wait_failed(room.sink)
    assert "NanoOfDay" in failure.cause and "change this one at the source" in failure.next_step


def test_a_topic_with_a_dot_has_a_table_that_is_named(lab: Lab) -> None:
    stem = topics.unique_name("my").replace("-", "_")
    topic, client = f"{stem}.orders", ConnectClient(lab)
    topics.create(lab, topic)
    records.produce(lab, topic, [person(1, "kim")])
    sink = connectors.debezium_sink(lab, f"{stem}-sink", [topic])
    with client.temporary(sink):
        wait_until(lambda: len(journeys.rows(lab, topic)), 30, "the row")
    assert connectors.table_for(topic) == f"{stem}_orders"
    assert journeys.rows(lab, topic)["name"].tolist() == ["kim"]
    topics.delete(lab, topic)
    database.drop(lab, f"mydb2.{stem}_orders")


def test_a_table_that_is_not_there_is_named(room: Room) -> None:
    with pytest.raises(InvalidInput, match=rf"mydb1 has no table '{room.table}s'\. It has {room.table}\."):
        database.check_tables(room.lab, room.table, f"{room.table}s")
    database.check_tables(room.lab, room.table)


GOOD = person(1, "kim")
BAD_INPUT: dict[str, tuple[object, Config, str, str]] = {
    "not JSON": (("key", "hello"), {"key.converter": "org.apache.kafka.connect.storage.StringConverter"},
                 "JsonParseException: Unrecognized token 'hello'", "errors.deadletterqueue.topic.name"),
    "no schema": ((GOOD[0], '{"id": 1}'), {}, 'requires "schema" and "payload"', "schema.content"),
    "no key": ((None, GOOD[1]), {}, "'record_key' cannot have null schema", "a table with a primary key"),
    "wrong password": (GOOD, {"connection.password": "${dir:/nowhere:it}"}, "Access denied for user 'sink'", "placeholder"),
    "no table": (GOOD, {"schema.evolution": "none"}, "Could not find table", "schema.evolution=basic"),
    "not its database": (GOOD, {"connection.url": "jdbc:mariadb://{address}/mydb1"}, "Access denied", "what it may do"),
    "nothing listens": (GOOD, {"connection.url": "jdbc:mariadb://127.0.0.1:9/mydb2"}, "Connection refused", "lab up"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_INPUT)
def test_bad_input_of_a_sink(room: Room, what: str) -> None:
    """The error names connector, cause and next step; after that step, the waiting record is in the table."""
    record, change, cause, step = BAD_INPUT[what]
    address = f"{room.lab.database.host}:{room.lab.database.port}" if room.lab.database else ""
    change = {key: value.replace("{address}", address) for key, value in change.items()}
    topics.create(room.lab, room.table)
    records.produce(room.lab, room.table, [record])  # type: ignore[list-item]
    room.client.put(room.debezium_sink(config=change))
    failure = room.client.wait_failed(room.sink)
    assert (failure.connector, failure.task) == (room.sink, 0)
    assert cause in failure.cause and "\n" not in failure.cause
    assert step in failure.next_step
    with pytest.raises(ConnectorFailed, match=f"Task 0 of connector '{room.sink}' failed: ") as caught:
        room.client.wait_running(room.sink)
    assert caught.value.trace == failure.trace and "\tat " in failure.trace
    assert room.client.status(room.sink)["connector"]["state"] == "RUNNING", (
        "the connector's own state says nothing of it"
    )
    if record == GOOD:
        room.client.run(room.debezium_sink())
        room.wait_rows([(1, "kim")])


def test_a_column_that_is_missing_or_too_narrow_and_nothing_is_lost(room: Room) -> None:
    engine = database.engine(room.lab, database="mydb2")
    database.execute(engine, f"CREATE TABLE {room.table} (id INT PRIMARY KEY)")
    topics.create(room.lab, room.table)
    records.produce(room.lab, room.table, [person(1, "kim"), person(2, "k" * 9), person(3, "lee")])
    room.client.put(room.debezium_sink(config={"schema.evolution": "none"}))
    assert "Check the names of table and columns" in room.client.wait_failed(room.sink).next_step
    database.execute(engine, f"ALTER TABLE {room.table} ADD COLUMN name VARCHAR(5)")
    room.client.restart(room.sink)
    failure = room.client.wait_failed(room.sink)
    assert "Data too long for column 'name'" in failure.cause and "widen the column" in failure.next_step
    database.execute(engine, f"ALTER TABLE {room.table} MODIFY COLUMN name VARCHAR(20)")
    room.client.restart(room.sink, only_failed=True)
    room.client.wait_running(room.sink)
    room.wait_rows([(1, "kim"), (2, "k" * 9), (3, "lee")])


def test_a_record_that_is_no_json_goes_to_the_dead_letter_queue(room: Room) -> None:
    topics.create(room.lab, room.table)
    queue = f"{room.table}-dead"
    records.produce(room.lab, room.table, [person(1, "kim"), (GOOD[0], "hello"), person(2, "lee")])
    change = {
        "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": queue,
        "errors.deadletterqueue.topic.replication.factor": 1,
        "errors.deadletterqueue.context.headers.enable": True,
    }
    with room.client.temporary(room.debezium_sink(config=change)):
        room.wait_rows([(1, "kim"), (2, "lee")])
        [dead] = records.consume(room.lab, queue, 1)
    assert dead.value() == b"hello"
    assert "__connect.errors.exception.message" in dict(dead.headers() or [])
    topics.delete(room.lab, queue)


def test_a_table_without_a_primary_key_cannot_be_upserted(room: Room) -> None:
    database.drop(room.lab, room.table)
    database.execute(room.lab, f"CREATE TABLE {room.table} (id INT, name VARCHAR(20))")
    source = connectors.debezium_source(room.lab, room.source, [room.table])
    with room.client.temporary(source):
        database.execute(room.lab, f"INSERT INTO {room.table} VALUES (1, 'kim')")
        room.client.put(room.debezium_sink())
        failure = room.client.wait_failed(room.sink)
        assert "null schema" in failure.cause and "a table with a primary key" in failure.next_step
        room.client.run(room.debezium_sink(key="record_value", key_fields=["id"]))
        room.wait_rows([(1, "kim")])


def test_what_each_account_may_do(room: Room) -> None:
    rows = "SELECT * FROM {}"
    for role, allowed, refused in (
        ("source", rows.format(room.table), f"DELETE FROM {room.table}"),
        ("service", f"DELETE FROM {room.table}", f"DROP TABLE {room.table}"),
        ("sink", "SELECT 1", rows.format(f"mydb1.{room.table}")),
    ):
        engine = database.engine(room.lab, role)  # type: ignore[arg-type]
        database.execute(engine, allowed)
        with pytest.raises(DatabaseFailed, match=f"refused {role}'s statement"):
            database.execute(engine, refused)


def test_a_datetime_is_wall_time(room: Room) -> None:
    """Written in a time zone nine hours ahead, it reaches the topic nine hours late."""
    seoul = database.engine(room.lab, time_zone="+09:00")
    statement = f"INSERT INTO {room.table} (created_at) VALUES ('2026-01-02 03:04:05')"
    with room.client.temporary(connectors.debezium_source(room.lab, room.source, [room.table])):
        database.execute(seoul, statement)
        database.execute(seoul, INSERT.format(room.table), {**PEOPLE[0]})
        first, second = room.arrived(2)
    milliseconds = json.loads(first.value() or b"")["payload"]["created_at"]
    assert str(database.wall_time(milliseconds)) == "2026-01-02 03:04:05"
    now = json.loads(second.value() or b"")["payload"]["created_at"]
    really = second.timestamp()[1]
    assert 8.9 * 3_600_000 < now - really < 9.1 * 3_600_000
