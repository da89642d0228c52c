# SPDX-License-Identifier: Apache-2.0
"""Errors over HTTP as problem documents (RFC 9457): one shape for every answer from 400 up. It names the wrong field."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """What a handler raises to refuse: a status, one sentence, and more members for the document.

    `retry_after` is the number of seconds after which the client may try again.
    """

    def __init__(self, status: int, detail: str, *, retry_after: int | None = None, **members: object) -> None:
        super().__init__(status, detail, {"Retry-After": str(retry_after)} if retry_after else None)
        self.members = members


class WrongField(BaseModel):
    """One field that is wrong, and why."""

    field: str
    reason: str


class ProblemDocument(BaseModel):
    """What the body of every answer from 400 up holds."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[WrongField] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of these statuses: `@app.post(…, responses=responses(422, 503))`."""
    content = {MEDIA_TYPE: {"schema": ProblemDocument.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def answer(error: HTTPException) -> JSONResponse:
    """Return the answer for `error`."""
    members = error.members if isinstance(error, Problem) else {}
    title = HTTPStatus(error.status_code).phrase
    body = {"type": "about:blank", "title": title, "status": error.status_code, "detail": str(error.detail), **members}
    # The headers: a 405 names what is allowed, a 503 when to come again.
    return JSONResponse(body, error.status_code, error.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # Only names and reasons. The input itself may hold what JSON or UTF-8 cannot: NaN, half a surrogate pair.
        found = error.errors()
        errors = [{"field": _field(each["loc"]), "reason": _printable(each["msg"])} for each in found]
        not_json = any(each["type"] == "json_invalid" for each in found)
        detail = "; ".join(f"{each['field']}: {each['reason']}" for each in errors)
        return answer(Problem(400 if not_json else 422, detail, errors=errors))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error)

    if "sqlalchemy" in sys.modules:  # it takes a third of a service's start, and only some services use it
        from sqlalchemy.exc import OperationalError

        @app.exception_handler(OperationalError)
        async def _database(_: Request, error: OperationalError) -> JSONResponse:
            return answer(Problem(503, f"The service's own database: {error.orig}.", retry_after=1))


class BodyLimit:
    """Refuses a body of more than `limit` bytes before all of it is read (Starlette's own limit answers in plain text)."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        too_large = Problem(413, f"The body has more than {self.limit} bytes.")
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > self.limit):
            await answer(too_large)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise too_large
            return message

        await self.app(scope, counted, send)


def _field(location: tuple[str | int, ...]) -> str:
    names = [_printable(part) for part in location[1:] if isinstance(part, str)]  # a number is a place in broken JSON
    return ".".join(names) or str(location[0])


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
