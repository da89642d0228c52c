# SPDX-License-Identifier: Apache-2.0
"""The HTTP side of a listener: it runs as long as the application, and `GET /health` says whether it still listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel

from helpers.shop import pages
from helpers.shop.listener import Listener
from helpers.shop.problems import Problem, responses


class Health(BaseModel):
    """What a listener does: the partitions that it has now, and how many commits have failed."""

    status: str = "up"
    partitions: list[int]
    failedCommits: int


def listening(title: str, listener: Listener) -> FastAPI:
    """Return an application that starts and stops `listener`. Its `GET /health` is 503, with the reason, once that has ended."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listener.start()
        yield
        listener.stop()

    app = pages.application(title, lifespan)

    @app.get("/health", responses=responses(503))
    async def health() -> Health:  # async: it answers also while every thread waits for the database
        if listener.failure:
            raise Problem(503, f"The listener has ended: {type(listener.failure).__name__}: {listener.failure}.")
        return Health(partitions=listener.partitions, failedCommits=listener.failed_commits)

    return app
