# SPDX-License-Identifier: Apache-2.0
"""`lab reconcile`: what it prints, its exit codes, and given servers."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import URL

from helpers import database, processes, records, topics
from helpers.command import cli
from helpers.errors import LabError, LabNotRunning
from helpers.lab import Lab
from tests.resources import LAB

NOT_RUNNING = LabNotRunning.exit_code


@pytest.fixture
def planted(lab: Lab) -> Iterator[str]:
    """A topic and a table of the same name. One key is lost, one doubled, one strange."""
    with topics.temporary(lab, "command", 2) as name:
        records.produce(lab, name, [(None, {"id": number}) for number in range(100)])
        database.execute(lab, f"CREATE TABLE mydb2.`{name}` (id INT, other INT)")
        rows = [{"id": number} for number in [*range(3), *range(4, 101), 7]]
        database.execute(lab, f"INSERT INTO mydb2.`{name}` (id) VALUES (:id)", rows)
        yield name
        database.drop(lab, f"mydb2.{name}")


def arguments(name: str, *more: str, key: str = "id") -> list[str]:
    return ["reconcile", "--topic", name, "--table", f"mydb2.{name}", "--key", key, *more]


JSON = {
    "in_topic": 100,
    "rows": 101,
    "lost": {"count": 1, "keys": ["3"]},
    "doubled": {"count": 1, "keys": ["7"]},
    "strange": {"count": 1, "keys": ["100"]},
    "on_the_way": 0,
}


def test_what_it_prints(planted: str) -> None:
    done = processes.run([LAB, *arguments(planted)], environment=os.environ, timeout=60)
    assert done.returncode == 1, done.stderr
    for line in ("100 records of 100 keys", "rows          101", "lost          1 (3)", "doubled       1 (7)"):
        assert line in done.stdout
    assert f"Topic {planted}: field 'id' of the record's value" in done.stdout
    assert "No group is given" in done.stderr


def test_given_servers_and_a_password_file(planted: str, lab: Lab, tmp_path: Path) -> None:
    place = database.address(lab)
    password = database.password_file(place, "sink").read_text("ascii")
    (tmp_path / "password").write_text(password + "\n")
    url = URL.create("mariadb", username="sink", host=place.host, port=place.port, database="mydb2")
    given = {
        "LAB_HOME": str(tmp_path / "nothing"),
        "LAB_BOOTSTRAP_SERVERS": lab.bootstrap_servers,
        "LAB_DATABASE_URL": str(url),
        "LAB_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
    }
    done = processes.run([LAB, *arguments(planted, "--json")], environment={**os.environ, **given}, timeout=60)
    assert (done.returncode, json.loads(done.stdout)) == (1, JSON), done.stderr
    wrong = {**given, "LAB_DATABASE_PASSWORD_FILE": str(tmp_path / "none")}
    for variables, code, said in (
        (wrong, 2, "cannot be read"),
        ({**given, "LAB_DATABASE_URL": ""}, NOT_RUNNING, "Set LAB_DATABASE_URL"),
        ({**given, "LAB_DATABASE_PASSWORD_FILE": ""}, 1, "(1045). Check LAB_DATABASE_URL"),
        (
            {**given, "LAB_DATABASE_URL": "mysql://sink@127.0.0.1:9/x"},
            NOT_RUNNING,
            "No database answers at 127.0.0.1:9",
        ),
    ):
        complains(CliRunner(env=variables), arguments(planted), code, said)


def test_watching_ends_by_ctrl_c(planted: str, lab: Lab) -> None:
    started = processes.start([LAB, *arguments(planted, "--watch", "--json")], output=processes.PIPE)
    with started:
        assert started.stdout
        assert json.loads(started.stdout.readline()) == JSON
        database.execute(lab, f"INSERT INTO mydb2.`{planted}` (id) VALUES (3)")
        assert json.loads(started.stdout.readline()) == {**JSON, "rows": 102, "lost": {"count": 0, "keys": []}}
        os.kill(started.pid, signal.SIGINT)
        assert started.wait() == cli.INTERRUPTED
        assert started.stdout.read() == ""


def complains(runner: CliRunner, words: list[str], code: int, said: str) -> None:
    done = runner.invoke(cli.lab, words)
    assert isinstance(done.exception, LabError), done.output
    assert (done.exception.exit_code, done.stdout) == (code, "")
    assert said in str(done.exception)


def test_bad_input(planted: str) -> None:
    runner = CliRunner()
    complains(runner, arguments(planted, key="other"), 2, "have no key 'other', or are no JSON. Name a field")
    complains(runner, arguments(planted, "--group", "nobody"), 2, "Group 'nobody' has committed nothing on topic")
    complains(runner, arguments(planted, key="nothing"), 2, "has no column 'nothing'. It has id, other.")


def test_whole_keys_that_are_no_keys_of_the_table(planted: str, lab: Lab) -> None:
    with topics.temporary(lab, "command") as other:
        words = ["reconcile", "--topic", other, "--table", f"mydb2.{planted}", "--key", "id"]
        done = CliRunner().invoke(cli.lab, words)
        assert (done.exit_code, "strange       100" in done.stdout, "has no record" in done.stderr) == (1, True, True)
        records.produce(lab, other, [("cart 1", b"no JSON"), ("cart 2", b"")])
        complains(CliRunner(), words, 2, "no row of table")


def test_without_a_lab(tmp_path: Path) -> None:
    complains(CliRunner(env={"LAB_HOME": str(tmp_path)}), arguments("orders"), NOT_RUNNING, "No lab runs in")
