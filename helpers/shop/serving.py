# SPDX-License-Identifier: Apache-2.0
"""A program on a port of its own: it prints one line with its address, takes its place in the gateway, ends cleanly."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEARTBEAT = 1.0
"""Seconds between two heartbeats. A lease lasts three of them, as in Eureka (30 and 90 s there)."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of every program: `--port`, `--gateway`."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; by default a free port")
    made.add_argument("--gateway", metavar="URL", help="where to register")
    made.epilog = '--settings FILE reads options from a JSON object, as in {"port": 8080}.'
    return made


def parse(options: argparse.ArgumentParser, arguments: Sequence[str] = ()) -> argparse.Namespace:
    """Return what `arguments` say (by default the command line). `--settings FILE` comes first and the others overrule it."""
    given = list(arguments or sys.argv[1:])
    if given[:1] == ["--settings"]:
        given = [*_options(Path(given[1])), *given[2:]]
    return options.parse_args(given)


def _options(file: Path) -> list[str]:
    pairs = json.loads(file.read_text("utf-8")).items()
    given = [(name, value) for name, value in pairs if value is not None and value is not False]  # 0 is a value
    return [f"--{name}" if value is True else f"--{name}={value}" for name, value in given]


def serve(app: ASGIApp, service: str, *, port: int = 0, gateway: str | None = None) -> None:
    """Serve `app` as an instance of `service` until SIGTERM or SIGINT.

    With a `gateway` it registers there, sends heartbeats, and leaves at the end. When it listens and has registered, it prints
    one line of JSON: service, instance, url, pid. Each answer has the header `X-Instance`.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn ends by them, then raises them again
        signal.signal(number, lambda *_: sys.exit())
    with closing(_listen(port)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        instance = f"{service}-{listener.getsockname()[1]}"
        lease = Lease(gateway, service, instance, url) if gateway else None
        inner = Signed(Prefixed(app), instance)
        config = uvicorn.Config(inner, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
        try:
            if lease:
                lease.start()
            # Who connects from now on waits in the queue of the socket until uvicorn accepts it.
            print(json.dumps({"service": service, "instance": instance, "url": url, "pid": os.getpid()}), flush=True)
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            if lease:
                lease.stop()


def complain(problem: str) -> None:
    """Print one line about a problem that does not end the program, to its standard error."""
    print(problem, file=sys.stderr, flush=True)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1024)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used: {error.strerror}.")


class Signed:
    """Adds the header `X-Instance` to every answer that has none: the gateway forwards answers that have one."""

    def __init__(self, app: ASGIApp, instance: str) -> None:
        self.app = app
        self.header = (b"x-instance", instance.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sign(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                message["headers"] = (
                    headers if any(name == b"x-instance" for name, _ in headers) else [*headers, self.header]
                )
            await send(message)

        await self.app(scope, receive, sign if scope["type"] == "http" else send)


class Prefixed:
    """Behind the gateway, makes links begin with the name of the service: the gateway sends it as `X-Forwarded-Prefix`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            prefix = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1")
            if re.fullmatch(r"/[a-z][a-z0-9-]{0,62}", prefix):  # it gets into pages and headers
                scope = {**scope, "root_path": prefix, "path": prefix + scope["path"]}
        await self.app(scope, receive, send)


class Lease:
    """The place of one instance in the gateway: taken, renewed by its own thread, given back."""

    def __init__(self, gateway: str, service: str, instance: str, url: str) -> None:
        self._gateway = urlsplit(gateway)
        self._path = f"/instances/{service}/{instance}"
        self._body = json.dumps({"url": url})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def start(self) -> None:
        """Take the place, if the gateway answers, and send heartbeats from now on."""
        self._tell("PUT")
        self._thread.start()

    def stop(self) -> None:
        """Give the place back."""
        self._stopping.set()
        self._thread.join()
        self._tell("DELETE")

    def _renew(self) -> None:
        while not self._stopping.wait(HEARTBEAT):
            self._tell("PUT")

    def _tell(self, method: str) -> None:
        with closing(http.client.HTTPConnection(self._gateway.hostname or "", self._gateway.port, timeout=1)) as asked:
            try:
                asked.request(method, self._path, self._body, {"Content-Type": "application/json"})
                answer = asked.getresponse()
                if answer.status >= 400:
                    print(f"The gateway refused: {answer.read(2000).decode()}", file=sys.stderr, flush=True)
            except (OSError, http.client.HTTPException) as error:
                # Not an error of ours: the gateway may be away. The next heartbeat finds it again.
                complain(f"The gateway did not answer: {error}")
