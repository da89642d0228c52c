# SPDX-License-Identifier: Apache-2.0
"""How much memory is free here: on this computer, and in the control group that a container or a service has."""

from __future__ import annotations

from pathlib import Path

import psutil

MB = 1_000_000
_GROUP = Path("/sys/fs/cgroup")


def free(group: Path = _GROUP) -> int:
    """Return the bytes that programs can still take: the least of what the computer and the control group have."""
    return min(psutil.virtual_memory().available, _left(group))


def _left(group: Path) -> int:
    """The limit of the group minus what is in use. Files that the kernel keeps in memory can go, so they are not in use."""
    try:
        limit = (group / "memory.max").read_text("ascii").strip()
        used = int((group / "memory.current").read_text("ascii"))
        lines = (group / "memory.stat").read_text("ascii").splitlines()
    except FileNotFoundError:
        return psutil.virtual_memory().total
    if limit == "max":
        return psutil.virtual_memory().total
    return int(limit) - used + sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
