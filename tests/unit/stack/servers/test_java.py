# SPDX-License-Identifier: Apache-2.0
"""Ahead-of-time caches: kept for just what Java takes them for, and no longer looked for when that has changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from helpers.stack.servers.java import Java


@pytest.fixture
def java(tmp_path: Path) -> Java:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "modules").write_text("runtime")
    jars = [tmp_path / "downloads" / name for name in ("a.jar", "b.jar")]
    jars[0].parent.mkdir()
    for jar in jars:
        jar.write_text("classes")
    return Java(jars, tmp_path / "aot", tmp_path)


def moved(java: Java, folder: Path) -> Java:
    return Java([folder / jar.name for jar in java.classpath], java.caches, java.home)


def test_a_cache_fits_what_was_moved(java: Java, tmp_path: Path) -> None:
    java.classpath[0].parent.rename(tmp_path / "moved")
    assert moved(java, tmp_path / "moved").aot != java.caches
    linked = tmp_path / "linked"
    shutil.copytree(tmp_path / "moved", linked, copy_function=os.link)
    assert moved(java, linked).aot == moved(java, tmp_path / "moved").aot


def test_a_cache_does_not_fit_a_copy_with_other_times(java: Java, tmp_path: Path) -> None:
    """Java refuses it, says so in the log alone, and starts slowly, every time."""
    shutil.copytree(java.classpath[0].parent, tmp_path / "copied", copy_function=shutil.copyfile)
    os.utime(tmp_path / "copied" / "a.jar", (0, 0))
    assert moved(java, tmp_path / "copied").aot != java.aot


@pytest.mark.parametrize("changed", ["lib/modules", "downloads/b.jar"])
def test_a_cache_does_not_fit_another_file(java: Java, tmp_path: Path, changed: str) -> None:
    before = java.aot
    (tmp_path / changed).write_text("something else")
    assert Java(java.classpath, java.caches, java.home).aot != before
