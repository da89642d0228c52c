# SPDX-License-Identifier: Apache-2.0
"""`lab reset` that is interrupted: what is left is a lab that starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.settings import settings
from helpers.stack.home import secrets
from helpers.stack.home.state import State
from helpers.stack.local import LocalLab

FOLDERS = ("connect", "kafka", "mariadb", "mysql", "registry", "secrets", "passwords", "logs")


@pytest.fixture
def lab(tmp_path: Path) -> LocalLab:
    """A lab with data of every server, and the passwords and the cluster id that the data was made with."""
    for name in FOLDERS:
        (tmp_path / name / "data").mkdir(parents=True)
    secrets.passwords(tmp_path)
    State.new().save(tmp_path)
    return LocalLab(replace(settings(), home=tmp_path, cache=tmp_path / "cache"))


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let an interruption come when `after` folders have gone."""
    real, gone = Path.rename, list[Path]()

    def rename(path: Path, target: Path) -> Path:
        if len(gone) == after:
            raise KeyboardInterrupt
        gone.append(path)
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)


@pytest.mark.parametrize("after", range(len(FOLDERS)))
def test_data_that_is_left_has_the_passwords_and_the_id_that_it_was_made_with(
    lab: LocalLab, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The other way round nothing would help: passwords are made again, and a server with data keeps its old ones."""
    passwords, known = secrets.passwords(lab.home), State.load(lab.home)
    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        interrupt(during, after)
        lab.reset()
    left = [name for name in FOLDERS if (lab.home / name).exists()]
    assert len(left) == len(FOLDERS) - after
    assert State.load(lab.home) == known
    if {"mariadb", "mysql"} & set(left):
        assert secrets.passwords(lab.home) == passwords
    lab.reset()
    assert not [name for name in (*FOLDERS, "lab.json") if (lab.home / name).exists()], "and the next reset goes on"
