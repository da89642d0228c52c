# SPDX-License-Identifier: Apache-2.0
"""The lab with MySQL instead of MariaDB, on a real one: what conda has, and what the lab in containers runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from helpers import connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.errors import DatabaseFailed
from helpers.project import ROOT
from helpers.reconcile import Reconciler
from helpers.reconcile.reconciler import By
from helpers.waiting import wait_until
from tests.notebooks.execution import execute
from tests.resources import OwnLab

INSERT = "INSERT INTO users (user_id, pwd, name) VALUES (:user_id, NULL, :name)"
NAMES = ["김하늘 🌱", "né à Zürich", "日本語テスト", 'O\'Hara \\ "x"', "", None]
ROWS = 3_000


def people(first: int) -> list[dict[str, object]]:
    return [{"user_id": f"user {n}", "name": NAMES[n % len(NAMES)]} for n in range(first, first + ROWS // 3)]


def test_the_command_knows_its_database(mysql_lab: OwnLab) -> None:
    told = json.loads(mysql_lab.run("status", "--json").stdout)
    assert told["servers"].keys() == {"kafka", "connect", "mysql"} == mysql_lab.pids().keys()
    assert told["database"]["product"] == "mysql"
    assert all(server["memory"] and server["uptime"] for server in told["servers"].values())
    assert "ready for connections" in mysql_lab.run("logs", "mysql").stdout
    doctor = mysql_lab.run("doctor")
    assert (doctor.returncode, "Database: MySQL 8" in doctor.stdout) == (0, True), doctor.stdout
    assert "MySqlConnector" in mysql_lab.run("plugins", "list").stdout


def test_no_password_is_left_where_the_accounts_were_made(mysql_lab: OwnLab) -> None:
    assert mysql_lab.files_with_a_password() == set()


def test_a_topic_is_compared_with_a_table_in_both_ways(mysql_lab: OwnLab) -> None:
    lab = mysql_lab.attach()
    database.execute(lab, "CREATE TABLE mydb2.compared (id INT, name VARCHAR(9))")
    rows = [{"id": number, "name": f"열쇠 {number}"} for number in range(20)]
    database.execute(lab, "INSERT INTO mydb2.compared VALUES (:id, :name)", [*rows[:17], *rows[18:], rows[0]])
    with topics.temporary(lab, "compared") as topic:
        records.produce(lab, topic, [(None, row) for row in rows])
        for key, lost, doubled in (("id", "17", "0"), ("name", "열쇠 17", "열쇠 0")):
            for by in get_args(By):
                with Reconciler(lab, topic, "mydb2.compared", key, by=by) as reconciler:
                    found = reconciler.look()
                assert (found.lost.keys, found.doubled.keys, found.strange.count) == ((lost,), (doubled,), 0)
    database.drop(lab, "mydb2.compared")


def test_each_account_may_do_what_it_needs_and_no_more(mysql_lab: OwnLab) -> None:
    lab = mysql_lab.attach()
    for role, allowed, refused in (
        ("owner", "CREATE TABLE rights (id INT)", "SELECT * FROM mysql.user"),
        ("source", "SELECT * FROM rights", "DELETE FROM rights"),
        ("service", "DELETE FROM rights", "DROP TABLE rights"),
        ("sink", "CREATE TABLE rights (id INT)", "SELECT * FROM mydb1.rights"),
    ):
        engine = database.engine(lab, role)  # type: ignore[arg-type]
        database.execute(engine, allowed)
        with pytest.raises(DatabaseFailed, match=f"refused {role}'s statement"):
            database.execute(engine, refused)
    database.drop(lab, "rights", "mydb2.rights")


def test_every_row_arrives_although_the_database_is_killed(mysql_lab: OwnLab) -> None:
    """The first rows by a snapshot, the second by the log, the third after the kill; text in any script stays correct."""
    lab = mysql_lab.attach()
    client = ConnectClient(lab)
    database.create_users(lab)
    database.execute(lab, INSERT, people(0))
    source = connectors.poll_every(
        lab, 10, connectors.debezium_source(lab, "source", ["users"], topic_prefix="copy_of_")
    )
    with client.temporary(source), client.temporary(connectors.debezium_sink(lab, "sink", ["copy_of_users"])):
        wait_until(lambda: copied(mysql_lab) == ROWS // 3, 60, "the snapshot", last_seen=lambda: copied(mysql_lab))
        database.execute(lab, INSERT, people(ROWS // 3))
        mysql_lab.kill("mysql")
        mysql_lab.up()
        for name in ("source", "sink"):  # whichever was asking at that moment has failed
            client.restart(name, only_failed=True)
            client.wait_running(name)
        database.execute(lab, INSERT, people(2 * ROWS // 3))
        wait_until(lambda: copied(mysql_lab) == ROWS, 60, "all rows", last_seen=lambda: copied(mysql_lab))
        made, arrived = (
            database.frame(lab, f"SELECT id, user_id, name, created_at FROM {table} ORDER BY id").astype(object)
            for table in ("users", "mydb2.copy_of_users")
        )
    sent = [row["name"] for third in range(3) for row in people(third * ROWS // 3)]
    kept = [None if pd.isna(name) else name for name in made["name"]]
    assert [pair for pair in zip(sent, kept, strict=True) if pair[0] != pair[1]] == []
    pd.testing.assert_frame_equal(made, arrived)
    database.drop(lab, "users", "mydb2.copy_of_users")


def copied(own: OwnLab) -> int:
    lab = own.attach()
    if "copy_of_users" not in database.tables(database.engine(lab, "sink")):
        return 0
    return int(database.frame(lab, "SELECT COUNT(*) AS n FROM mydb2.copy_of_users")["n"].item())


@pytest.mark.parametrize("name", ["05_connect_a_rows_way", "06_connect_when_it_stops", "07_what_polling_misses"])
def test_the_lessons_on_databases_run_unchanged(
    mysql_lab: OwnLab, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in mysql_lab.environment().items():
        monkeypatch.setenv(variable, value)
    run = execute(ROOT / "notebooks" / f"{name}.ipynb", mysql_lab.attach(), tmp_path)
    assert run.left == frozenset()
