# SPDX-License-Identifier: Apache-2.0
"""What can be said of a connector's configuration and of a trace without a worker."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.connect.causes import failure, next_step, root_cause
from helpers.connect.keys import check_class, check_keys, check_passwords, unread
from helpers.errors import ConnectFailed, InvalidInput

NAMES = [
    "name", "connector.class", "topics", "insert.mode", "primary.key.mode", "schema.history.internal", "converters",
    "column.truncate.to.(d+).chars", "column.mask.hash.([^.]+).with.salt.(.+)", "incrementing.column.name",
]  # fmt: skip
SECRET = "connection.password"


def told(*, errors: dict[str, list[str]] | None = None) -> list[dict[str, Any]]:
    """What the worker's validation lists, as far as it is looked at; Debezium adds values that it never defined."""
    keys = [*NAMES, SECRET]
    known = [
        {
            "definition": {"name": key, "type": "PASSWORD" if key == SECRET else "STRING"},
            "value": {"name": key, "errors": (errors or {}).get(key, [])},
        }
        for key in keys
    ]
    return [*known, {"definition": None, "value": {"name": "internal.undefined", "errors": []}}]


DEFINITIONS = [it["definition"] for it in told() if it["definition"]]


@pytest.mark.parametrize(
    "key",
    [
        "topics",
        "column.truncate.to.20.chars",
        "column.mask.hash.SHA-256.with.salt.abc",
        "schema.history.internal.kafka.topic",
        "schema.history.internal.producer.acks",
        "topic.creation.default.partitions",
        "topic.creation.default.cleanup.policy",
        "driver.connectTimeout",
        "hibernate.dialect",
        "use.reduction.buffer",
        "snapshot.select.statement.overrides",
        "snapshot.select.statement.overrides.mydb1.users",
        "column.mask.hash.v2.SHA-256.with.salt.abc",
        "topic.creation.default.preallocate",
        "topic.creation.logs.min.cleanable.dirty.ratio",
        "topic.creation.logs.unclean.leader.election.enable",
        "topic.heartbeat.prefix",
        "binary.handling.mode",
        "field.name.adjustment.mode",
    ],
)
def test_a_key_that_somebody_reads(key: str) -> None:
    assert unread({key: "x"}, DEFINITIONS) == {}


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("incremental.column.name", "incrementing.column.name"),
        ("topic", "topics"),
        ("schema.history.internal.kafka.tpic", "schema.history.internal.kafka.topic"),
        ("topic.creation.default.partition", None),
        ("xyzzy", None),
    ],
)
def test_a_key_that_nobody_reads_comes_with_the_nearest(key: str, near: str | None) -> None:
    assert unread({"name": "n", key: "x"}, DEFINITIONS) == {key: near}


def test_what_belongs_to_a_converter_that_is_named() -> None:
    config = {"converters": "tiny, other", "tiny.type": "x", "other.selector": "y", "third.type": "z"}
    assert list(unread(config, DEFINITIONS)) == ["third.type"]


CONVERTERS = [
    {"name": f"{kind}.converter{more}", "type": "STRING"}
    for kind in ("key", "value")
    for more in ("", ".plugin.version")
]
"""What the worker declares for every converter: the second is the one key below it."""
ENABLE = {"name": "value.converter.schemas.enable", "type": "BOOLEAN"}


def test_the_keys_of_a_converter_that_declares_none_are_left_alone() -> None:
    config = {"value.converter": "org.example.Avro", "value.converter.registry.url": "x", "key.converter.y": "z"}
    assert list(unread(config, [*DEFINITIONS, *CONVERTERS])) == ["key.converter.y"]


def test_a_key_that_the_converter_does_not_declare_is_unknown() -> None:
    config = {"value.converter": "org.example.Json", "value.converter.schemas.enabel": "x"}
    found = unread(config, [*DEFINITIONS, *CONVERTERS, ENABLE])
    assert found == {"value.converter.schemas.enabel": "value.converter.schemas.enable"}


def test_a_key_for_a_converter_that_is_not_set_is_named_with_it() -> None:
    config = {"name": "mine", "value.converter.schemas.enable": "false", "header.converter.encoding": "x"}
    said = (
        r"In connector 'mine' 'value\.converter\.schemas\.enable' is set, but not 'value\.converter'; .*"
        r"the worker's own converter .* Set header\.converter, value\.converter too\."
    )
    with pytest.raises(InvalidInput, match=said):
        check_keys(config, told())


