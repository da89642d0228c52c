# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and the programs that look at them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from helpers import processes
from helpers.project import ROOT


def tracked() -> list[Path]:
    """Return the files of the project: those in git, and those about to be."""
    if not shutil.which("git"):
        pytest.skip("not run: there is no `git` on this computer to list the project's files")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = processes.run(listed, cwd=ROOT, timeout=60)
    if done.returncode:
        pytest.skip(f"not run: this is no git checkout ({done.stderr.strip()})")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def run(*arguments: str | Path, where: Path = ROOT, text: str = "") -> processes.Finished:
    """Run a program of the environment, a Python module, in the folder `where`, with `text` as its input."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return processes.run(command, cwd=where, words=text, timeout=600)


def expect_well(done: processes.Finished) -> None:
    """Fail with what the program said, unless it ended with 0."""
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
