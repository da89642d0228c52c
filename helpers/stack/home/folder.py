# SPDX-License-Identifier: Apache-2.0
"""The folder of one lab: made for one user only, locked by one command at a time, deleted completely."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.errors import InvalidInput, LabError, LabNotRunning

_LOGGED = ("kafka", "connect", "mariadb", "mysql", "registry", "jupyter")
_OF_THE_SHOP = ("gateway", "catalog", "orders")
_FORGOTTEN = ".deleted-"

_FULL = 50_000_000  # bytes: a server that ends gives some back, so it is never quite full
HOME_NEEDED = 300_000_000
"""Bytes of disk space that a lab's data may use in the course: MariaDB's data folder, the topics of the lessons, logs."""


def make_home(home: Path) -> None:
    """Make the folder `home`, for this user only.

    Raises `InvalidInput` for a name that Kafka could not read in a configuration, `LabError` if the folder cannot be
    written or its disk is nearly full.
    """
    if unread := set(str(home).removeprefix(home.drive)) & set(":,}"):
        problem = f"The lab's folder {home} contains {' '.join(sorted(unread))}, which Kafka cannot read in a path."
        raise InvalidInput(problem, "Set LAB_HOME to a folder without that in its path.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LabError(
            f"The lab's folder {home} cannot be written: {error.strerror}.",
            "Set LAB_HOME to a folder that you can write to.",
        ) from error
    free = shutil.disk_usage(home).free
    if free < HOME_NEEDED:
        raise LabError(
            f"The disk of {home} is nearly full: {free / 1e6:.0f} MB are free and the lab needs {HOME_NEEDED / 1e6:.0f} MB.",
            "Free some space, or set LAB_HOME to a folder on another disk.",
        )


def is_full(home: Path) -> bool:
    """Return whether so little room is left on the disk of `home` that a server ends for that reason."""
    return shutil.disk_usage(home).free < _FULL


def forget(home: Path, names: Sequence[str]) -> None:
    """Delete these folders of `home`, if they exist. Each is renamed first, so an interruption leaves no half of it.

    Raises `LabError` if something in one cannot be deleted. `clear` tries again.
    """
    clear(home)
    for name in names:
        if (home / name).exists():
            (home / name).rename(home / f"{_FORGOTTEN}{name}")
    clear(home)


def clear(home: Path) -> None:
    """Delete what an interrupted `forget` has left in `home`. Raises `LabError` if that is not possible."""
    for folder in home.glob(f"{_FORGOTTEN}*"):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise LabError(
                f"{error.filename} cannot be deleted: {error.strerror}.",
                "Close the program that uses it and run this again.",
            ) from error


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Lock `home` for one command that changes it. Raises `LabError` at once if another command runs there."""
    try:
        with FileLock(home / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise LabError(
            f"Another `./lab` command is running in {home}.", "Wait until it ends, or use another LAB_HOME."
        ) from error


def read_log(home: Path, name: str, count: int) -> list[str]:
    """Return the last `count` lines of the log of the server `name`, of a program of the shop, or of JupyterLab.

    Raises `InvalidInput` if `name` is not the name of a server, and `LabNotRunning` if it has no log yet.
    """
    kind = name.partition("-")[0]
    if kind not in (*_LOGGED, *_OF_THE_SHOP) or "/" in name or "\\" in name:
        known = ", ".join((*_LOGGED, *_OF_THE_SHOP))
        raise InvalidInput(f"{name!r} is not one of {known}.", "A second server has a number, as in kafka-2.")
    place, verb = (home / "shop", "shop up") if kind in _OF_THE_SHOP else (home, "up")
    path = place / "logs" / f"{name}.log"
    if not path.is_file():
        there = ", ".join(sorted(log.stem for log in path.parent.glob("*.log"))) or "none"
        raise LabNotRunning(
            f"There is no log of {name} in {path.parent}.",
            f"There are: {there}. Start the servers with `./lab {verb}`.",
        )
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]
