# SPDX-License-Identifier: Apache-2.0
"""The worker's password: in two private files, and nowhere else."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from helpers.stack.home.place import Place
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java
from helpers.stack.servers.worker import Worker

WORD = "a-word_of-32-signs"


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    home = tmp_path / 'lab "home" 실습'
    home.mkdir()
    file = home / "connect.password"
    file.write_text(WORD)
    return Worker(
        Place(home, "connect"),
        8083,
        bootstrap_servers="127.0.0.1:9092",
        plugin_path=[],
        secrets=home / "secrets",
        login=Login("lab", str(file)),
        version="4",
        java=Java([], tmp_path),
    )


def test_the_password_is_in_one_private_file_and_not_on_the_command_line(worker: Worker) -> None:
    worker.prepare()
    files = list(worker.place.folder.iterdir())
    assert [path.name for path in files if WORD in path.read_text("utf-8")] == ["users.properties"]
    assert not [part for part in worker.command() if WORD in str(part)]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_worker_is_told_where_the_password_is(worker: Worker) -> None:
    worker.prepare()
    (flag,) = [str(part) for part in worker.command() if "auth.login.config" in str(part)]
    jaas = Path(flag.partition("=")[2]).read_text("utf-8")
    (quoted,) = re.findall(r'file="((?:\\.|[^"])+)";', jaas)
    file = Path(quoted.replace('\\"', '"'))  # as Java reads a quoted text
    assert file.read_text("utf-8") == f"lab={WORD}\n"


def test_another_password_makes_the_worker_start_again(worker: Worker) -> None:
    worker.prepare()
    assert worker.is_current()
    Path(worker.login.password_file).write_text("another")
    assert not worker.is_current()
