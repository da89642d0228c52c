# SPDX-License-Identifier: Apache-2.0
"""The passwords of one lab: random, each in a file that only this user can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from helpers.errors import LabError
from helpers.stack.home.accounts import ACCOUNTS, FOR_CONNECTORS

CONNECT_USER = "lab"
"""The only user of Kafka Connect's REST interface."""
_CONNECT = "connect"


def passwords(home: Path) -> dict[str, str]:
    """Return the password of each account of the database by its name. Missing ones are made, that of Kafka Connect too.

    Only this user can read their files. The worker reads a folder of its own, `worker_folder`, which holds copies of two.
    """
    for folder in (password_folder(home), worker_folder(home)):
        folder.mkdir(mode=0o700, exist_ok=True)
    _move(home)
    found = {account: _password(_file(home, account)) for account in (*ACCOUNTS, _CONNECT)}
    for account in FOR_CONNECTORS:
        write_private(worker_folder(home) / f"{account}.password", found[account])
    return {account: found[account] for account in ACCOUNTS}


def password_folder(home: Path) -> Path:
    """Return the folder in `home` of all passwords."""
    return home / "passwords"


def worker_folder(home: Path) -> Path:
    """Return the folder in `home` that connectors name for a password. Whoever may ask the worker can read all that is in it."""
    return home / "secrets"


def password_file(home: Path, account: str) -> Path:
    """Return the file in `home` that holds only the password of `account`.

    Before the first `up` of this release it is still in the folder where releases up to 0.1 kept all.
    """
    old, new = worker_folder(home) / f"{account}.password", _file(home, account)
    return old if old.exists() and not new.exists() else new


def connect_password_file(home: Path) -> Path | None:
    """Return the file that holds only the password of `CONNECT_USER`, or None while there is none."""
    file = _file(home, _CONNECT)
    return file if file.exists() else None


def connect_users(home: Path) -> str:
    """Return the users of Kafka Connect with their passwords, as Kafka's `PropertyFileLoginModule` reads them from a file."""
    return f"{CONNECT_USER}={_file(home, _CONNECT).read_text('ascii')}"


def _file(home: Path, account: str) -> Path:
    return password_folder(home) / f"{account}.password"


def _move(home: Path) -> None:
    """Take the passwords over from where releases up to 0.1 kept them. May be interrupted and called again."""
    for old in worker_folder(home).glob("*.password"):
        if not _file(home, old.stem).exists():
            write_private(_file(home, old.stem), old.read_text("ascii"))
        if old.stem not in FOR_CONNECTORS:
            old.unlink()


def _password(path: Path) -> str:
    if not path.exists() or not path.read_text("ascii"):
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text("ascii")


def read(file: Path, remedy: str) -> str:
    """Return the password in `file`, without the end of its line. Raises `LabError` with `remedy` if it cannot be read."""
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise LabError(f"The password file {file} cannot be read: {error.strerror}.", remedy) from error
    except UnicodeDecodeError as error:
        raise LabError(f"The password file {file} cannot be read: it is not UTF-8.", remedy) from error


def write_private(path: Path, text: str) -> None:
    """Write `text` into the file `path`, completely or not at all. Only this user can read it."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
