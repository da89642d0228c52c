# SPDX-License-Identifier: Apache-2.0
"""How much memory is free: for this computer, and for the container or session that limits us (Linux control groups)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free() -> int:
    """Return how many bytes programs that we start can take: what the computer has, or less if a control group limits us."""
    left = (room for folder, names in _groups(Path("/")) if (room := _left(folder, names)) is not None)
    return min([int(psutil.virtual_memory().available), *left])


def _groups(root: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Yield the folder of each control group that we are in, the nearest first, with the names of its files.

    A container may see the path of its host, which does not exist inside: then the top is its own group.
    """
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text("utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":
            top, names = root / "sys" / "fs" / "cgroup", _V2
        elif "memory" in controllers.split(","):
            top, names = root / "sys" / "fs" / "cgroup" / "memory", _V1
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        for group in (own, *own.parents):
            yield top / group, names


def _left(folder: Path, names: tuple[str, str, str]) -> int | None:
    """Return the bytes that this group may still take, None without a limit. What it can drop of files counts as free."""
    limit, used, droppable = names
    try:
        most = (folder / limit).read_text("ascii").strip()
        if most == "max":
            return None
        pairs = (line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
        cached = next((int(value) for name, value in pairs if name == droppable), 0)
        return max(0, int(most) - int((folder / used).read_text("ascii")) + cached)
    except FileNotFoundError:  # no such group, or the top of all, which has no limit
        return None
