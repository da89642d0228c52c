# SPDX-License-Identifier: Apache-2.0
"""Kafka's own connectors for files: the smallest there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.arguments import check_text
from helpers.connect import Config
from helpers.connectors.parts import NEW_TOPICS, TEXT, More, list_of, more_of
from helpers.topics import check_name


def file_source(name: str, file: Path | str, topic: str, *, config: More = None) -> Config:
    """Return a source that sends each line of `file`, a path on the worker's computer, as a record of text."""
    return {
        "name": check_name(name, "connector"),
        **_file("Source"),
        "file": _path(file),
        "topic": check_name(topic),
        **NEW_TOPICS,
        **more_of(config),
    }


def file_sink(name: str, file: Path | str, topics: Sequence[str], *, config: More = None) -> Config:
    """Return a sink that appends each record's value, text as it is, as a line to `file` on the worker's computer."""
    return {
        "name": check_name(name, "connector"),
        **_file("Sink"),
        "file": _path(file),
        "topics": list_of("topics", topics),
        **more_of(config),
    }


def _path(file: Path | str) -> str:
    if not isinstance(file, Path):
        check_text("file", file)
    return str(file)


def _file(kind: str) -> Config:
    connector = f"org.apache.kafka.connect.file.FileStream{kind}Connector"
    return {"connector.class": connector, "tasks.max": 1, "key.converter": TEXT, "value.converter": TEXT}
