# SPDX-License-Identifier: Apache-2.0
"""Which lessons a learner has opened and which exercises passed: the file `progress.json` in the lab's folder.

It stays on this computer. In a class (`lab class`) the teacher sees it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from helpers.errors import LabError

if TYPE_CHECKING:
    import pandas as pd

FILE = "progress.json"
_PATIENCE = 10.0  # seconds that another kernel may hold the file


@dataclass
class Lesson:
    """One lesson of one learner: when it was last begun, and when each exercise first passed, in seconds since 1970."""

    opened: float = 0.0
    passed: dict[str, float] = field(default_factory=dict)


@dataclass
class _Now:
    lesson: str = ""
    home: Path | None = None


_now = _Now()
"""The lesson of this kernel, and the lab's folder."""


def begin(lesson: str, home: Path) -> None:
    """Remember in the folder `home` that this process runs `lesson` from now on. Raises `LabError` if that cannot be saved."""
    _now.lesson, _now.home = lesson, home
    with _changed(home) as lessons:
        lessons.setdefault(lesson, Lesson()).opened = time.time()


def passed(exercise: str) -> None:
    """Remember that `exercise` of the lesson of this process passed. Does nothing if no lesson was begun.

    Raises `LabError` if that cannot be saved.
    """
    if _now.home:
        with _changed(_now.home) as lessons:
            lessons.setdefault(_now.lesson, Lesson()).passed.setdefault(exercise, time.time())


def read(home: Path) -> dict[str, Lesson]:
    """Return the lessons that were opened, by their number, from the lab's folder `home`. Raises `LabError` for a damaged file."""
    path = home / FILE
    try:
        found = json.loads(path.read_text("utf-8"))
        return {lesson: Lesson(**content) for lesson, content in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise LabError(f"{path} is damaged: {error}.", "Delete it. Then the lessons count as not opened.") from error


def frame() -> pd.DataFrame:
    """Return a table of the learner's own progress: a row for each lesson that was opened, with the exercises that passed."""
    import pandas as pd  # takes a second, and the `lab` command does not need it

    lessons = read(_now.home) if _now.home else {}
    rows = [(number, ", ".join(lesson.passed)) for number, lesson in lessons.items()]
    return pd.DataFrame(rows, columns=["lesson", "exercises passed"]).set_index("lesson")


@contextmanager
def _changed(home: Path) -> Iterator[dict[str, Lesson]]:
    path, draft = home / FILE, home / f"{FILE}.part"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / f"{FILE}.lock", timeout=_PATIENCE):
            lessons = read(home)
            yield lessons
            content = {lesson: asdict(lessons[lesson]) for lesson in sorted(lessons)}
            draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
            draft.replace(path)
    except OSError as error:
        raise LabError(
            f"{path} cannot be written: {error}.", "Free some disk space, then run the cell again."
        ) from error
