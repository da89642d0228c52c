# SPDX-License-Identifier: Apache-2.0
"""One request, sent on to an instance. If that fails: whether another instance may get it, and what the client must know.

Nothing was sent if the connection was refused. Then any request may go to another instance. After that the instance may have
done the work before it broke off. Then only a request may be repeated whose repetition changes nothing.
"""

from __future__ import annotations

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from yarl import URL

from helpers.shop.discovery import Discovery, Instance
from helpers.shop.problems import Problem

IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}
"""Methods that may be repeated (RFC 9110, 9.2.2)."""
HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
"""Headers of one connection, which are not sent on (RFC 9110, 7.6.1)."""
_OURS = {b"host", b"content-length", b"expect", b"x-forwarded-prefix"}
"""Headers of a request that the client or this module makes itself."""
ANSWER_LIMIT = 8_000_000
"""Bytes that an answer may have."""
_KEEP_ALIVE = 4.0
"""Seconds that an unused connection is kept. uvicorn closes it after 5: a request must not meet that moment."""
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class _TooLong(aiohttp.ClientError):
    """The answer has more than `ANSWER_LIMIT` bytes."""


def client(timeout: float) -> aiohttp.ClientSession:
    """Return a client that adds nothing to a request. `timeout` is the seconds until an instance must have answered."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=1),
        connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=_KEEP_ALIVE),
        cookie_jar=aiohttp.DummyCookieJar(),  # a cookie belongs to one of our clients, not to all of them
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )


async def forward(request: Request, service: str, discovery: Discovery, session: aiohttp.ClientSession) -> Response:
    """Return the answer of the first instance of `service` that gives one.

    Raises `Problem`: 503 if there is no instance, 502 or 504 if one broke off and no other may be asked.
    """
    body = await request.body()
    repeatable = request.method in IDEMPOTENT or bool(request.headers.get("idempotency-key"))
    failure = Problem(503, f"No instance of {service[:63]} is registered. Try again.", retry_after=1)
    for instance in discovery.in_turn(service):
        try:
            return await _ask(request, instance, body, session)
        except _NOT_SENT:
            discovery.drop(service, instance.name)
            continue
        except TimeoutError:
            failure = _unsure(504, f"{instance.name} did not answer in time.")
        except aiohttp.ClientError as error:
            failure = _unsure(502, f"{instance.name} broke off ({type(error).__name__}).")
        if not repeatable:
            break
    raise failure


def _unsure(status: int, what: str) -> Problem:
    remedy = "The request may have been carried out. With an Idempotency-Key it may be sent again."
    return Problem(status, f"{what} {remedy}")


async def _ask(request: Request, instance: Instance, body: bytes, session: aiohttp.ClientSession) -> Response:
    url = URL(f"{instance.url}{_target(request, instance.service)}", encoded=True)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _end_to_end(request.headers.raw)]
    sent = session.request(
        request.method,
        url,
        data=body or None,
        headers=[*headers, ("X-Forwarded-Prefix", f"/{instance.service}")],
        allow_redirects=False,
    )
    async with sent as answer:
        return _answer(request.method, answer, await _read(answer))


def _target(request: Request, service: str) -> str:
    """Return path and query as they came, without the name of `service`. Raises `Problem` 404 if that is not the first segment.

    It always begins with a slash. A name followed by %2F@example.org:80 would else become another host.
    """
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    first, _, rest = path.removeprefix("/").partition("/")
    if first != service:
        raise Problem(404, "The first part of the path is not the name of a service.")
    return f"/{rest}?{query}" if query else f"/{rest}"


def _answer(method: str, answer: aiohttp.ClientResponse, body: bytes) -> Response:
    response = Response(body, answer.status)
    length = [] if method == "HEAD" else [pair for pair in response.raw_headers if pair[0] == b"content-length"]
    skipped = {b"date", b"server"} | (
        {b"content-length"} if method != "HEAD" else set()
    )  # ours has its own date and server
    kept = [(name.lower(), value) for name, value in answer.raw_headers]
    response.raw_headers = [*length, *(pair for pair in _without_hops(kept) if pair[0] not in skipped)]
    return response


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            raise _TooLong
    return bytes(body)


Headers = list[tuple[bytes, bytes]]


def _end_to_end(headers: Headers) -> Headers:
    return [pair for pair in _without_hops(headers) if pair[0] not in _OURS]


def _without_hops(headers: Headers) -> Headers:
    """Return `headers`, whose names are in lower case, without those of one connection and those that `Connection` names."""
    named = {word.strip().lower() for name, value in headers if name == b"connection" for word in value.split(b",")}
    return [pair for pair in headers if pair[0] not in HOP_BY_HOP | named]
