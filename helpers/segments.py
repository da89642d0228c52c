# SPDX-License-Identifier: Apache-2.0
"""What a partition looks like on disk: its segment files, and the batches of records in them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from helpers import kafka_tools
from helpers.errors import Unsupported
from helpers.lab import Lab

_BATCH = re.compile(r"baseOffset: (\d+) .*? count: (\d+) .*? position: (\d+) .*? size: (\d+)")


def files(lab: Lab, topic: str, partition: int = 0) -> list[Path]:
    """Return the segment files of a partition, oldest first, and none if they are not on this computer."""
    folder = _folder(lab, topic, partition)
    return sorted(folder.glob("*.log")) if folder else []


def can_read(lab: Lab) -> bool:
    """Return whether the broker's files are on this computer: not in a container, and not elsewhere."""
    return _folder(lab, "", 0) is not None


def contains(lab: Lab, topic: str, data: str | bytes, partition: int = 0) -> bool:
    """Return whether `data` is in the files of a partition, byte for byte.

    Raises `Unsupported` if the broker's files are not on this computer. `can_read` checks that.
    """
    lab.folder("kafka")
    wanted = data.encode() if isinstance(data, str) else data
    return any(wanted in path.read_bytes() for path in files(lab, topic, partition))


def batches(lab: Lab, topic: str, partition: int = 0) -> pd.DataFrame:
    """Return one row for each batch on disk, in that order: first offset, records, position (bytes into the file), bytes.

    An empty frame if the files are not on this computer. Raises `KafkaFailed` and `TimedOut` as `kafka_tools.kafka` does.
    """
    dumps = [kafka_tools.kafka(lab, "dump-log", "--files", str(path)) for path in files(lab, topic, partition)]
    rows = [[int(number) for number in found] for dump in dumps for found in _BATCH.findall(dump)]
    return pd.DataFrame(rows, columns=["first offset", "records", "position", "bytes"])


def _folder(lab: Lab, topic: str, partition: int) -> Path | None:
    """The folder of a partition, which may not exist, or None if the broker's files are not on this computer."""
    try:
        return lab.folder("kafka") / "data" / f"{topic}-{partition}"
    except Unsupported:
        return None
