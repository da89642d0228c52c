# SPDX-License-Identifier: Apache-2.0
"""The catalog service: listens to orders and lowers the stock."""

from __future__ import annotations

import argparse
import sqlite3

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from helpers.shop import problems, serving, stock
from helpers.shop.crash import Crash
from helpers.shop.health import listening
from helpers.shop.listener import BEFORE_OFFSET_COMMIT, Listener
from helpers.shop.problems import Problem, responses
from helpers.shop.stock import Stock

TOPIC, GROUP = "example-order-topic", "consumerGroupId"
PLACES = (stock.BEFORE_COMMIT, stock.AFTER_COMMIT, BEFORE_OFFSET_COMMIT)
"""Where the service can kill itself, in the order in which a batch gets there."""


class Product(BaseModel):
    """A product and how many of it are left."""

    productId: str
    stock: int


def create_app(work: Stock, listener: Listener) -> FastAPI:
    """Return the service's HTTP interface. The listener runs as long as the application does."""
    app = listening("Catalog service", listener)

    @app.exception_handler(sqlite3.OperationalError)
    async def _database(_: Request, error: sqlite3.OperationalError) -> JSONResponse:
        return problems.answer(Problem(503, f"The service's own database: {error}.", retry_after=1))

    @app.get("/catalog", responses=responses(503))
    def catalog() -> list[Product]:
        return [Product(productId=name, stock=number) for name, number in work.products().items()]

    @app.get("/catalog/{product_id}", responses=responses(404, 422, 503))
    def product(product_id: str) -> Product:
        number = work.product(product_id)
        if number is None:
            raise Problem(404, f"There is no product {product_id[:40]!r}.")
        return Product(productId=product_id, stock=number)

    return app


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = serving.parser(__doc__)
    made.add_argument("--bootstrap-servers", required=True)
    made.add_argument("--database", required=True, metavar="FILE", help="its SQLite file")
    made.add_argument("--topic", default=TOPIC)
    made.add_argument("--group", default=GROUP)
    made.add_argument("--naive", action="store_true", help="remember no order: a record that comes twice counts twice")
    made.add_argument("--batch", type=int, default=500, help="records in one transaction, at most")
    made.add_argument("--stock", type=int, help="of each product, at the first start")
    made.add_argument("--crash", default="", metavar="PLACE:N", help=f"end there as if killed: {', '.join(PLACES)}")
    return made


def main() -> None:
    """Run the service until SIGTERM or SIGINT."""
    parser = options()
    given = serving.parse(parser)
    try:
        crash = Crash.parse(given.crash, PLACES)
    except ValueError as error:
        parser.exit(2, f"{error}\n")
    products = stock.PRODUCTS if given.stock is None else dict.fromkeys(stock.PRODUCTS, given.stock)
    work = Stock(given.database, products, effect=stock.lower if given.naive else stock.lower_once, crash=crash)
    listener = Listener(given.bootstrap_servers, given.topic, given.group, work.take, batch=given.batch, crash=crash)
    serving.serve(create_app(work, listener), "catalog-service", port=given.port, gateway=given.gateway)


if __name__ == "__main__":
    main()
