# SPDX-License-Identifier: Apache-2.0
"""What is in the folder of a class: names, how it runs, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.classroom import words
from helpers.classroom.place import Place, Room
from helpers.errors import InvalidInput, LabError
from helpers.settings import Settings

ROOM = Room("127.0.0.1", "127.0.0.1", 8000, 1, 2, 3)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(Settings(tmp_path, tmp_path / "cache"))
    found.folder.mkdir()
    return found


@pytest.mark.parametrize("name", ["kim", "민수", "j2", "anna-lena", "o_o"])
def test_a_name_is_a_folder(place: Place, name: str) -> None:
    assert place.home(name).parent == place.homes
    assert place.lab(name) == place.home(name) / "lab"


@pytest.mark.parametrize("name", ["", ".", "..", "../kim", "a/b", "a b", "-x", "_x", "x" * 31, "a\n", "a:b", "a%2e"])
def test_what_is_not_a_name_is_no_folder(place: Place, name: str) -> None:
    with pytest.raises(InvalidInput, match="not the name of a learner"):
        place.home(name)


def test_how_a_class_runs_is_remembered(place: Place) -> None:
    assert place.room() is None
    place.save(ROOM)
    assert place.room() == ROOM
    assert ROOM.url == "http://127.0.0.1:8000"
    place.state.write_text("{}", "utf-8")
    with pytest.raises(LabError, match="damaged"):
        place.room()


def test_words_are_random_private_and_forgotten(tmp_path: Path) -> None:
    first = words.words(tmp_path / "secrets")
    assert words.words(tmp_path / "secrets") == first
    assert len({first.room, first.teacher, first.api, first.proxy}) == 4
    assert len(first.teacher) >= 32, "the authenticator refuses a shorter one"
    assert not set(first.room) & set("ilo01")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "secrets").iterdir()} == {0}
    words.forget(tmp_path / "secrets")
    assert words.words(tmp_path / "secrets").room != first.room
