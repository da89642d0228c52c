# SPDX-License-Identifier: Apache-2.0
"""The gateway: one address for all services. Instances register with it, and requests go to them in turn."""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from helpers.shop import forwarding, pages, serving
from helpers.shop.discovery import LEASE, MOST, Discovery, Full
from helpers.shop.problems import BodyLimit, Problem, responses

BODY_LIMIT = 65_536  # bytes
TIMEOUT = 15.0
"""Seconds until an instance must have answered. The order service waits for Kafka for less than that."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
RESERVED = {"docs", "health", "instances", "swagger"}
"""Paths of the gateway itself, so no service can have such a name."""

Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,62}$")]


class Registration(BaseModel):
    """Where an instance listens. Only on this computer: the gateway must not carry requests to anywhere else."""

    model_config = ConfigDict(extra="forbid", strict=True)
    url: str = Field(pattern=r"^http://127\.0\.0\.1:[1-9][0-9]{0,4}$")

    @field_validator("url")
    @classmethod
    def _has_a_port(cls, url: str) -> str:
        if int(url.rpartition(":")[2]) > 65_535:
            raise ValueError("a port is at most 65535")
        return url


class Registered(BaseModel):
    """One instance, and how many seconds its lease still lasts."""

    service: str
    instance: str
    url: str
    lease: float


class Health(BaseModel):
    """How many instances each service has."""

    status: str = "up"
    instances: dict[str, int]


def create_app(discovery: Discovery, timeout: float = TIMEOUT) -> FastAPI:
    """Return the gateway's HTTP interface. An instance has `timeout` seconds to answer."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with forwarding.client(timeout) as app.state.session:
            yield

    app = pages.application("Gateway", lifespan=lifespan)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT)
    _registering(app, discovery)

    @app.get("/health")
    async def health() -> Health:
        return Health(instances=Counter(each.service for each in discovery.all()))

    async def forward(request: Request) -> Response:
        service = request.path_params["service"]
        if service in RESERVED:
            raise Problem(404, "The gateway has no such path.")
        return await forwarding.forward(request, service, discovery, app.state.session)

    app.add_route("/{service}/{path:path}", forward, METHODS, include_in_schema=False)
    return app


def _registering(app: FastAPI, discovery: Discovery) -> None:
    @app.get("/instances")
    async def instances() -> list[Registered]:
        return [
            Registered(service=it.service, instance=it.name, url=it.url, lease=round(discovery.left(it), 1))
            for it in discovery.all()
        ]

    @app.put("/instances/{service}/{instance}", status_code=204, responses=responses(400, 413, 422, 503))
    async def register(service: Name, instance: Name, registration: Registration) -> None:
        if service in RESERVED:
            raise Problem(422, f"service: {service} is a path of the gateway itself.")
        try:
            discovery.renew(service, instance, registration.url)
        except Full as error:
            raise Problem(503, f"{MOST} instances are registered already.", retry_after=math.ceil(LEASE)) from error

    @app.delete("/instances/{service}/{instance}", status_code=204, responses=responses(422))
    async def leave(service: Name, instance: Name) -> None:
        discovery.drop(service, instance)


def _seconds(text: str) -> float:
    if not 0 < float(text) <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0, at most 3600")
    return float(text)


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = serving.parser(__doc__)
    made.add_argument(
        "--lease", type=_seconds, default=LEASE, help="seconds without a heartbeat until an instance is dropped"
    )
    made.add_argument("--timeout", type=_seconds, default=TIMEOUT, help="seconds until an instance must have answered")
    return made


def main() -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    given = serving.parse(options())
    serving.serve(create_app(Discovery(given.lease), given.timeout), "gateway", port=given.port)


if __name__ == "__main__":
    main()
