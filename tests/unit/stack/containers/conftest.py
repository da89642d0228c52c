# SPDX-License-Identifier: Apache-2.0
"""A lab of containers, and a program in the place of `docker`: what Docker makes of the commands is not shown here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers.stack.containers import docker as engine
from helpers.stack.containers.compose import ComposeLab
from tests.unit.stack.containers.stand_in import PROGRAM, Docker


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "engine"
    folder.mkdir()
    (folder / "docker.py").write_text(PROGRAM)
    monkeypatch.setattr(engine, "program", lambda: [sys.executable, "-I", "-S", str(folder / "docker.py")])
    stand_in = Docker(folder)
    stand_in.answer()
    return stand_in


@pytest.fixture
def here(tmp_path: Path) -> ComposeLab:
    return ComposeLab(tmp_path / "home")
