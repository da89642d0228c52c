# SPDX-License-Identifier: Apache-2.0
"""The whole chain, table to topic to table, while its servers are killed: every row arrives, and no secret leaks."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd
import pytest

from helpers import connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import Config
from helpers.connectors.parts import Vendor
from helpers.errors import LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.waiting import wait_until
from tests.resources import OwnLab

ROWS = 10_000
CHUNKS = 4
INSERT = "INSERT INTO {} (user_id, pwd, name, created_at) VALUES (:user_id, :pwd, :name, :created_at)"
NAMES = ["김철수", "이영희 😀", "👩‍👩‍👧‍👦🎉", 'O\'Hara \\ "x"', "", None, "né à Zürich", "日本語テスト"]


def people(chunk: int) -> list[dict[str, object]]:
    """Return a quarter of the rows. A row is 13 minutes later than the one before, from a leap day to summer time."""
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
    """A source and a sink on the test's own lab, which copy `table` to a topic and to a table named `copy`."""

    own: OwnLab
    lab: Lab
    client: ConnectClient
    table: str
    source: Config
    sink: Config

    @property
    def copy(self) -> str:
        return f"copy_of_{self.table}"

    def insert(self, chunk: int) -> None:
        database.execute(self.lab, INSERT.format(self.table), people(chunk))

    def copied(self) -> int:
        if self.copy not in database.tables(database.engine(self.lab, "sink")):
            return 0
        return int(database.frame(self.lab, f"SELECT COUNT(*) AS n FROM mydb2.{self.copy}")["n"].item())

    def wait_running(self) -> None:
        for config in (self.source, self.sink):
            self.client.wait_running(config["name"])


def connected(own: OwnLab, family: str) -> Chain:
    """Make the chain of a family of connectors, with its own table, and return it running."""
    lab, table = own.attach(), family.lower().replace(" ", "_")
    client = ConnectClient(lab)
    database.create_users(lab, table)
    name, copy = table.replace("_", "-"), f"copy_of_{table}"
    few = {"consumer.override.max.poll.records": 50}  # at a time, so that a kill falls between two transactions of many
    if family == "Debezium":
        source = connectors.debezium_source(lab, f"{name}-source", [table], topic_prefix="copy_of_")
        sink = connectors.debezium_sink(lab, f"{name}-sink", [copy], deletes=True, config=few)
    else:
        vendor: Vendor = "confluent" if family.startswith("Confluent") else "aiven"
        source = connectors.jdbc_source(
            lab, f"{name}-source", [table], topic_prefix="copy_of_", key="id", vendor=vendor
        )
        few |= {"max.retries": 1, "retry.backoff.ms": 200}  # by default it fails after half a minute
        sink = connectors.jdbc_sink(lab, f"{name}-sink", [copy], key_fields=["id"], vendor=vendor, config=few)
    client.run(connectors.poll_every(lab, 50, source))
    client.run(sink)
    return Chain(own, lab, client, table, source, sink)


@pytest.fixture(scope="module")
def chain(file_lab: OwnLab) -> Chain:
    return connected(file_lab, "Debezium")


def test_every_row_arrives_whatever_is_killed(chain: Chain) -> None:
    kill_and_mend(chain)
    compare(chain)


def kill_and_mend(chain: Chain) -> None:
    """Insert the rows while the worker is killed twice and the database once, and wait until all have been copied."""
    lab, client, sink = chain.lab, chain.client, chain.sink["name"]
    chain.insert(0)
    chain.own.kill("connect")
    assert chain.copied() < ROWS // CHUNKS, "rows were on their way when the worker was killed"
    with pytest.raises(LabNotRunning, match=r"No Kafka Connect worker answers at http://127.*lab up"):
        client.status(sink)
    chain.insert(1)
    chain.own.up()
    wait_until(lambda: chain.copied() > 0, 60, "the first rows in the sink's table")

    chain.own.kill("mariadb")
    with pytest.raises(LabNotRunning, match=r"No database answers at 127"):
        database.frame(lab, "SELECT 1")
    failure = client.wait_failed(sink)
    assert failure.connector == sink and "lab up" in failure.next_step, failure.cause
    chain.own.up()
    for name in (chain.source["name"], sink):  # the source fails too if it was asking at that moment
        client.restart(name, only_failed=True)
    chain.wait_running()

    before = chain.copied()
    chain.insert(2)
    wait_until(lambda: chain.copied() > before, 60, "more rows in the sink's table")
    chain.own.kill("connect")
    chain.insert(3)
    chain.own.up()
    chain.wait_running()
    wait_until(lambda: chain.copied() == ROWS, 120, f"{ROWS} rows in {chain.copy}", last_seen=chain.copied)


def compare(chain: Chain) -> None:
    """Both tables hold the same, field by field, and the topic every row at least once, and in order."""
    made, arrived = (
        database.frame(chain.lab, f"SELECT id, user_id, pwd, name, created_at FROM {table} ORDER BY id")
        for table in (chain.table, f"mydb2.{chain.copy}")
    )
    sent = [person for chunk in range(CHUNKS) for person in people(chunk)]
    assert made["user_id"].tolist() == [person["user_id"] for person in sent]
    assert [None if pd.isna(name) else name for name in arrived["name"]] == [person["name"] for person in sent]
    pd.testing.assert_frame_equal(made, arrived, check_dtype=False)
    count = int(topics.describe(chain.lab, chain.copy)["end offset"].sum())
    messages = records.consume(chain.lab, chain.copy, count, timeout=60)
    ids = [json.loads(message.key() or b"")["payload"]["id"] for message in messages]
    assert sorted(set(ids)) == list(range(1, ROWS + 1))
    firsts = list(dict.fromkeys(ids))
    assert firsts == sorted(firsts), "repeated perhaps after a kill, never overtaken"


def test_no_secret_is_told_or_written_anywhere(chain: Chain) -> None:
    secrets = [word.encode() for word in chain.own.passwords().values()]
    assert len(secrets) == 6 and all(len(secret) > 20 for secret in secrets)
    told = json.dumps([chain.client.frame().to_dict(), *_answers(chain.client)]).encode()
    count = int(topics.describe(chain.lab, "connect-configs")["end offset"].sum())
    kept = b"".join(message.value() or b"" for message in records.consume(chain.lab, "connect-configs", count))
    assert b"sink.password}" in told and b"source.password}" in kept, "the placeholders stand where a password would"
    assert not [secret for secret in secrets if secret in told + kept]
    assert chain.own.files_with_a_password() == set()


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
    """No restart is needed for what was idle while the database was away."""
    chain.own.kill("mariadb")
    chain.own.up()
    database.execute(chain.lab, f"DELETE FROM {chain.table} WHERE id <= 10")
    wait_until(lambda: chain.copied() == ROWS - 10, 60, "ten rows less", last_seen=chain.copied)
    chain.wait_running()


@pytest.mark.parametrize("family", ["Confluent JDBC", "Aiven JDBC"])
def test_every_row_arrives_by_the_jdbc_connectors_too(file_lab: OwnLab, family: str) -> None:
    if not connectors.families(file_lab.attach())[f"{family} source"]:
        pytest.skip(f"{family}'s connectors are not on this worker")
    chain = connected(file_lab, family)
    kill_and_mend(chain)
    compare(chain)


def _answers(client: ConnectClient) -> list[object]:
    ask = (client.get, client.config, client.tasks, client.status, client.offsets)
    return [one(name) for name in client.connectors() for one in ask]
