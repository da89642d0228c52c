# SPDX-License-Identifier: Apache-2.0
"""The configurations themselves: what is in them, and what may not be."""

from __future__ import annotations

import re
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pandas
import pytest

from helpers import connectors, database
from helpers import lab as lab_room
from helpers.errors import InvalidInput, LabNotRunning
from helpers.lab import Database, Lab
from helpers.stack.home.place import Place
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java
from helpers.stack.servers.worker import Worker, placeholder_folder


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    secrets = tmp_path / "lab 실습" / "secrets"
    secrets.mkdir(parents=True)
    for role in ("owner", "source", "sink", "service"):
        (secrets / f"{role}.password").write_text(f"p@ss/{role}:%")
    where = Database("127.0.0.1", 9, "mydb1", "owner", str(secrets / "owner.password"))
    return Lab("127.0.0.1:9092", "http://127.0.0.1:9", where)


def test_the_source_of_the_lesson(lab: Lab) -> None:
    config = connectors.debezium_source(lab, "my-source", ["users", "orders"], topic_prefix="my_topic_")
    assert config["table.include.list"] == "mydb1.users,mydb1.orders"
    assert config["transforms.route.regex"] == r"my-source\.mydb1\.(.*)"
    assert config["transforms.route.replacement"] == "my_topic_$1"
    assert config["transforms.unwrap.delete.tombstone.handling.mode"] == "delete-to-tombstone"
    assert config["time.precision.mode"] == "adaptive_time_microseconds"


@pytest.mark.parametrize("table", ["주문", "users,orders", "a b"])
def test_a_table_whose_name_no_topic_can_have_is_refused(lab: Lab, table: str) -> None:
    for source in (connectors.debezium_source, connectors.jdbc_source):
        with pytest.raises(InvalidInput, match="refuses the topic name"):
            source(lab, "my-source", [table])


def test_a_dot_in_a_tables_name_is_a_dot(lab: Lab) -> None:
    config = connectors.debezium_source(lab, "my-source", ["my.users"])
    assert config["table.include.list"] == r"mydb1.my\.users"


def test_a_dot_in_a_topics_name_is_no_database(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match=r"'my\.orders' for the name of a database.*table='my_orders'"):
        connectors.jdbc_sink(lab, "my-sink", ["users", "my.orders"])
    assert connectors.jdbc_sink(lab, "my-sink", ["my.orders"], table="my_orders")["topics"] == "my.orders"


