# SPDX-License-Identifier: Apache-2.0
"""A learner's copies of the notebooks: nothing that they wrote is ever lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.classroom import copies
from helpers.errors import LabError

ONE, TWO = "notebooks/01.ipynb", "notebooks/02.ipynb"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with two notebooks."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    for name in (ONE, TWO):
        (root / name).write_text(f"first edition of {name}", "utf-8")
    monkeypatch.setattr(copies, "part", lambda name: root / name)
    return root


def test_copies_are_made_and_newer_ones_arrive_where_nothing_was_changed(course: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    assert copies.refresh(work) == []
    assert (work / ONE).read_text("utf-8") == "first edition of notebooks/01.ipynb"
    (work / ONE).write_text("my answer", "utf-8")
    for name in (ONE, TWO):
        (course / name).write_text("second edition", "utf-8")
    for _ in range(2):
        assert copies.refresh(work) == [ONE]
        assert (work / ONE).read_text("utf-8") == "my answer"
        assert (work / TWO).read_text("utf-8") == "second edition"


def test_a_copy_that_was_deleted_comes_back(course: Path, tmp_path: Path) -> None:
    copies.refresh(tmp_path)
    (tmp_path / ONE).unlink()
    assert copies.refresh(tmp_path) == []
    assert (tmp_path / ONE).exists()


def test_the_lab_command_is_linked_again_when_the_course_has_moved(course: Path, tmp_path: Path) -> None:
    link = tmp_path / "work" / "lab"
    copies.refresh(link.parent)
    assert link.readlink() == course / "lab"
    link.unlink()
    link.symlink_to(tmp_path / "nowhere")
    copies.refresh(link.parent)
    assert link.readlink() == course / "lab"


def test_what_the_learner_made_stays(course: Path, tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "mine.ipynb").write_text("mine", "utf-8")
    (tmp_path / ONE).write_text("it was here before the first copy", "utf-8")
    assert copies.refresh(tmp_path) == [ONE]
    assert (tmp_path / "notebooks" / "mine.ipynb").read_text("utf-8") == "mine"


@pytest.mark.parametrize("damage", ["", "[]", "{", '"text"'])
def test_a_damaged_list_replaces_nothing(course: Path, tmp_path: Path, damage: str) -> None:
    copies.refresh(tmp_path)
    (tmp_path / ONE).write_text("my answer", "utf-8")
    (tmp_path / ".copied.json").write_text(damage, "utf-8")
    assert copies.refresh(tmp_path) == [ONE]
    assert (tmp_path / ONE).read_text("utf-8") == "my answer"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="made for POSIX")
def test_a_folder_that_cannot_be_written_is_named(course: Path, tmp_path: Path) -> None:
    (tmp_path / "notebooks").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(LabError, match="could not be copied to"):
        copies.refresh(tmp_path)
