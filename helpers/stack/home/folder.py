# SPDX-License-Identifier: Apache-2.0
"""The folder of one lab: made for one user only, held by one command at a time, cleared whole."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.errors import InvalidInput, LabError, LabNotRunning

_LOGGED = ("kafka", "connect", "mariadb", "mysql", "jupyter")
_FORGOTTEN = ".deleted-"

HOME_NEEDED = 300_000_000
"""Bytes of free disk that a lab's data may take in the course: a data folder of MariaDB, the topics of the lessons, logs."""


def make_home(home: Path) -> None:
    """Make the folder `home`, for this user only.

    Raises `InvalidInput` for a name that Kafka could not read in a configuration, `LabError` where the folder cannot be
    written or its disk is nearly full.
    """
    if unread := set(str(home).removeprefix(home.drive)) & set(":,}"):
        problem = f"The lab's folder {home} has {' '.join(sorted(unread))} in its name, which ends a name in Kafka's settings."
        raise InvalidInput(problem, "Set LAB_HOME to a folder without it.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LabError(
            f"The lab's folder {home} cannot be written: {error.strerror}.", "Set LAB_HOME to a folder that is yours."
        ) from error
    free = shutil.disk_usage(home).free
    if free < HOME_NEEDED:
        raise LabError(
            f"The disk of {home} is nearly full: {free / 1e6:.0f} MB are free and the lab needs {HOME_NEEDED / 1e6:.0f} MB.",
            "Free some, or set LAB_HOME to a folder on another disk.",
        )


def forget(home: Path, names: Sequence[str]) -> None:
    """Delete these folders of `home`, if they are there. Each is gone at once, even if its deletion is interrupted.

    Raises `LabError` where something in one cannot be deleted; `clear` tries again.
    """
    clear(home)
    for name in names:
        if (home / name).exists():
            (home / name).rename(home / f"{_FORGOTTEN}{name}")
    clear(home)


def clear(home: Path) -> None:
    """Delete what an interrupted `forget` has left in `home`. Raises `LabError` where that cannot be done."""
    for folder in home.glob(f"{_FORGOTTEN}*"):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise LabError(
                f"{error.filename} cannot be deleted: {error.strerror}.", "Close what uses it and run this again."
            ) from error


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold `home` for one command that changes it. Raises `LabError` at once if another one is at work there."""
    try:
        with FileLock(home / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise LabError(
            f"Another `lab` command is at work in {home}.", "Wait until it has ended, or use another LAB_HOME."
        ) from error


def read_log(home: Path, name: str, count: int) -> list[str]:
    """Return the last `count` lines of the log of the server `name`, or of JupyterLab.

    Raises `InvalidInput` for what is no server's name, and `LabNotRunning` where there is no log of it yet.
    """
    if name.partition("-")[0] not in _LOGGED:
        raise InvalidInput(f"{name!r} is not one of {', '.join(_LOGGED)}.", "A second server of a kind is kafka-2.")
    path = home / "logs" / f"{name}.log"
    if not path.is_file():
        there = ", ".join(sorted(log.stem for log in path.parent.glob("*.log"))) or "none"
        raise LabNotRunning(
            f"There is no log of {name} in {path.parent}.", f"There are: {there}. `./lab up` starts the servers."
        )
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]
