# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on loopback whose answers a test writes, and which keeps what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Request:
    """What was asked: the method, the path with its query, the headers by their names in small letters, the body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What is sent. With a `length` above that of the body, the rest never comes; a `held` answer ends with the server."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    held: bool = False


class FakeServer(ThreadingHTTPServer):
    """Gives each request what `answer` returns for it, from its own thread, between `with` and the end of the block.

    `requests` are those that have come, in order; `url` ends with a slash. With a context for
    `tls` it speaks HTTPS.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[Request] = []
        self.go_on = threading.Event()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}/"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name=f"fake server {self.server_port}")

    @property
    def asked(self) -> list[str]:
        """Method and path of what has come, in order."""
        return [str(request) for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    """Return what gives `answers` one after the other, and the last one from then on."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, self.path, headers, body)
        self.server.requests.append(request)
        answer = self.server.answer(request)
        self.send_response(answer.status)
        length = len(answer.body) if answer.length is None else answer.length
        for name, value in {"content-length": str(length), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.held:
            self.server.go_on.wait(60)

    do_PUT = do_POST = do_DELETE = do_PATCH = do_GET

    def log_message(self, *_: object) -> None: ...
