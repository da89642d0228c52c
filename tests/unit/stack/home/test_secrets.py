# SPDX-License-Identifier: Apache-2.0
"""Which folder has which password: the worker's has two and no others, also in a lab of an older release."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.stack.home import secrets
from helpers.stack.home.accounts import ACCOUNTS

EVERYBODY_MAY = 0
WORDS = {account: f"word-of-{account}" for account in ACCOUNTS}


def words(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The home of a lab of release 0.1: all passwords are where the worker reads them."""
    (tmp_path / "secrets").mkdir(mode=0o700)
    for account, word in WORDS.items():
        (tmp_path / "secrets" / f"{account}.password").write_text(word)
    return tmp_path


def check(home: Path) -> None:
    """Check that everything is where it belongs."""
    assert secrets.passwords(home) == WORDS
    assert words(home / "secrets") == {"source": WORDS["source"], "sink": WORDS["sink"]}
    kept = words(home / "passwords")
    assert len(kept.pop("connect")) == 32 and kept == WORDS


def test_the_worker_sees_two_passwords_and_no_others(tmp_path: Path) -> None:
    found = secrets.passwords(tmp_path)
    assert words(tmp_path / "secrets") == {"source": found["source"], "sink": found["sink"]}
    assert words(tmp_path / "passwords").keys() == {*ACCOUNTS, "connect"}


def test_a_lab_of_an_older_release_keeps_its_passwords(old: Path) -> None:
    assert secrets.password_file(old, "owner").read_text() == WORDS["owner"], "before the next `up` too"
    assert secrets.connect_password_file(old) is None, "its worker wants none"
    check(old)
    check(old)
    assert secrets.password_file(old, "owner") == old / "passwords" / "owner.password"
    assert secrets.password_file(old, "source").parent == old / "passwords", "beside that of the owner"


@pytest.mark.parametrize("after", range(12))
def test_an_interrupted_move_loses_no_password(old: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Each file is written, and each old one deleted, in a step of its own. The interruption comes after so many steps."""
    done = 0

    def step() -> None:
        nonlocal done
        if done == after:
            raise KeyboardInterrupt
        done += 1

    write, unlink = secrets.write_private, Path.unlink

    def write_or_end(path: Path, text: str) -> None:
        step()
        write(path, text)

    def unlink_or_end(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "secrets" and path.suffix == ".password":
            step()
        unlink(path, missing_ok)

    with monkeypatch.context() as during:
        during.setattr(secrets, "write_private", write_or_end)
        during.setattr(Path, "unlink", unlink_or_end)
        try:
            secrets.passwords(old)
        except KeyboardInterrupt:
            assert done == after
    for account, word in WORDS.items():
        assert secrets.password_file(old, account).read_text() == word
    check(old)


@pytest.fixture
def careless() -> Iterator[None]:
    """New files may be read and written by everybody, as far as a program does not say otherwise."""
    before = os.umask(EVERYBODY_MAY)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_only_this_user_reads_them_whatever_the_umask_says(tmp_path: Path) -> None:
    secrets.passwords(tmp_path)
    for name in ("secrets", "passwords"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / name).iterdir()}
        assert modes == {0o600}
