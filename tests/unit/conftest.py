# SPDX-License-Identifier: Apache-2.0
"""A Kafka without servers, and how hypothesis tries values."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import hypothesis
import pytest

from helpers import clients
from helpers.lab import Lab

# No deadline: another program may slow this computer down. No database: a test that failed once prints how to repeat it.
hypothesis.settings.register_profile("lab", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("lab")


@pytest.fixture(scope="session")
def python_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has Python and no other program."""
    folder = tmp_path_factory.mktemp("path")
    for name in ("python", "python3"):
        (folder / name).symlink_to(sys.executable)
    return folder


if os.name == "posix":  # on Windows a link needs rights, and the path has the system's own libraries

    @pytest.fixture(autouse=True)
    def nothing_but_python(python_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PATH that has Python and nothing else: no docker, git, uv or browser of this computer makes a test pass.

        For each test, so that the rooms that come after this one have the machine's own.
        """
        monkeypatch.setenv("PATH", str(python_only))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab where nothing listens, and clients of little patience."""
    monkeypatch.setattr(clients, "PATIENCE", 0.3)
    return Lab("127.0.0.1:9")