@pytest.mark.parametrize(
    ("version", "lingers"), [("10.8.3", False), ("10.8.5", True), ("10.9.0-ccs", True), ("11.0.0", True), (None, True)]
)
def test_a_release_gets_no_key_that_it_does_not_have(
    lab: Lab, version: str | None, *, lingers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.connectors.choice.families", lambda _: {"Confluent JDBC source": version})
    config = connectors.poll_every(lab, 10, connectors.jdbc_source(lab, "my-source", ["users"]))
    assert (config["poll.interval.ms"], "poll.linger.ms" in config) == (10, lingers)


def test_a_connectors_name_and_a_files_topic_are_told_apart(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the connector name 'my source'"):
        connectors.debezium_source(lab, "my source", ["users"])
    with pytest.raises(InvalidInput, match="the topic name 'a topic'"):
        connectors.file_source("lines", tmp_path / "lines.txt", "a topic")


def test_the_classic_source_and_sink_of_the_lesson(lab: Lab) -> None:
    config = connectors.jdbc_source(lab, "my-source-connect", ["users"], topic_prefix="my_topic_")
    lesson: dict[str, object] = {
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "users",
        "topic.prefix": "my_topic_",
    }
    assert lesson.items() <= config.items()
    assert config["connector.class"] == "io.confluent.connect.jdbc.JdbcSourceConnector"
    assert "timestamp.column.name" not in config and "transforms" not in config
    sink = connectors.jdbc_sink(lab, "my-sink-connect", ["my_topic_users"], write="insert", key="none", vendor="aiven")
    lesson = {
        "auto.create": True,
        "auto.evolve": True,
        "delete.enabled": False,
        "pk.mode": "none",
        "insert.mode": "insert",
    }
    assert lesson.items() <= sink.items()
    assert sink["connector.class"] == "io.aiven.connect.jdbc.JdbcSinkConnector"


def test_two_sources_are_two_replicas_with_two_histories(lab: Lab) -> None:
    one, two = (connectors.debezium_source(lab, name, ["users"]) for name in ("one", "two"))
    for key in ("database.server.id", "topic.prefix", "schema.history.internal.kafka.topic"):
        assert one[key] != two[key]


@pytest.mark.parametrize("build", ["debezium_source", "debezium_sink", "jdbc_source", "jdbc_sink"])
def test_passwords_are_places_and_further_keys_win(lab: Lab, build: str) -> None:
    config = getattr(connectors, build)(lab, "mine", ["users"], config={"tasks.max": 2, "new.key": 1})
    assert "p@ss" not in str(config)
    secrets = [value for key, value in config.items() if key.endswith("password")]
    folder = placeholder_folder(Path(lab.database.password_file).parent)  # type: ignore[union-attr]
    assert secrets == [f"${{dir:{folder}:{build.split('_')[1]}.password}}"]
    assert (config["tasks.max"], config["new.key"]) == (2, 1)


def parts_of(placeholder: str) -> tuple[str | None, ...]:
    """Provider, path and key, as ConfigTransformer.DEFAULT_PATTERN of Kafka 4.3 takes a placeholder apart."""
    found = re.fullmatch(r"\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}", placeholder)
    assert found
    return found.group(1, 3, 4)


def allowed(folder: PurePath, home: Path) -> object:
    """What the worker of a lab whose secrets are in `folder` lets a placeholder name."""
    java = Java([], home)
    worker = Worker(
        Place(home, "connect"),
        1,
        bootstrap_servers="",
        plugin_path=[],
        secrets=folder,  # type: ignore[arg-type]
        login=Login("lab", "file"),
        version="4",
        java=java,
    )
    return worker.settings()["config.providers.dir.param.allowed.paths"]


def test_kafka_finds_a_password_on_a_windows_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_room, "PurePath", PureWindowsPath)
    secrets = PureWindowsPath("C:/", "Users", "kim 실습", "secrets")
    lab = Lab("127.0.0.1:9", database=Database("127.0.0.1", 9, "mydb1", "owner", str(secrets / "owner.password")))
    provider, path, key = parts_of(lab.secret("source"))
    assert (provider, key) == ("dir", "source.password")
    assert path and PureWindowsPath("C:/lab/connect") / path == secrets, "seen from the worker's folder"
    assert allowed(secrets, tmp_path) == "", "Kafka would refuse a path without a drive, and match none with it"


@pytest.mark.parametrize(
    ("folder", "named"),
    [
        (PurePosixPath("/run/secrets"), "/run/secrets"),
        (PureWindowsPath("/run/secrets"), "/run/secrets"),  # a lab in containers, seen from Windows
        (PureWindowsPath("//school/kim/lab/secrets"), "//school/kim/lab/secrets"),
    ],
)
def test_a_folder_without_a_drive_stays_as_it_is(tmp_path: Path, folder: PurePath, named: str) -> None:
    assert parts_of(f"${{dir:{placeholder_folder(folder)}:source.password}}") == ("dir", named, "source.password")
    assert allowed(folder, tmp_path) == named


FAMILIES = [*(family for family in connectors.SOURCES if "MySQL" not in family), *connectors.SINKS]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_builder_of_each_family_neither_asks_nor_prints(
    lab: Lab, family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens at this lab's addresses."""
    build = connectors.source if "source" in family else connectors.sink
    assert (
        build(lab, "mine", ["users"], family=family)["connector.class"]
        == (connectors.SOURCES | connectors.SINKS)[family]
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("family", connectors.SINKS)
def test_every_sink_has_a_word_for_its_table_and_for_making_it(lab: Lab, family: str) -> None:
    by_default = connectors.sink(lab, "mine", ["orders"], family=family)
    chosen = connectors.sink(lab, "mine", ["orders"], family=family, table="copy_of_${topic}", create_tables=False)
    names, may = ("table.name.format", "auto.create"), (True, False)
    if "Debezium" in family:
        names, may = ("collection.name.format", "schema.evolution"), ("basic", "none")  # type: ignore[assignment]
    assert chosen[names[0]] == "copy_of_${topic}" and names[0] not in by_default
    assert (by_default[names[1]], chosen[names[1]]) == may


def test_a_family_of_the_other_kind(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match=r"'Debezium JDBC sink' is not a family.*Debezium MariaDB source"):
        connectors.source(lab, "mine", ["users"], family="Debezium JDBC sink")
    with pytest.raises(InvalidInput, match=r"'Debezium MySQL source' is not a family.*Debezium MariaDB source"):
        connectors.source(lab, "mine", ["users"], family="Debezium MySQL source")
    with pytest.raises(InvalidInput, match="'' is not a family"):
        connectors.sink(lab, "mine", ["users"], family="")


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        ("debezium_source", {"deletes": "keep"}),
        ("debezium_sink", {"write": "upsrt"}),
        ("debezium_sink", {"key": "recordkey"}),
        ("jdbc_source", {"mode": "increment"}),
        ("jdbc_sink", {"key": "id"}),
    ],
)
def test_a_choice_that_there_is_not(lab: Lab, build: str, arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="Choose one of"):
        getattr(connectors, build)(lab, "mine", ["users"], **arguments)


def test_a_name_that_kafka_refuses_and_a_lab_without_a_database(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match="my source"):
        connectors.file_source("my source", "/tmp/in", "lines")
    with pytest.raises(LabNotRunning, match="no database"):
        connectors.debezium_sink(Lab("127.0.0.1:9"), "mine", ["users"])


def test_an_engine_keeps_its_password_to_itself(lab: Lab) -> None:
    engine = database.engine(lab, "sink")
    assert (engine.url.username, engine.url.database, engine.url.password) == ("sink", "mydb2", "p@ss/sink:%")
    assert "p@ss" not in repr(engine) + str(engine.url)
    assert database.engine(lab, "service").url.database == "mydb1"


def test_an_engine_for_nobody(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match="no account 'root'"):
        database.engine(lab, "root")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="'Asia/Seoul' is not a time zone"):
        database.engine(lab, time_zone="Asia/Seoul")
    with pytest.raises(LabNotRunning, match=r"No database answers at 127\.0\.0\.1:9 "):
        database.frame(lab, "SELECT 1")


def test_wall_time() -> None:
    assert database.wall_time(1_767_323_045_000).isoformat() == "2026-01-02T03:04:05"
    assert database.wall_time(-1_000).isoformat() == "1969-12-31T23:59:59"
    assert database.wall_time(pandas.Series([1_500])[0]).microsecond == 500_000
    for wrong in (1_767_323_045_000_000, "noon", None, float("nan")):
        with pytest.raises(InvalidInput, match="is no time in milliseconds"):
            database.wall_time(wrong)  # type: ignore[arg-type]
