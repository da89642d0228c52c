# SPDX-License-Identifier: Apache-2.0
"""A limit of a container or a session counts beside the memory of the computer, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from helpers import memory

STAT = "anon 1\ninactive_file 100\ntotal_inactive_file 200\n"


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"memory.stat": STAT, **{name.replace("__", "."): text for name, text in files.items()}}.items():
        (folder / name).write_text(f"{text}\n")


def inside(root: Path, line: str) -> list[int | None]:
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(f"1:name=systemd:/x\n{line}\n")
    return [memory._left(*found) for found in memory._groups(root)]


def test_the_limit_of_version_2_and_that_of_the_group_around_it(tmp_path: Path) -> None:
    top = tmp_path / "sys" / "fs" / "cgroup"
    group(top / "user" / "session", memory__max="max", memory__current="5")
    group(top / "user", memory__max="1000", memory__current="700")
    assert inside(tmp_path, "0::/user/session") == [None, 1000 - 700 + 100, None]


def test_the_limit_of_version_1_where_the_path_is_the_hosts(tmp_path: Path) -> None:
    top = tmp_path / "sys" / "fs" / "cgroup" / "memory"
    group(top, memory__limit_in_bytes="1000", memory__usage_in_bytes="900")
    assert inside(tmp_path, "7:cpu,memory:/docker/abc") == [None, None, 1000 - 900 + 200]


def test_a_group_above_its_limit_has_nothing_left(tmp_path: Path) -> None:
    group(tmp_path / "sys" / "fs" / "cgroup", memory__max="1000", memory__current="5000")
    assert inside(tmp_path, "0::/") == [0]


def test_the_smaller_of_both_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_groups", lambda root: iter([(root, memory._V2)]))
    monkeypatch.setattr(memory, "_left", lambda folder, names: 12)
    assert memory.free() == 12
    monkeypatch.setattr(memory, "_left", lambda folder, names: None)
    assert 12 < memory.free() < psutil.virtual_memory().total


def test_no_control_groups_no_limit(tmp_path: Path) -> None:
    assert list(memory._groups(tmp_path)) == []
