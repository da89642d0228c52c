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
    (tmp_path / "release").write_text('JAVA_VERSION="25.0.2"')
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


def test_another_user_of_the_downloads_finds_the_caches(java: Java, tmp_path: Path) -> None:
    """Everybody has a Java of their own, with the time at which it was installed. Java compares whole seconds of the jars."""
    another = shutil.copytree(tmp_path / "lib", tmp_path / "another" / "lib").parent
    shutil.copy(tmp_path / "release", another)
    os.utime(another / "lib" / "modules", (0, 0))
    before, jar = java.aot, java.classpath[0]
    whole = jar.stat().st_mtime_ns // 10**9 * 10**9
    os.utime(jar, ns=(whole, whole))
    assert Java(java.classpath, java.caches, another).aot == before


@pytest.mark.parametrize("changed", ["release", "lib/modules", "downloads/b.jar"])
def test_a_cache_does_not_fit_another_file(java: Java, tmp_path: Path, changed: str) -> None:
    before = java.aot
    (tmp_path / changed).write_text("something else")
    assert Java(java.classpath, java.caches, java.home).aot != before
