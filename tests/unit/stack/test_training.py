# SPDX-License-Identifier: Apache-2.0
"""The training for faster starts: it begins only where it can succeed, and it fails nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers import processes
from helpers.settings import Settings
from helpers.stack import training
from helpers.stack.home.place import Place
from helpers.stack.install import artifacts
from helpers.stack.progress import Silent
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka, Node
from tests.reports import Heard


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Java:
    """A Java whose downloads are complete, and nothing that starts a process."""
    found = Java([], tmp_path / "aot")
    monkeypatch.setattr(artifacts, "has_kafka", lambda cache: True)
    monkeypatch.setattr(training, "tools_java", lambda settings: found)
    monkeypatch.setattr(processes, "spawn", lambda command, **_: None)
    return found


def begins(tmp_path: Path) -> bool:
    return training.begin(Settings(home=tmp_path, cache=tmp_path))


def recorded(java: Java, tmp_path: Path) -> Kafka:
    node = Node(1, 1, 2)
    server = Kafka(Place(tmp_path, "kafka"), node, [node], cluster_id="", version="", java=java)
    server.train_into = tmp_path / "made.aot"
    java.aot.mkdir(parents=True)
    return server


def test_it_begins_while_a_cache_is_missing(java: Java, tmp_path: Path) -> None:
    assert begins(tmp_path)
    java.aot.mkdir(parents=True)
    for kind in ("kafka", "connect"):
        java.cache(kind).touch()
    assert not begins(tmp_path)


def test_it_does_not_begin_without_the_downloads(java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "has_kafka", lambda cache: False)
    assert not begins(tmp_path)


def test_it_does_not_begin_in_a_cache_that_cannot_be_written(
    java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A teacher's. The user may be one who can write everywhere, so the system's answer is replaced."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not begins(tmp_path)


def test_it_does_not_begin_on_a_disk_that_is_nearly_full(
    java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_ROOM", 1 << 62)
    assert not begins(tmp_path)


def test_java_that_writes_no_cache_is_no_failure(java: Java, tmp_path: Path) -> None:
    report, server = Heard(), recorded(java, tmp_path)
    assert not training.is_trained(java)
    training._keep(server, report)
    assert training.is_trained(java) and "starts more slowly" in report.lines[0]
    assert not begins(tmp_path), "in vain, each time"


def test_a_cache_that_was_cut_off_is_not_kept(tmp_path: Path) -> None:
    """Java would refuse it at each start, for ever."""
    java, report = Java([], tmp_path / "aot"), Heard()
    server = recorded(java, tmp_path)
    assert server.train_into
    server.train_into.write_bytes(b"\xb4\xb0\xba\xf0" * 1000)
    training._keep(server, report)
    assert not java.cache("kafka").exists()


def test_the_second_of_two_trainings_leaves_it_to_the_first(java: Java, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(*_: object) -> None:
        report = Heard()
        training.train(java, [], report, patience=0.01)
        assert report.lines == ["Another lab is making these caches."]

    monkeypatch.setattr(training, "_train", second)
    training.train(java, [], Silent(), patience=1)
