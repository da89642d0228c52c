# SPDX-License-Identifier: Apache-2.0
"""The passwords of one lab: random, each in a file that only this user can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from helpers.stack.home.accounts import ACCOUNTS


def passwords(home: Path) -> dict[str, str]:
    """Return the password of each account by its name. Missing ones are made. Only this user can read their files."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    return {account: _password(password_file(home, account)) for account in ACCOUNTS}


def password_file(home: Path, account: str) -> Path:
    """Return the file in `home` that holds only the password of `account`."""
    return home / "secrets" / f"{account}.password"


def _password(path: Path) -> str:
    if not path.exists() or not path.read_text("ascii"):
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text("ascii")


def write_private(path: Path, text: str) -> None:
    """Write `text` into the file `path`, completely or not at all. Only this user can read it."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
