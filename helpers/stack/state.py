"""What a lab remembers between two starts: its ports, its cluster id, its passwords, and whose data it holds."""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.errors import InvalidInput, LabError
from helpers.stack.process import can_bind

ACCOUNTS = ("root", "owner", "source", "sink", "service")
"""The database accounts of a lab; each has a random password in `<home>/secrets/<account>.password`."""

# Below the range from which systems take the ports of outgoing connections, so that none is lost to one while the lab is down.
_PORTS = range(20_000, 32_000)


@dataclass
class State:
    """The content of `<home>/lab.json`; nothing in it is secret."""

    ports: dict[str, int]
    cluster_id: str
    versions: dict[str, str]
    """The name of each server of this lab to the version that wrote its data folder."""
    database_server: str | None = None
    """The machine's own program that made the database's data folder, or None for the downloaded MariaDB."""

    @classmethod
    def load(cls, home: Path) -> State | None:
        """Return the state kept in `home`, or None where there is no lab yet. Raises `LabError` if it cannot be read."""
        path = home / "lab.json"
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise LabError(
                f"{path} is damaged: {error}.", "`lab reset` makes a new lab (and deletes this one's data)."
            ) from error

    @classmethod
    def new(cls) -> State:
        """Return the state of a lab that does not exist yet."""
        return cls(ports={}, cluster_id=_cluster_id(), versions={})

    def save(self, home: Path) -> None:
        """Write this state into `home`, whole or not at all."""
        draft = home / "lab.json.part"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
        draft.replace(home / "lab.json")


def _cluster_id() -> str:
    """Return 16 random bytes as Kafka writes its ids; like Kafka's own, none begins with a dash, as an option does."""
    found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return found if not found.startswith("-") else f"A{found[1:]}"


def choose_port(taken: set[int]) -> int:
    """Return a port that nobody listens on and that is not in `taken`. Raises `LabError` if a hundred tries find none."""
    for port in random.sample(_PORTS, 100):
        if port not in taken and can_bind(port):
            return port
    raise LabError(
        "No free port was found on 127.0.0.1 in a hundred tries.", "End some of the programs that listen there."
    )


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


def passwords(home: Path) -> dict[str, str]:
    """Return account to password, making those that do not exist yet; their files are readable by this user only."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    return {account: _password(password_file(home, account)) for account in ACCOUNTS}


def password_file(home: Path, account: str) -> Path:
    """Return the file in `home` that holds the password of `account`, and nothing else."""
    return home / "secrets" / f"{account}.password"


def _password(path: Path) -> str:
    if not path.exists() or not path.read_text("ascii"):
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text("ascii")


def write_private(path: Path, text: str) -> None:
    """Write `text` into the file `path`, which only this user can read, whole or not at all."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


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
