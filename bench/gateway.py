# SPDX-License-Identifier: Apache-2.0
"""What a request costs that goes through the gateway, beside the same request sent to the service itself."""

from __future__ import annotations

import http.client
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

from bench import own
from bench.rows import Row, alternate, seconds
from helpers import services
from helpers.errors import ServerFailed

_ROUNDS = 1000


def measure() -> Iterator[Row]:
    """Yield the rows of this part: milliseconds of both ways, and what the gateway adds to the median."""
    with own.running() as lab, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-sync-lab-bench-")))
        gateway = stack.enter_context(services.gateway(folder))
        orders = stack.enter_context(services.order_service(lab, folder, gateway=gateway.url))
        direct, through = (stack.enter_context(closing(_connect(each.url))) for each in (orders, gateway))
        times = alternate(
            lambda: seconds(lambda: _get(through, "/order-service/health")),
            lambda: seconds(lambda: _get(direct, "/health")),
            _ROUNDS,
        )
    added = statistics.median(times.ours) - statistics.median(times.theirs)
    yield Row("GET through the gateway, median", statistics.median(times.ours) * 1000, "ms")
    yield Row("the same sent to the service itself", statistics.median(times.theirs) * 1000, "ms")
    yield Row("what the gateway adds", added * 1000, "ms", at_most=0.6, note=f"{_ROUNDS:,} rounds, one connection")


def _connect(url: str) -> http.client.HTTPConnection:
    where = urlsplit(url)
    return http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)


def _get(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise ServerFailed(f"GET {path} was answered with {answer.status}.", "Measure again.")
