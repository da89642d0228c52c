# SPDX-License-Identifier: Apache-2.0
"""A storm: twenty kill -9 over the servers and `lab up` itself, while 10,000 changes run from a table to its mirror.

Between two kills nobody does more than `./lab up` again. Connect leaves a task that has failed as it is: one that lost its
database is restarted at the end, by its REST interface. The order of the kills is drawn; STORM_SEED repeats one.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
import pymysql
from sqlalchemy.exc import DBAPIError

from helpers import connectors, database
from helpers.connect import ConnectClient
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.waiting import wait_until
from tests.resources import SERVERS, OwnLab

KILLS = 20
CHANGES = 10_000
BATCH = 50
KEYS = 2_000
TABLE, MIRROR = "storm", "copy_of_storm"
NAMES = ["김철수", "이영희 😀", 'O\'Hara \\ "x"', "", None, "né à Zürich"]
PUT = f"REPLACE INTO {TABLE} (id, user_id, pwd, name, created_at) VALUES (:id, :user_id, :pwd, :name, :created_at)"
TAKE = f"DELETE FROM {TABLE} WHERE id = :id"
READ = "SELECT id, user_id, pwd, name, created_at FROM {} ORDER BY id"
PATIENT = {"flush.max.retries": 120, "flush.retry.delay.ms": 500}
"""By default the sink gives a database up that is away for five seconds."""

Row = dict[str, object]


def changed(number: int) -> Row:
    """Return the row that the change `number` writes."""
    time = pd.Timestamp("2024-02-29") + pd.Timedelta(seconds=number)
    name = NAMES[number % len(NAMES)]
    return {"id": number % KEYS + 1, "user_id": f"user {number}", "pwd": None, "name": name, "created_at": str(time)}


@dataclass
class Writer:
    """Makes the changes in transactions of `BATCH`, in its own thread. One that may have failed is made again: it is the same."""

    lab: Lab
    random: random.Random
    rows: dict[object, Row] = field(default_factory=dict)
    failed: Exception | None = None
    allowed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _let: int = 0

    def run(self) -> None:
        try:
            for first in range(0, CHANGES, BATCH):
                assert self.allowed.acquire(timeout=300), "nobody wants more changes"
                batch = [(changed(number), self.random.random() < 0.2) for number in range(first, first + BATCH)]
                wait_until(partial(self._written, batch), 240, "the database to take a transaction")
        except (AssertionError, LabError) as error:
            self.failed = error

    def _written(self, batch: list[tuple[Row, bool]]) -> bool:
        try:
            with database.connect(self.lab) as connection, connection.begin():
                for row, gone in batch:
                    database.ask(connection, TAKE if gone else PUT, {"id": row["id"]} if gone else row)
        except (LabError, pymysql.MySQLError, DBAPIError):  # the database was killed, perhaps after it had taken them
            return False
        for row, gone in batch:
            self.rows.pop(row["id"], None) if gone else self.rows.update({row["id"]: row})
        return True

    def reach(self, count: int) -> None:
        """Let the writer make `count` changes in all. Does not wait for it."""
        while self._let < count:
            self.allowed.release()
            self._let += BATCH


@contextmanager
def writing(writer: Writer) -> Iterator[None]:
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    yield
    writer.reach(CHANGES)
    thread.join(300)
    assert not thread.is_alive() and not writer.failed, writer.failed


def orders(seed: int) -> list[tuple[list[str], int]]:
    """Return the rounds: which servers are killed, and after how many lines `lab up` is killed, 0 for not at all."""
    chosen, left, found = random.Random(seed), KILLS, []
    while left:
        servers = chosen.sample(SERVERS, min(left, chosen.choice([1, 2, 2, 3])))
        left -= len(servers)
        cut = chosen.randint(1, 4) if left else 0
        left -= bool(cut)
        found.append((servers, cut))
    return found


def storm(own: OwnLab, writer: Writer, seed: int) -> int:
    """Let the storm happen, and return how many were killed."""
    rounds, killed = orders(seed), 0
    for number, (servers, cut) in enumerate(rounds, 1):
        writer.reach(CHANGES * number // len(rounds) // BATCH * BATCH)
        for name in servers:
            own.kill(name)
        killed += len(servers) + bool(cut)
        if cut:
            cut_off(own, cut)
        own.up()
    return killed


def cut_off(own: OwnLab, lines: int) -> None:
    """Run `lab up` and kill it after so many lines. What it has started goes on."""
    starting = own.start("up")
    assert starting.stdout
    for _ in range(lines):
        starting.stdout.readline()
    starting.kill()
    starting.communicate(timeout=60)


def same(lab: Lab) -> bool:
    """Whether both tables have the same rows now, field by field."""
    if MIRROR not in database.tables(database.engine(lab, "sink")):
        return False
    one, other = (database.frame(lab, READ.format(table)) for table in (TABLE, f"mydb2.{MIRROR}"))
    return one.astype(object).equals(other.astype(object))


def restarted(client: ConnectClient) -> bool:
    """Restart the tasks that have failed, and return False: the tables are not the same yet."""
    for name in ("storm-source", "storm-sink"):
        client.restart(name, only_failed=True)
    return False


def test_a_storm_loses_nothing(file_lab: OwnLab) -> None:
    seed = int(os.environ.get("STORM_SEED") or random.SystemRandom().randrange(10**6))
    print(f"STORM_SEED={seed}: {orders(seed)}")
    lab = file_lab.attach()
    client = ConnectClient(lab, timeout=60)
    database.create_users(lab, TABLE)
    client.run(connectors.debezium_source(lab, "storm-source", [TABLE], topic_prefix="copy_of_"))
    client.run(connectors.debezium_sink(lab, "storm-sink", [MIRROR], deletes=True, config=PATIENT))
    writer = Writer(lab, random.Random(seed))
    with writing(writer):
        assert storm(file_lab, writer, seed) == KILLS
    made = database.frame(lab, READ.format(TABLE))
    assert made["user_id"].tolist() == [writer.rows[key]["user_id"] for key in sorted(writer.rows)]  # type: ignore[type-var]
    try:
        wait_until(lambda: same(lab) or restarted(client), 120, f"{MIRROR} to equal {TABLE}", pause=2)
    finally:
        print(client.frame().to_string())


def test_every_storm_has_as_many_kills_and_kills_everything() -> None:
    for rounds in map(orders, range(50)):
        assert sum(len(servers) + bool(cut) for servers, cut in rounds) == KILLS
        assert {name for servers, _ in rounds for name in servers} == set(SERVERS)
        assert sum(bool(cut) for _, cut in rounds) >= 3
