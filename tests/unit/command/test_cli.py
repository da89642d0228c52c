# SPDX-License-Identifier: Apache-2.0
"""What the `lab` command says about itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

from click.testing import CliRunner

from helpers.command import cli, doctor
from helpers.project import ROOT
from helpers.settings import Settings

VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_the_version_is_that_of_the_project() -> None:
    done = CliRunner().invoke(cli.lab, ["--version"])
    assert (done.exit_code, done.output) == (0, f"lab {VERSION}\n")


def test_the_doctor_begins_with_the_version(tmp_path: Path) -> None:
    first, *_ = doctor.examine(Settings(tmp_path, tmp_path))
    assert (first.subject, first.well) == ("Version", True)
    assert f" {VERSION} " in first.found
