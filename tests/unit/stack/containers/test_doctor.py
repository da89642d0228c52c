# SPDX-License-Identifier: Apache-2.0
"""What `lab doctor` says of a lab in containers, and of a system that needs one."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from helpers.command import doctor
from helpers.command.doctor import Finding
from helpers.errors import Unsupported
from helpers.settings import Settings
from helpers.stack.containers.compose import ComposeLab
from helpers.stack.local import LocalLab
from tests.unit.stack.containers.stand_in import EVERYTHING, Docker


def found(here: ComposeLab) -> dict[str, Finding]:
    """What `lab doctor` says about each subject. It names each subject once."""
    findings = doctor.examine(Settings(here.home, here.home / "cache"))
    subjects = {finding.subject: finding for finding in findings}
    assert len(subjects) == len(findings)
    return subjects


def test_the_doctor_looks_at_docker_and_at_no_database_of_this_machine(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_to_download(lab: LocalLab) -> None:
        raise Unsupported("There is no MariaDB to download for this platform.")

    monkeypatch.setattr(LocalLab, "machine_database", nothing_to_download)
    assert not found(here)["Database"].well
    here.up()
    docker.runs(*EVERYTHING)
    subjects = found(here)
    assert subjects.keys() & {"Database", "Downloads", "Disk for downloads"} == set()
    assert (subjects["Docker"].well, subjects["Docker"].found) == (True, "Docker Engine 28.2.2, Compose v2.40.3")
    assert subjects["MySQL"].found.startswith("container mysql-012345 at 127.0.0.1:")
    assert subjects["Lab"].well and subjects["Memory"].well


@pytest.mark.parametrize(
    ("answers", "subject", "said"),
    [
        (
            {"version": (1, "", "Is the daemon running?"), "ps": (1, "", "no daemon")},
            "Docker",
            "Is the daemon running?",
        ),
        ({"ps": (1, "", "no such option")}, "Servers", "no such option"),
    ],
)
def test_the_doctor_tells_once_what_is_wrong_with_docker(
    docker: Docker, here: ComposeLab, answers: dict[str, tuple[int, str, str]], subject: str, said: str
) -> None:
    here.up()
    docker.answer(**answers)
    wrong = [finding for name, finding in found(here).items() if not finding.well and name != "Memory"]
    assert [finding.subject for finding in wrong] == [subject]
    assert said in wrong[0].found and wrong[0].remedy


def test_the_doctor_tells_once_of_a_damaged_state(docker: Docker, here: ComposeLab) -> None:
    here.up()
    (here.home / "lab.json").write_text('{"ports": ')
    wrong = [name for name, finding in found(here).items() if not finding.well and name != "Memory"]
    assert wrong == ["Lab"]


def test_the_doctor_sends_windows_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    where = Settings(tmp_path, tmp_path)
    assert list(doctor._system(where)) == []
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    [finding] = doctor._system(where)
    assert not finding.well and "WSL2" in finding.remedy
