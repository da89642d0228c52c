# SPDX-License-Identifier: Apache-2.0
"""A gateway and instances behind it, all in one event loop of this process, on free ports of 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from helpers.shop.discovery import Discovery
from helpers.shop.gateway import create_app
from helpers.shop.serving import Prefixed, Signed


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` for the block and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        running = asyncio.ensure_future(server._serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@dataclass
class Echo:
    """An instance that answers with what it got, and remembers it."""

    name: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[dict[str, object]] = field(default_factory=list)

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        target = scope["raw_path"].decode("latin-1") + (
            "?" + scope["query_string"].decode() if scope["query_string"] else ""
        )
        self.got.append(
            {"method": request.method, "target": target, "headers": request.headers.raw, "body": body.decode()}
        )
        shown = {"method": request.method, "target": target, "body": body.decode(), "root": scope["root_path"]}
        await Response(json.dumps(shown), self.status, {"X-Instance": self.name, **self.headers})(scope, receive, send)


Break = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Broken:
    """An instance that reads the whole head of a request and then breaks off, or never answers. It counts the requests."""

    hang: bool = False
    requests: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen for the block and yield the address."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            if self.hang:
                await reader.read()  # until the gateway gives up
        finally:
            writer.close()


@dataclass
class Shop:
    """A gateway with its discovery, and a client for it."""

    url: str
    discovery: Discovery
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **settings: object) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer and its body. Redirects are not followed."""
        async with self.session.request(method, self.url + path, allow_redirects=False, **settings) as answer:  # type: ignore[arg-type]
            return answer, await answer.text()


@asynccontextmanager
async def shop(*instances: str, timeout: float = 5.0, service: str = "order-service") -> AsyncIterator[Shop]:
    """A gateway for the block, with `instances` (their addresses) of `service`."""
    discovery = Discovery(lease=60)
    for number, url in enumerate(instances):
        discovery.renew(service, f"instance-{number}", url)
    app = Signed(Prefixed(create_app(discovery, timeout)), "gateway-1")
    async with serving(app) as url, aiohttp.ClientSession(auto_decompress=False) as session:
        yield Shop(url, discovery, session)


def refusing() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
