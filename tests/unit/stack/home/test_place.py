# SPDX-License-Identifier: Apache-2.0
"""Where a server lives, and which processes are it."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from helpers import processes
from helpers.stack.home.place import Place
from helpers.stack.servers.kafka import Kafka
from helpers.waiting import wait_until

WAITS = (sys.executable, "-c", "import threading; threading.Event().wait(60)")


def test_a_second_server_of_a_kind_has_a_place_of_its_own(tmp_path: Path) -> None:
    first, second = Place(tmp_path, "kafka"), Place(tmp_path, "kafka-2")
    left = processes.spawn([*WAITS, second.settings], cwd=tmp_path, log=second.log)
    wait_until(second.find, 20, "the second to run")
    assert first.find() is None
    assert not first.end(5)
    assert second.end(5)
    assert left.wait(5) and second.find() is None
    assert (Kafka.title_of(first), Kafka.title_of(second)) == ("Apache Kafka", "Apache Kafka 2")


def test_what_still_makes_a_data_folder_is_ended_too(tmp_path: Path) -> None:
    place = Place(tmp_path, "mariadb")
    left = processes.spawn([*WAITS, f"--datadir={place.draft}"], cwd=tmp_path, log=place.log)
    wait_until(lambda: processes.find_all(f"--datadir={place.draft}"), 20, "the maker to run")
    assert not place.end(5), "no server ran"
    assert left.wait(5)


def test_a_server_that_ends_while_it_is_asked_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = processes.spawn([sys.executable, "-c", ""], cwd=tmp_path, log=tmp_path / "log")
    process = psutil.Process(gone.pid)
    gone.wait()
    monkeypatch.setattr(Place, "find", lambda place: process)
    status = Kafka.status(Place(tmp_path, "kafka"), 9092, "4.3.0")
    assert not status.running
    assert (status.pid, status.memory, status.uptime) == (None, None, None)