def test_a_configuration_without_a_fault() -> None:
    check_keys(
        {"name": "n", "topics": "t", "insert.mode": "upsert", SECRET: "${dir:/run/secrets:sink.password}"}, told()
    )


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"topisc": "a", "xyzzy": "b"},
            r"Unknown key in connector 'mine': 'topisc' \(did you mean 'topics'\?\); 'xyzzy'\.",
        ),
        ({"insert.mode": "upsrt"}, r"insert\.mode='upsrt' \(choose insert, upsert, update\)"),
        ({SECRET: "secret123"}, rf"the password {SECRET} is in plain text"),
    ],
)
def test_a_fault_is_named_with_its_connector(config: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        check_keys({"name": "mine", **config}, told())
    assert "'mine'" in str(caught.value) and "secret123" not in str(caught.value)


def test_what_the_connector_refuses_is_told_by_key() -> None:
    errors = {"topics": ["Give one", "or more"], "name": ["too long"]}
    with pytest.raises(
        ConnectFailed, match=r"'mine' is refused: name: too long; topics: Give one, or more\. "
    ) as caught:
        check_keys({"name": "mine"}, told(errors=errors))
    assert caught.value.fields == errors and caught.value.status == 400


CLASSES = ["io.debezium.connector.jdbc.JdbcSinkConnector", "org.apache.kafka.connect.file.FileStreamSinkConnector"]


@pytest.mark.parametrize("kind", [*CLASSES, "JdbcSinkConnector", "JdbcSink"])
def test_a_class_in_full_or_by_its_last_word(kind: str) -> None:
    check_class({"connector.class": kind}, CLASSES)


@pytest.mark.parametrize("kind", ["", "io.confluent.connect.jdbc.JdbcSinkConnector", "Jdbc", "jdbc.JdbcSinkConnector"])
def test_a_class_that_is_not_there(kind: str) -> None:
    with pytest.raises(InvalidInput, match="lab plugins add"):
        check_class({"name": "mine", "connector.class": kind}, CLASSES)


TRACE = """org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.
\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliverMessages(WorkerSinkTask.java:637)
\tat java.base/java.lang.Thread.run(Unknown Source)
\tSuppressed: java.lang.IllegalStateException: beside the point
\t\tat x.Y.z(Y.java:1)
Caused by: org.apache.kafka.connect.errors.ConnectException: JDBC sink connector failure
\t... 10 more
Caused by: java.sql.SQLException: (conn=9) Table 'mydb2.t'
 doesn't exist.
\tat org.mariadb.jdbc.Statement.execute(Statement.java:1)
\t... 21 more
"""
CHAIN = """a.B: stopped
Caused by: java.sql.SQLException: Exception chain:
java.sql.BatchUpdateException: (conn=9) Data too long for column 'customer' at row 1
java.sql.SQLSyntaxErrorException: (conn=9) Data too long for column 'customer' at row 1

\tat x.Y.put(Y.java:108)
\t... 12 more
"""


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (TRACE, "SQLException: (conn=9) Table 'mydb2.t' doesn't exist"),
        ("java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n", "NullPointerException"),
        ("java.lang.IllegalStateException: one line", "IllegalStateException: one line"),
        (CHAIN, "SQLSyntaxErrorException: (conn=9) Data too long for column 'customer' at row 1"),
        ("", "no reason was given"),
    ],
)
def test_the_root_cause_is_one_sentence(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause


def test_the_first_failure_counts_and_names_its_task() -> None:
    status = {
        "connector": {"state": "RUNNING"},
        "tasks": [{"id": 0, "state": "RUNNING"}, {"id": 1, "state": "FAILED", "trace": TRACE}],
    }
    found = failure("mine", status)
    assert found and found.task == 1
    assert str(found.error()).startswith("Task 1 of connector 'mine' failed: SQLException: (conn=9)")
    assert "Check the names of table and columns" in str(found.error())
    assert found.error().trace == TRACE
    whole = failure("mine", {"connector": {"state": "FAILED", "trace": "a.B: c"}, "tasks": []})
    assert whole and str(whole.error()).startswith("Connector 'mine' failed: B: c.")
    assert failure("mine", {"connector": {"state": "RUNNING"}, "tasks": []}) is None


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        ('DataException: JsonConverter with schemas.enable requires "schema" and "payload" fields', "carry no schema"),
        ('NullPointerException: Cannot invoke "Struct.schema()" because "data" is null', "carry no schema"),
        (
            "ConnectException: 'pk.mode=none' requires records with a non-null Struct schema, but found",
            "carry no schema",
        ),
        ("ConnectException: 'pk.mode=record_key' requires records with a non-null key", "need a key"),
        ("ConnectException: Configured primary key mode 'record_key' cannot have null schema", "need a key"),
        ("JsonParseException: Unrecognized token 'hello'", "is not JSON"),
        ("SQLException: Access denied for user 'sink'@'127.0.0.1' (using password: YES)", "placeholder"),
        ("EOFException: unexpected end of stream, read 0 bytes from 4", "Start the database"),
        ("ConnectException: Connection refused", "Start the database"),
        ("SocketException: Connection reset", "Start the database"),
        ("SQLNonTransientConnectionException: (conn=30) Connection is closed", "Start the database"),
        ("ConfigException: Incrementing column: nope does not exist in table 'users'", "names of table and columns"),
        ("SQLException: Cannot alter table t because schema evolution is disabled", "names of table and columns"),
        ("SQLSyntaxErrorException: (conn=4) Data too long for column 'name' at row 1", "widen the column"),
        ("OutOfMemoryError: Java heap space", "what else?"),
    ],
)
def test_a_cause_has_a_next_step(cause: str, step: str) -> None:
    """The words are those that connectors of both families said on a real worker."""
    assert step in next_step(cause, "what else?")


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://db:3306/mydb1?user=kim&password=geheim",
        "jdbc:mariadb://db/mydb1?PASSWORD=x&useSSL=true",
        "jdbc:sqlserver://db;user=kim;password=x",
        "mysql://kim:geheim@db/mydb1",
        "jdbc:mariadb://db,kim:geheim@other/mydb1",
        "http://one:9200,https://kim:geheim@two:9200",
        "jdbc:mysql://address=(host=db)(user=kim)(password=geheim)/mydb1",
        "jdbc:mysql://(host=db,user=kim,password=geheim)/mydb1",
        "jdbc:mysql://db/mydb1?trustCertificateKeyStorePassword=geheim",
        "jdbc:mysql://db/mydb1?password1=geheim",
        "jdbc:mysql://db/mydb1?%70assword=geheim",
        "jdbc:postgresql:mydb1?password=geheim",
        "jdbc:oracle:thin:kim/geheim@db:1521/x",
    ],
)
def test_a_password_in_an_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"the password connection\.url is in plain text"):
        check_keys({"name": "orders", "connection.url": url, "topics": "x"}, [*told(), *url_told()])


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://db:3306/mydb1?permitMysqlScheme=true",
        "jdbc:mariadb://db/mydb1?password=${dir:/secrets:sink.password}",
        "mysql://kim:${dir:/secrets:sink.password}@db/mydb1",
        "jdbc:mysql://db:3306/passwords",
        "jdbc:mysql://db:3306/mydb1?connectionAttributes=mail:kim@example.org",
        "SELECT id FROM users WHERE name = 'a' AND pwd = 'geheim'",
    ],
)
def test_an_address_without_a_password_is_taken(url: str) -> None:
    check_keys({"name": "orders", "connection.url": url, "topics": "x"}, [*told(), *url_told()])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("consumer.override.ssl.keystore.password", "geheim"),
        ("driver.password", "geheim"),
        ("producer.override.sasl.jaas.config", 'org.example.Plain required username="kim" password="geheim";'),
    ],
)
def test_a_password_that_the_worker_does_not_know_as_one_is_refused_before_it_is_sent(key: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"the password {re.escape(key)} is in plain text") as caught:
        check_passwords({"name": "orders", key: value})
    assert "geheim" not in str(caught.value)
    check_passwords({"name": "orders", key: value.replace("geheim", "${dir:/secrets:sink.password}")})


def url_told() -> list[dict[str, Any]]:
    """What the worker's validation says of the key `connection.url`."""
    return [{"definition": {"name": "connection.url", "type": "STRING"}, "value": None}]


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        ("Field 'name' doesn't have a default value", "give it a default"),
        ("RecordTooLargeException: The message is 1572977 bytes", "producer.override.max.request.size"),
    ],
)
def test_the_next_step_of_a_cause(cause: str, step: str) -> None:
    assert step in next_step(cause, "")
