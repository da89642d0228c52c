# SPDX-License-Identifier: Apache-2.0
"""The order service: takes orders by HTTP, keeps them in its own database, and sends them to Kafka."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal, get_args

from fastapi import FastAPI, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import DatabaseError

from helpers.shop import pages, serving, ways
from helpers.shop.orders import KeyUsedBefore, Order, OrderRequest, Orders, new_order
from helpers.shop.problems import BodyLimit, Problem, responses
from helpers.shop.publisher import NotPublished, Publisher
from helpers.shop.ways import Relay

TOPIC = "example-order-topic"
BODY_LIMIT = 16_384  # bytes
Way = Literal["forget", "confirm", "outbox", "topic-first"]
"""How an order gets to Kafka; see `ways`."""

STORING = {"forget": ways.forget, "confirm": ways.confirm, "outbox": ways.outbox}

Key = Annotated[str | None, Header(max_length=255, description="The same key gives the same order.")]


class Health(BaseModel):
    """The way of this instance; messages that wait in its outbox (500 at most), and that Kafka refused for good since the start."""

    status: str = "up"
    way: Way
    waiting: int
    refused: int


def create_app(orders: Orders, publisher: Publisher, way: Way) -> FastAPI:
    """Return the service's HTTP interface. With the way "outbox" a relay runs as long as the application does."""

    relay = Relay(orders, publisher) if way == "outbox" else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if relay:
            relay.start()
        yield
        if relay:
            relay.stop()
        publisher.close()
        orders.close()

    app = pages.application("Order service", lifespan)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT)
    _reading(app, orders)

    @app.get("/health", responses=responses(503))
    async def health() -> Health:  # async: it answers also while every thread waits for the database or the broker
        if relay and not relay.running:
            raise Problem(503, "The relay of the outbox has ended. Read the log, then start the service again.")
        return Health(way=way, waiting=relay.waiting if relay else 0, refused=relay.refused if relay else 0)

    if way == "topic-first":
        _publishing(app, publisher)
    else:
        _storing(app, orders, publisher, way)
    return app


def _storing(app: FastAPI, orders: Orders, publisher: Publisher, way: Way) -> None:
    take = STORING[way]

    @app.post("/orders", status_code=201, response_model=Order, responses=responses(400, 413, 422, 503))
    def create(request: OrderRequest, idempotency_key: Key = None) -> Response:
        order = new_order(request, idempotency_key)
        try:
            return _accepted(take(order, orders, publisher), 201)
        except KeyUsedBefore as error:
            raise Problem(422, "Idempotency-Key: it belongs to an order with other contents.") from error
        except NotPublished as error:
            raise _not_published(order, error) from error


def _publishing(app: FastAPI, publisher: Publisher) -> None:
    @app.post("/orders", status_code=202, response_model=Order, responses=responses(400, 413, 422, 503))
    async def create(request: OrderRequest, idempotency_key: Key = None) -> Response:
        order = new_order(request, idempotency_key)
        try:
            taken = await ways.topic_first(order, publisher)
            return Response(taken.document, 202, media_type="application/json")  # no Location: it is not stored here
        except NotPublished as error:
            raise _not_published(order, error) from error


def _reading(app: FastAPI, orders: Orders) -> None:
    @app.get("/orders", response_model=list[Order], responses=responses(422, 503))
    def page(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    ) -> Response:
        documents = orders.page(limit, offset)
        following = request.url.include_query_params(limit=limit, offset=offset + limit)
        link = {"Link": f'<{following.path}?{following.query}>; rel="next"'} if len(documents) == limit else {}
        return Response(f"[{','.join(documents)}]", 200, link, "application/json")

    @app.get("/orders/{order_id}", responses=responses(404, 422, 503))
    def one(order_id: str) -> Order:
        order = orders.get(order_id)
        if order is None:
            raise Problem(404, f"There is no order {order_id[:40]!r}.")
        return order


def _accepted(order: Order, status: int) -> Response:
    return Response(order.document, status, {"Location": f"orders/{order.orderId}"}, "application/json")


def _not_published(order: Order, error: NotPublished) -> Problem:
    detail = f"Kafka did not confirm the order: {error}. Send it again with the same Idempotency-Key."
    return Problem(503, detail, retry_after=1, orderId=order.orderId)


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = serving.parser(__doc__)
    made.add_argument("--bootstrap-servers", required=True)
    made.add_argument("--database", required=True, metavar="FILE", help="its SQLite file")
    made.add_argument("--topic", default=TOPIC)
    made.add_argument("--way", choices=get_args(Way), default="confirm", help="how an order gets to Kafka")
    return made


def main(arguments: Sequence[str] = ()) -> None:
    """Run the service until SIGTERM or SIGINT."""
    given = serving.parse(options(), arguments)
    try:
        orders = Orders(given.database)
    except DatabaseError as error:
        sys.exit(f"The file {given.database} cannot be used: {error.orig}.")
    app = create_app(orders, Publisher(given.bootstrap_servers, given.topic), given.way)
    serving.serve(app, "order-service", port=given.port, gateway=given.gateway)


if __name__ == "__main__":
    main()
