# SPDX-License-Identifier: Apache-2.0
"""Who needs Connect waits while it starts, and only then. A server that listens stands for it."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.errors import ServerFailed
from helpers.lab import Lab
from helpers.processes import spawn
from helpers.stack.home.place import Place
from helpers.stack.home.state import State
from helpers.stack.servers.worker import Worker
from helpers.waiting import wait_until

LISTENS_AT_LAST = (
    "import socket, sys, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)\n"
    "time.sleep(float(sys.argv[1])); s.listen(); time.sleep(60)"
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, "connect")


def worker(place: Place, seconds: str) -> Lab:
    """Start a program at the worker's place that listens after `seconds`, and return the lab that has it."""
    process = spawn([sys.executable, "-c", LISTENS_AT_LAST, seconds, place.settings], cwd=place.home, log=place.log)
    port = wait_until(lambda: place.log.read_text().strip() or process.poll(), 20, "the program to have a port")
    State({"connect": int(str(port))}, "", {}).save(place.home)
    return Lab("127.0.0.1:1", f"http://127.0.0.1:{port}", home=place.home)


def test_a_worker_that_starts_is_waited_for(place: Place) -> None:
    lab = worker(place, "1")
    assert Worker.status(place, _port(lab), "1").starting
    lab.wait_connect()
    assert not Worker.status(place, _port(lab), "1").starting
    place.end(5)


def test_a_worker_that_never_listens_is_told_with_its_log(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = worker(place, "60")
    monkeypatch.setattr(Worker, "start_timeout", 0.2)
    with pytest.raises(ServerFailed, match=rf"Waited 0.2 s for Kafka Connect to answer(?s:.*){_port(lab)}"):
        lab.wait_connect()
    place.end(5)


def test_a_worker_that_does_not_run_is_not_waited_for(place: Place) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        lab = Lab("127.0.0.1:1", f"http://127.0.0.1:{free.getsockname()[1]}", home=place.home)
        lab.wait_connect()
    lab = worker(place, "60")
    replace(
        lab, connect_url="http://127.0.0.1:9"
    ).wait_connect()  # somebody's own address, and not where that one starts
    place.end(5)
    Lab("127.0.0.1:1", "http://elsewhere.example:8083").wait_connect()


def _port(lab: Lab) -> int:
    return int(str(lab.connect_url).rsplit(":", 1)[1])
