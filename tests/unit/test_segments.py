# SPDX-License-Identifier: Apache-2.0
"""Segment files are found in a lab's folder, and the batches in them are read from what Kafka's tool prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import kafka_tools, segments
from helpers.errors import Unsupported
from helpers.lab import Lab

DUMP = """Dumping /data/orders-0/00000000000000000000.log
Log starting offset: 0
baseOffset: 0 lastOffset: 0 count: 1 baseSequence: -1 isTransactional: false position: 0 CreateTime: 17 size: 109 magic: 2
baseOffset: 1 lastOffset: 12 count: 12 baseSequence: -1 isTransactional: false position: 109 CreateTime: 17 size: 400 magic: 2
"""


@pytest.fixture
def made_up(tmp_path: Path) -> Lab:
    """A lab whose partition orders-1 has two segments, and whose broker does not run."""
    folder = tmp_path / "kafka" / "data" / "orders-1"
    folder.mkdir(parents=True)
    for name in (
        "00000000000000000012.log",
        "00000000000000000000.log",
        "00000000000000000000.index",
        "old.log.deleted",
    ):
        (folder / name).write_bytes(f"the content of {name}".encode())
    return Lab("127.0.0.1:9", home=tmp_path)


def test_segments_are_found_oldest_first(made_up: Lab) -> None:
    assert [int(path.stem) for path in segments.files(made_up, "orders", 1)] == [0, 12]
    assert segments.files(made_up, "orders") == []


def test_what_stands_in_a_segment_is_found(made_up: Lab) -> None:
    assert segments.contains(made_up, "orders", "content of 00000000000000000012.log", 1) is True
    assert segments.contains(made_up, "orders", b"deleted", 1) is False
    assert segments.contains(made_up, "orders", b"Hello", 7) is False, (
        "the disk is ours, and there is no such partition on it"
    )


def test_batches_are_told_in_their_order(made_up: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        kafka_tools, "kafka", lambda lab, tool, *arguments: DUMP if "00000.log" in arguments[-1] else ""
    )
    frame = segments.batches(made_up, "orders", 1)
    assert frame.values.tolist() == [[0, 1, 0, 109], [1, 12, 109, 400]]


def refuse(lab: Lab) -> None:
    """Each says that the files are not here: an empty answer would look like an empty partition."""
    for ask in (segments.files, segments.batches, lambda lab, topic: segments.contains(lab, topic, "Hello")):
        with pytest.raises(Unsupported, match=r"files of kafka are not on this computer.*next lesson"):
            ask(lab, "orders")


def test_the_disk_of_a_server_elsewhere_is_not_ours() -> None:
    refuse(Lab("kafka.example.org:9092"))


def test_the_disk_of_a_container_is_not_ours_either(tmp_path: Path) -> None:
    refuse(Lab("127.0.0.1:9", home=tmp_path))
