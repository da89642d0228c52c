# SPDX-License-Identifier: Apache-2.0
"""The words of a class: random, each in a file that only this user can read. `lab class down` deletes them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from helpers.stack.home.secrets import write_private

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others on a board: i, l, o, 0, 1."""

_GROUPS = {"room.word": 3, "teacher.word": 8, "api.token": 10, "proxy.word": 10}
"""Groups of four letters: 59 bits for the room. The authenticator wants at least 32 letters of a teacher."""


@dataclass(frozen=True)
class Words:
    """What is said to people (`room`, `teacher`) and what programs use among themselves (`api`, `proxy`)."""

    room: str
    teacher: str
    api: str
    proxy: str


def words(folder: Path) -> Words:
    """Return the words that are kept in `folder`. Missing ones are made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Words(*(_word(folder / name, groups) for name, groups in _GROUPS.items()))


def forget(folder: Path) -> None:
    """Delete the words in `folder`."""
    for name in _GROUPS:
        (folder / name).unlink(missing_ok=True)


def _word(path: Path, groups: int) -> str:
    if not path.exists():
        write_private(path, "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(groups)))
    return path.read_text("ascii")
