# SPDX-License-Identifier: Apache-2.0
"""Several servers at once: an interruption ends at once, and leaves nothing that was on its way."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pymysql
import pytest

from helpers.errors import ServerFailed
from helpers.processes import Command
from helpers.stack.home.place import Place
from helpers.stack.install.database import Installation
from helpers.stack.progress import Silent
from helpers.stack.servers import starting
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.mariadb import MariaDB
from tests.reports import Heard


class Slow:
    """A server that takes until `going` to be started, and would never be ready."""

    name, version, address = "Slow", "1", "nowhere"

    def __init__(self) -> None:
        self.going = threading.Event()
        self.running = self.waited = False

    def start(self) -> bool:
        assert self.going.wait(20)
        self.running = True
        return True

    def wait_ready(self) -> None:
        self.waited = True

    def stop(self) -> None:
        self.running = False


class Broken(Slow):
    """A server that ends while it is starting, which lets the slow one go on."""

    def __init__(self, slow: Slow) -> None:
        super().__init__()
        self.slow = slow

    def start(self) -> bool:
        self.running = True
        return True

    def wait_ready(self) -> None:
        raise ServerFailed("It ended.")

    def stop(self) -> None:
        super().stop()
        self.slow.going.set()


def test_what_was_on_its_way_is_stopped_and_not_waited_for() -> None:
    slow = Slow()
    with pytest.raises(ServerFailed, match="It ended"):
        starting.start([broken := Broken(slow), slow], Silent())  # type: ignore[list-item]
    assert not slow.running and not broken.running
    assert not slow.waited, "its broker is gone: it would wait a minute and a half"


def test_a_server_that_is_needed_later_is_started_and_not_waited_for() -> None:
    slow, report = Slow(), Heard()
    slow.going.set()
    starting.start([slow], report, later=(Slow,))  # type: ignore[list-item, arg-type]
    assert slow.running and not slow.waited
    assert "Slow still starts, at nowhere" in report.lines


def test_passwords_that_are_not_of_the_data_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Installation(tmp_path / "mariadbd", tmp_path)
    server = MariaDB(
        Place(tmp_path, "mariadb"), 1, installation=nowhere, version="11.4.5", passwords={"owner": "another"}
    )

    def refuse(number: int) -> None:
        def connect(**_: object) -> None:
            raise pymysql.OperationalError(number, "in the server's words")

        monkeypatch.setattr(pymysql, "connect", connect)

    refuse(2003)
    assert server.is_ready() is False
    refuse(1045)
    with pytest.raises(ServerFailed, match=r"does not accept the passwords.*lab reset"):
        server.is_ready()


class Program(Kafka):
    """A broker that is another program: the Python `code`. It never answers."""

    code = ""
    start_timeout = 20.0

    def prepare(self) -> None:
        self.place.folder.mkdir(parents=True)
        self.place.log.parent.mkdir()
        self.place.log.write_text("a line of the run before\n")

    def command(self) -> Command:
        return [sys.executable, "-c", self.code, self.place.settings]

    def is_ready(self) -> bool:
        return False


def failure_of(code: str, home: Path) -> str:
    node = Node(1, 1, 2)
    server = Program(Place(home, "kafka"), node, [node], cluster_id="", version="", java=Java([], home))
    server.code = code
    server.start()
    with pytest.raises(ServerFailed) as failure:
        server.wait_ready()
    return str(failure.value)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals")
def test_a_server_that_was_killed_is_told_so_and_not_by_its_log(tmp_path: Path) -> None:
    told = failure_of("import os; os.kill(os.getpid(), 9)", tmp_path)
    assert "Apache Kafka was killed while it was starting." in told and "memory" in told and "`./lab up`" in told
    assert "run before" not in told


def test_a_server_that_ended_is_told_by_what_this_run_has_logged(tmp_path: Path) -> None:
    assert "run before" not in (told := failure_of("print('why'); raise SystemExit(1)", tmp_path))
    assert "ended while it was starting" in told and told.endswith("why")
    assert "It wrote nothing to its log" in failure_of("raise SystemExit(1)", tmp_path / "another")


def test_a_server_that_ends_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, "kafka")
    place.log.parent.mkdir()
    place.log.write_text("java.io.IOException: No space left on device\n")
    node = Node(1, 1, 2)
    kafka = Kafka(place, node, [node], cluster_id="a", version="1", java=Java([], tmp_path))
    assert "No space left" in str(kafka.failure("It ended.")), "the log explains all other ends"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    assert str(kafka.failure("It ended.")).startswith(f"It ended. The disk of {tmp_path} is full. Make room on it")
