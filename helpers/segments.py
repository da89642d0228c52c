# SPDX-License-Identifier: Apache-2.0
"""What a partition looks like on disk: its segment files, and the batches of records in them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from helpers import kafka_tools
from helpers.lab import Lab

_BATCH = re.compile(r"baseOffset: (\d+) .*? count: (\d+) .*? position: (\d+) .*? size: (\d+)")


def files(lab: Lab, topic: str, partition: int = 0) -> list[Path]:
    """Return the segment files of a partition, oldest first, and none if there is no such partition.

    Raises `Unsupported` if the broker's files are not on this computer: in containers, and for servers elsewhere.
    """
    return sorted((lab.folder("kafka") / "data" / f"{topic}-{partition}").glob("*.log"))


def contains(lab: Lab, topic: str, data: str | bytes, partition: int = 0) -> bool:
    """Return whether `data` is in the files of a partition, byte for byte. Raises as `files` does."""
    wanted = data.encode() if isinstance(data, str) else data
    return any(wanted in path.read_bytes() for path in files(lab, topic, partition))


def batches(lab: Lab, topic: str, partition: int = 0) -> pd.DataFrame:
    """Return one row for each batch on disk, in that order: first offset, records, position (bytes into the file), bytes.

    Raises as `files` does, and `KafkaFailed` and `TimedOut` as `kafka_tools.kafka` does.
    """
    dumps = [kafka_tools.kafka(lab, "dump-log", "--files", str(path)) for path in files(lab, topic, partition)]
    rows = [[int(number) for number in found] for dump in dumps for found in _BATCH.findall(dump)]
    return pd.DataFrame(rows, columns=["first offset", "records", "position", "bytes"])
