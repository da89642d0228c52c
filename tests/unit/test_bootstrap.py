# SPDX-License-Identifier: Apache-2.0
"""`./lab` on machines that lack something, and the commands behind `lab test`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from helpers import bootstrap, processes
from helpers.command import testing
from helpers.errors import LabError
from helpers.project import ROOT
from tests.side_by_side import together

OLD_PYTHON = "#!/bin/sh\nexit 1\n"


@pytest.mark.skipif(os.name == "nt", reason="the shell's wrapper is for POSIX; Windows has lab.cmd")
@pytest.mark.parametrize("there", [[], ["python3", "python"]], ids=["no Python", "an old Python"])
def test_without_a_python_that_will_do(tmp_path: Path, there: list[str]) -> None:
    for program in there:
        (tmp_path / program).write_text(OLD_PYTHON)
        (tmp_path / program).chmod(0o755)
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "/usr/bin/dirname")
    done = processes.run(["/bin/sh", ROOT / "lab", "status"], environment={"PATH": str(tmp_path)}, timeout=60)
    assert done.returncode == 7
    assert "Python 3.11 or newer was not found" in done.stderr
    assert "apt install" in done.stderr and "uv" in done.stderr


def test_without_venv_the_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "lab.stamp")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.CannotInstall, match=r"apt install python3\.\d+-venv.*install uv"):
        bootstrap._make_venv(None)


def test_a_failing_installer_says_how_to_go_on() -> None:
    with pytest.raises(bootstrap.CannotInstall, match=r"Run \./lab again"):
        bootstrap._call(["false"])
    with pytest.raises(bootstrap.CannotInstall, match="No such file"):
        bootstrap._call(["/no/such/uv"])


def test_a_clone_that_cannot_be_written_is_named_before_anything_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "_is_installed", lambda wanted: False)
    monkeypatch.setattr(bootstrap, "_has_worked", lambda: False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    monkeypatch.setattr(bootstrap, "_call", lambda *command: pytest.fail(f"called {command}"))
    assert bootstrap.main(["up"]) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said and "a folder of your own" in said and "network" not in said


def test_installed_once_and_again_when_something_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STAMP", "LAB", "PYTHON"):
        monkeypatch.setattr(bootstrap, name, tmp_path / name)
    assert not bootstrap._is_installed(".")
    (tmp_path / "LAB").touch()
    (tmp_path / "PYTHON").symlink_to(shutil.which("sh") or "/bin/sh")
    (tmp_path / "STAMP").write_text(f"{bootstrap._fingerprint()}\n.")
    assert bootstrap._is_installed(".")
    assert not bootstrap._is_installed(".[class,test]"), "the packages for tests are still to come"
    (tmp_path / "STAMP").write_text(f"{bootstrap._fingerprint()}\n.[class,test]")
    assert bootstrap._is_installed(".") and bootstrap._is_installed(".[class,test]")
    (tmp_path / "STAMP").write_text(f"{bootstrap._fingerprint()}\n.[class]")
    assert bootstrap._is_installed(".") and not bootstrap._is_installed(".[class,test]")
    (tmp_path / "PYTHON").unlink()
    (tmp_path / "PYTHON").symlink_to(tmp_path / "removed" / "python3")
    assert not bootstrap._is_installed("."), "the Python that it was made with is gone"
    (tmp_path / "STAMP").write_text("made from another pyproject.toml\n.[class,test]")
    assert not bootstrap._is_installed(".")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], "."), (["up"], "."), (["class"], "."), (["class", "down"], "."), (["class", "status"], "."),
        (["class", "up", "--port", "8000"], ".[class]"), (["test", "unit"], ".[class,test]"), (["bench"], ".[class,test]"),
    ],
)  # fmt: skip
def test_only_a_class_that_starts_needs_its_packages(arguments: list[str], wanted: str) -> None:
    assert bootstrap._wanted(arguments) == wanted


@pytest.mark.skipif(os.name == "nt", reason="made with a script for the shell")
@pytest.mark.parametrize(("pip", "made_anew"), [("exit 1", True), ("exit 0", False)])
def test_an_environment_that_was_half_made_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pip: str, made_anew: bool
) -> None:
    """Ctrl-C while `venv` was at work leaves a Python without pip."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{pip}\n")
    python.chmod(0o755)
    for name, path in (("VENV", tmp_path / ".venv"), ("PYTHON", python), ("STAMP", tmp_path / ".venv" / "lab.stamp")):
        monkeypatch.setattr(bootstrap, name, path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    called: list[list[str]] = []

    def call(command: list[str], **_: str) -> None:
        called.append(command)
        if "venv" in command:
            python.parent.mkdir(parents=True)  # what was there is gone

    monkeypatch.setattr(bootstrap, "_call", call)
    bootstrap._install(".")
    assert ([sys.executable, "-m", "venv", str(tmp_path / ".venv")] in called) is made_anew


def test_lab_test_runs_every_room_in_order() -> None:
    command = testing.pytest_command([])
    paths = [word for word in command if (ROOT / word).exists() and not os.path.isabs(word)]
    rooms = ["tests/style", "tests/unit", "tests/lab", "notebooks", "tests/notebooks", "tests/browser"]
    assert paths == [*rooms, "tests/classroom", "tests/containers"]
    assert {"--nbval-lax", "--nbval-current-env"} <= set(command)


def test_lab_test_runs_the_rooms_that_are_named_and_hands_on_the_rest() -> None:
    command = testing.pytest_command(["unit", "browser", "-k", "lab"])
    assert command[-4:] == ["-k", "lab", "tests/unit", "tests/browser"]


def test_two_tests_run_at_a_time_unless_pytest_has_arguments_of_its_own() -> None:
    for side_by_side in ([], ["lab"], ["style", "unit"]):
        assert set(testing.SIDE_BY_SIDE) <= set(testing.pytest_command(side_by_side))
    for alone in (["--pdb"], ["unit"], ["lab", "-k", "chain"]):
        assert not set(testing.SIDE_BY_SIDE) & set(testing.pytest_command(alone))


def test_the_unit_tests_alone_measure_branches() -> None:
    assert testing.pytest_command(["unit"])[2:5] == ["coverage", "run", "-m"]
    for others in ([], ["unit", "-k", "lab"], ["unit", "lab"], ["lab"]):
        assert "coverage" not in testing.pytest_command(others)


def test_without_the_packages_for_tests_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: ["click==1", "nowhere-to-be-found==1; extra == 'test'"])
    with pytest.raises(LabError, match=r"not installed: nowhere-to-be-found.*\./lab test"):
        testing.run_tests(["unit"])


def test_all_runs_of_all_lessons_stay_together() -> None:
    lessons = {
        "notebooks/00_a.ipynb::Cell 0",
        "notebooks/01_b.ipynb::Cell 9",
        "tests/notebooks/test_executed.py::test_a[00]",
    }
    assert len({together(test) for test in lessons}) == 1
    files = {
        "tests/notebooks/test_style.py::test_a[x::y]",
        "tests/lab/test_chain.py::test_a",
        "tests/lab/test_shop.py::test_a",
    }
    assert {together(test) for test in files} == {test.partition("::")[0] for test in files}
