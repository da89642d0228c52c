# SPDX-License-Identifier: Apache-2.0
"""What the `lab` command says about itself."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
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


def test_no_to_a_reset_deletes_nothing_and_is_no_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    (tmp_path / "lab.json").write_text("{}")
    done = CliRunner().invoke(cli.lab, ["reset"], input="n\n")
    assert done.exit_code == 1 and "Nothing was deleted" in done.output
    assert (tmp_path / "lab.json").exists()


def test_no_to_a_reset_of_a_learner_is_no_interruption_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    done = CliRunner().invoke(cli.lab, ["class", "reset", "kim"], input="n\n")
    assert done.exit_code == 1 and "Nothing was deleted" in done.output


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_sentence_wherever_it_is_met(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(number, os.strerror(number), "/full/lab.json.part")

    monkeypatch.setattr(cli.lab, "main", full)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1 and "/full/lab.json.part could not be written" in said and "Make room" in said


def test_another_error_of_the_system_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(**_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(cli.lab, "main", other)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(OSError, match="Input/output"):
        cli.main()


@pytest.mark.skipif(sys.platform != "linux", reason="Java's temporary folder is another one there")
@pytest.mark.parametrize("flag", [0, getattr(os, "ST_NOEXEC", 8)])
def test_the_doctor_names_a_temporary_folder_where_no_program_runs(
    flag: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=flag))
    (found,) = doctor._temporary(Settings(tmp_path, tmp_path))
    assert found.well is not bool(flag) and ("noexec" in str(found)) is bool(flag)
