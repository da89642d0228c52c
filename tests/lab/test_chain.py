"""The whole chain, table to topic to table, while its servers are killed: every row arrives, and no secret leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from helpers import connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import Config
from helpers.errors import LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.waiting import wait_until
from tests.resources import OwnLab

ROWS = 10_000
CHUNKS = 4
INSERT = "INSERT INTO users (user_id, pwd, name, created_at) VALUES (:user_id, :pwd, :name, :created_at)"
NAMES = ["김철수", "이영희 😀", "👩‍👩‍👧‍👦🎉", 'O\'Hara \\ "x"', "", None, "né à Zürich", "日本語テスト"]
TARGET = "mydb2.copy_of_users"
TOPIC = "copy_of_users"


def people(chunk: int) -> list[dict[str, object]]:
    """Return a quarter of the rows, no two alike, with a time in every second of a day of summer time and leap years."""
    numbers = range(chunk * ROWS // CHUNKS, (chunk + 1) * ROWS // CHUNKS)
    start = pd.Timestamp("2024-02-29 00:00:00")
    return [
        {
            "user_id": f"user {number}",
            "pwd": None if number % 7 == 0 else f"{number:020}",
            "name": NAMES[number % len(NAMES)],
            "created_at": str(start + pd.Timedelta(minutes=number * 13)),
        }
        for number in numbers
    ]


@dataclass
class Chain:
    """A source and a sink on a lab of the test's own."""

    own: OwnLab
    lab: Lab
    client: ConnectClient
    source: Config
    sink: Config

    def copied(self) -> int:
        if TOPIC not in database.tables(database.engine(self.lab, "sink")):
            return 0
        return int(database.frame(self.lab, f"SELECT COUNT(*) AS n FROM {TARGET}")["n"].item())

    def wait_running(self) -> None:
        for config in (self.source, self.sink):
            self.client.wait_running(config["name"])


@pytest.fixture(scope="module")
def chain(own_lab: OwnLab) -> Iterator[Chain]:
    lab = own_lab.attach()
    client = ConnectClient(lab)
    database.create_users(lab)
    source = connectors.debezium_source(lab, "chain-source", ["users"], topic_prefix="copy_of_")
    few = {"consumer.override.max.poll.records": 50}  # at a time, so that a kill falls between two transactions of many
    sink = connectors.debezium_sink(lab, "chain-sink", [TOPIC], deletes=True, config=few)
    client.run(source)
    client.run(sink)
    yield Chain(own_lab, lab, client, source, sink)


def test_every_row_arrives_whatever_is_killed(chain: Chain) -> None:
    lab, client = chain.lab, chain.client
    database.execute(lab, INSERT, people(0))
    chain.own.kill("connect")
    assert chain.copied() < ROWS // CHUNKS, "rows were on their way when the worker was killed"
    with pytest.raises(LabNotRunning, match=r"No Kafka Connect worker answers at http://127.*lab up"):
        client.status("chain-sink")
    database.execute(lab, INSERT, people(1))
    chain.own.up()
    wait_until(lambda: chain.copied() > 0, 60, "the first rows in the sink's table")

    chain.own.kill("mariadb")
    with pytest.raises(LabNotRunning, match=r"No database answers at 127"):
        database.frame(lab, "SELECT 1")
    failure = client.wait_failed("chain-sink")
    assert failure.connector == "chain-sink" and "lab up" in failure.next_step, failure.cause
    chain.own.up()
    for name in ("chain-source", "chain-sink"):  # the source fails too if it was asking at that moment
        client.restart(name, only_failed=True)
    chain.wait_running()

    before = chain.copied()
    database.execute(lab, INSERT, people(2))
    wait_until(lambda: chain.copied() > before, 60, "more rows in the sink's table")
    chain.own.kill("connect")
    database.execute(lab, INSERT, people(3))
    chain.own.up()
    chain.wait_running()
    wait_until(lambda: chain.copied() == ROWS, 120, f"{ROWS} rows in {TARGET}", last_seen=chain.copied)

    made, arrived = (
        database.frame(lab, f"SELECT id, user_id, pwd, name, created_at FROM {table} ORDER BY id")
        for table in ("users", TARGET)
    )
    sent = [person for chunk in range(CHUNKS) for person in people(chunk)]
    assert made["user_id"].tolist() == [person["user_id"] for person in sent]
    assert [None if pd.isna(name) else name for name in arrived["name"]] == [person["name"] for person in sent]
    pd.testing.assert_frame_equal(made, arrived, check_dtype=False)


def test_the_topic_holds_every_row_at_least_once_and_in_order(chain: Chain) -> None:
    count = int(topics.describe(chain.lab, TOPIC)["end offset"].sum())
    messages = records.consume(chain.lab, TOPIC, count, timeout=60)
    ids = [json.loads(message.key())["payload"]["id"] for message in messages]
    assert sorted(set(ids)) == list(range(1, ROWS + 1))
    firsts = list(dict.fromkeys(ids))
    assert firsts == sorted(firsts), "repeated perhaps after a kill, never overtaken"


def test_no_secret_is_told_or_written_anywhere(chain: Chain) -> None:
    folder = chain.own.home / "secrets"
    secrets = [file.read_bytes() for file in folder.iterdir()]
    assert len(secrets) == 5 and all(len(secret) > 20 for secret in secrets)
    told = json.dumps([chain.client.frame().to_dict(), *_answers(chain.client)]).encode()
    count = int(topics.describe(chain.lab, "connect-configs")["end offset"].sum())
    kept = b"".join(message.value() or b"" for message in records.consume(chain.lab, "connect-configs", count))
    assert b"sink.password}" in told and b"source.password}" in kept, "the placeholders stand where a password would"
    for secret in secrets:
        assert secret not in told + kept
        assert [
            file for file in _files(chain.own.home) if folder not in file.parents and secret in file.read_bytes()
        ] == []


def test_a_worker_that_hangs_is_told_in_time(chain: Chain) -> None:
    worker = next(it for it in chain.own.processes() if it.pid == chain.own.pids()["connect"])
    worker.suspend()
    try:
        with pytest.raises(TimedOut, match=r"did not answer GET /connectors within 1 s.*lab status"):
            ConnectClient(chain.lab, timeout=1).connectors()
    finally:
        worker.resume()
    chain.wait_running()


def test_a_database_that_comes_back_is_found_again_by_both(chain: Chain) -> None:
    """Nobody has to restart what was idle while the database was away."""
    chain.own.kill("mariadb")
    chain.own.up()
    database.execute(chain.lab, "DELETE FROM users WHERE id <= 10")
    wait_until(lambda: chain.copied() == ROWS - 10, 60, "ten rows less", last_seen=chain.copied)
    chain.wait_running()


def _answers(client: ConnectClient) -> list[object]:
    ask = (client.get, client.config, client.tasks, client.status, client.offsets)
    return [one(name) for name in client.connectors() for one in ask]


def _files(home: Path) -> list[Path]:
    return [file for file in home.rglob("*") if file.is_file()]
