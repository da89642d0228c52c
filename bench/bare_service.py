# SPDX-License-Identifier: Apache-2.0
"""A service that reads an order and answers it, and does nothing else: what the framework costs alone."""

from __future__ import annotations

from fastapi import FastAPI, Response

from helpers.shop import serving
from helpers.shop.orders import OrderRequest


def main() -> None:
    """Run the service until SIGTERM or SIGINT."""
    app = FastAPI()

    @app.post("/orders", status_code=201)
    async def create(request: OrderRequest) -> Response:
        return Response(request.model_dump_json(), 201, media_type="application/json")

    serving.serve(app, "bare-service", port=serving.parse(serving.parser(__doc__)).port)


if __name__ == "__main__":
    main()
