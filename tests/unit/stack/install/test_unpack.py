# SPDX-License-Identifier: Apache-2.0
"""Archives become folders whole or not at all, and nothing is written outside."""

from __future__ import annotations

import os
import struct
import tarfile
from pathlib import Path

import pytest

from helpers.errors import InvalidInput
from helpers.stack.install.unpack import unpack_mariadb, unpack_plugin
from tests.unit.stack.install.repository import made_up_jar, made_up_plugin


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, "/etc/passwd"
    return member


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "plugins" / "target"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_mariadb_is_trimmed(archive: Path, target: Path) -> None:
    archive.write_bytes(made_up_jar(b"code"))
    unpack_mariadb(archive, target)
    assert files(target) == {"bin/mariadbd", "share/english/errmsg.sys", "share/mariadb_system_tables.sql"}
    program = (target / "bin" / "mariadbd").read_bytes()
    assert program.endswith(b"code") and len(program) == 64 + 56 + 4
    assert struct.unpack_from("<Q", program, 40) == (0,) and struct.unpack_from("<HHH", program, 58) == (0, 0, 0)
    assert os.access(target / "bin" / "mariadbd", os.X_OK)


def test_what_goes_wrong_leaves_the_old_folder_and_nothing_else(archive: Path, target: Path, tmp_path: Path) -> None:
    archive.write_bytes(made_up_plugin(entry("old.jar")))
    unpack_plugin(archive, target)
    whole = made_up_plugin(entry("first.jar", size=10), entry("second.jar", size=200_000))
    archive.write_bytes(whole[: len(whole) - 40])
    with pytest.raises(InvalidInput, match="cannot be unpacked"):
        unpack_plugin(archive, target)
    assert files(tmp_path / "cache") == {"plugins/target/old.jar"}


def test_what_a_crash_left_is_cleared(archive: Path, target: Path, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "target.part" / "half.jar"
    left.parent.mkdir(parents=True)
    left.touch()
    archive.write_bytes(made_up_plugin(entry("folder", tarfile.DIRTYPE), entry("folder/new.jar", size=5)))
    unpack_plugin(archive, target)
    assert files(tmp_path / "cache") == {"plugins/target/folder/new.jar"}


@pytest.mark.parametrize(
    "member",
    [
        entry("../../evil"),
        entry("folder/../../evil"),
        entry("/evil"),
        entry("..\\evil"),
        entry("C:evil"),
        entry("link", tarfile.SYMTYPE),
        entry("link", tarfile.LNKTYPE),
        entry("device", tarfile.CHRTYPE),
    ],
    ids=lambda member: f"{member.name}-{member.type.decode()}",
)
def test_a_member_outside_is_refused(member: tarfile.TarInfo, archive: Path, target: Path, tmp_path: Path) -> None:
    archive.write_bytes(made_up_plugin(entry("harmless.jar"), member))
    with pytest.raises(InvalidInput, match="is not a file inside"):
        unpack_plugin(archive, target)
    assert files(tmp_path) == {"archive"}


def test_something_else_than_an_archive_is_refused(archive: Path, target: Path) -> None:
    archive.write_text("<html>")
    with pytest.raises(InvalidInput, match="not a gzip file"):
        unpack_plugin(archive, target)
