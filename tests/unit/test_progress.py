# SPDX-License-Identifier: Apache-2.0
"""What is remembered of a learner's way through the course."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import progress
from helpers.errors import LabError


@pytest.fixture(autouse=True)
def no_lesson(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No lesson was begun in this process, and none is afterwards."""
    monkeypatch.setattr(progress, "_now", progress._Now())
    yield


def test_lessons_and_exercises_are_remembered(tmp_path: Path) -> None:
    assert progress.read(tmp_path) == {}
    progress.passed("nobody began a lesson")
    assert list(tmp_path.iterdir()) == []
    progress.begin("02", tmp_path)
    progress.passed("read_all")
    first = progress.read(tmp_path)["02"]
    progress.passed("read_all")
    progress.begin("01", tmp_path)
    found = progress.read(tmp_path)
    assert list(found) == ["01", "02"]
    assert found["02"] == first, "what counts is when it first passed"
    assert found["01"].opened > first.opened
    assert progress.frame().to_dict() == {"exercises passed": {"01": "", "02": "read_all"}}


def test_a_learner_who_has_begun_nothing_sees_an_empty_table() -> None:
    assert progress.frame().empty


@pytest.mark.parametrize("damage", ["{", "[]", '{"01": {"opened": 1, "left": 2}}', '{"01": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    (tmp_path / progress.FILE).write_text(damage, "utf-8")
    with pytest.raises(LabError, match=r"progress\.json is damaged"):
        progress.begin("01", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(LabError, match="cannot be written"):
        progress.begin("01", tmp_path / "home")
