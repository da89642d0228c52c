# SPDX-License-Identifier: Apache-2.0
"""A learner's copies of the notebooks: theirs to change. A newer version arrives only where they changed nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from helpers.errors import LabError
from helpers.project import part

COPIED = ("notebooks/*.ipynb", "README.md", "LICENSE", "LICENSE-TEXT.md", ".github/live_lag.png")
"""The notebooks and what they link to."""

_MANIFEST = ".copied.json"


def refresh(work: Path) -> list[str]:
    """Copy what is missing or unchanged into the folder `work`. Return what was kept because the learner changed it.

    A copy that the learner deleted comes back. Raises `LabError` if the folder cannot be written.
    """
    try:
        return _refresh(work)
    except OSError as error:
        problem = f"The notebooks could not be copied to {work}: {error.strerror}."
        raise LabError(problem, "Ask your teacher: the disk may be full.") from error


def _refresh(work: Path) -> list[str]:
    (work / "notebooks").mkdir(parents=True, exist_ok=True)
    before, now, kept = _manifest(work), {}, []
    root = part("notebooks").parent
    for source in (path for pattern in COPIED for path in sorted(root.glob(pattern))):
        name = source.relative_to(root).as_posix()
        target, digest = work / name, _digest(source)
        now[name] = digest
        if target.exists() and _digest(target) not in (before.get(name), digest):
            now[name] = before.get(name, "")
            kept.append(name)
        elif not target.exists() or _digest(target) != digest:
            _copy(source, target)
    _link(work / "lab", root / "lab")
    (work / _MANIFEST).write_text(json.dumps(now, indent=2) + "\n", "utf-8")
    return kept


def _link(link: Path, program: Path) -> None:
    """Let `./lab up` work in a learner's terminal: that is what the lessons and the errors say."""
    if link.is_symlink() and not link.exists():  # the course has moved
        link.unlink()
    if not link.exists():
        link.symlink_to(program)


def _manifest(work: Path) -> dict[str, str]:
    """What was copied: name to digest. A damaged list counts as empty, so that nothing of the learner's is replaced."""
    try:
        return dict(json.loads((work / _MANIFEST).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, draft)
    draft.replace(target)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
