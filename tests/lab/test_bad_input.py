# SPDX-License-Identifier: Apache-2.0
"""Bad input: one sentence that says what is wrong and what to do, an exit code, no traceback, nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.processes import Finished
from tests.resources import OwnLab, cache_folder


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fly"], 2, "No such command 'fly'"),
        (["up", "--fast"], 2, "No such option"),
        (["logs"], 2, "Missing argument"),
        (["logs", "zookeeper"], 2, "is not one of"),
        (["logs", "kafka", "-n", "0"], 2, "0 is not in the range"),
        (["logs", "kafka"], 3, "There is no log of kafka"),
        (["status"], 3, "There is no lab in"),
        (["status", "--json"], 3, "There is no lab in"),
        (["plugins", "remove", "nothing"], 2, "No plugin nothing was added"),
        (["plugins", "add", "/no/such/file.zip"], 2, "cannot be read as a plugin"),
        (
            ["plugins", "add", "http://kim:geheim@127.0.0.1:9/connector.zip"],
            5,
            "connector.zip could not be downloaded from 127",
        ),
        (["bench", "--only", "everything"], 2, "everything"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_usage(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    _complains(OwnLab(tmp_path / "home", cache_folder()).run(*arguments), code, said)


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _complains(OwnLab(tmp_path / "file" / "home", cache_folder()).run("up"), 1, "cannot be written")


def test_a_home_that_kafka_could_not_name(tmp_path: Path) -> None:
    _complains(OwnLab(tmp_path / "a:b", cache_folder()).run("up"), 2, "contains :, which Kafka cannot read")
    assert not (tmp_path / "a:b").exists()


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _complains(OwnLab(tmp_path / "home", tmp_path / "file" / "cache").run("up"), 1, "cannot be written")


def test_a_database_server_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mariadbd").write_text("")
    done = OwnLab(tmp_path / "home", cache_folder()).run("up", LAB_DATABASE_SERVER=str(tmp_path / "bin" / "mariadbd"))
    _complains(done, 7, "No database server was found")


def test_damaged_state(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "lab.json").write_text('{"ports": ')
    for verb in ("up", "status", "doctor"):
        done = OwnLab(tmp_path / "home", cache_folder()).run(verb)
        assert done.returncode == 1
        assert "lab.json is damaged" in done.stderr + done.stdout
        assert "Traceback" not in done.stderr + done.stdout


def test_data_of_another_version(own_lab: OwnLab) -> None:
    own_lab.run("down")
    path = own_lab.home / "lab.json"
    before = path.read_text()
    for name, title in (("kafka", "Kafka"), ("mariadb", "MariaDB")):
        content = json.loads(before)
        content["versions"][name] = "1.2.3"
        path.write_text(json.dumps(content))
        _complains(own_lab.run("up"), 1, f"{title} 1.2.3")
    path.write_text(before)
    own_lab.up()


def _complains(done: Finished, code: int, said: str) -> None:
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr and "geheim" not in done.stderr
    assert done.stderr.startswith("lab: ")
    assert done.stdout == ""
