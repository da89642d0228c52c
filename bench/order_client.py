# SPDX-License-Identifier: Apache-2.0
"""Clients that order over HTTP as fast as they get answers, in a process of their own.

`python -m bench.order_client URL CLIENTS SECONDS`. Written on bare sockets, because a client library costs more processor
time a request than the service that is measured.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

import uvloop

_BODY = json.dumps({"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}).encode()
_REQUEST = (
    b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    % len(_BODY)
)


class Client(asyncio.Protocol):
    """One connection: sends an order, waits for the answer, sends the next, until `deadline` (of `time.perf_counter`)."""

    def __init__(self, deadline: float) -> None:
        self.times: list[float] = []
        """Seconds of each accepted order."""
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deadline = deadline
        self._answer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first order."""
        self._transport = cast(asyncio.Transport, transport)
        self._order()

    def data_received(self, data: bytes) -> None:
        """Send the next order when the answer is complete."""
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        if not body or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            return
        now = time.perf_counter()
        if head.startswith((b"HTTP/1.1 201", b"HTTP/1.1 202")):
            self.times.append(now - self._sent)
        else:
            self.refused += 1
        if now < self._deadline:
            self._order()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Say that this client has ended."""
        if not self.done.done():
            self.done.set_result(None)

    def _order(self) -> None:
        self._answer = b""
        self._sent = time.perf_counter()
        self._transport.write(_REQUEST + _BODY)


async def order(url: str, clients: int, seconds: float) -> dict[str, float]:
    """Order with `clients` connections for `seconds`. Return the count and rate of accepted orders, and the count of refused ones.

    `median` and `p99` are in seconds. `processor` is the processor time of this program in seconds an order.
    """
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    began, used = time.perf_counter(), time.process_time()
    made = [
        await loop.create_connection(lambda: Client(began + seconds), address.hostname or "", address.port or 80)
        for _ in range(clients)
    ]
    await asyncio.wait_for(asyncio.gather(*(client.done for _, client in made)), seconds + 30)
    times = sorted(each for _, client in made for each in client.times)
    took, used = time.perf_counter() - began, time.process_time() - used
    return {
        "count": len(times),
        "rate": len(times) / took,
        "median": statistics.median(times),
        "p99": times[len(times) * 99 // 100],
        "refused": sum(client.refused for _, client in made),
        "processor": used / len(times),
    }


def main(arguments: Sequence[str]) -> None:
    """Print what `order` returns as JSON."""
    url, clients, seconds = arguments
    print(json.dumps(uvloop.run(order(url, int(clients), float(seconds)))))


if __name__ == "__main__":
    main(sys.argv[1:])
