# SPDX-License-Identifier: Apache-2.0
"""Customers send an order again, with the same key, until it is accepted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from helpers.errors import InvalidInput, ServerFailed
from helpers.experiments.customers import Customers


class Shop(BaseHTTPRequestHandler):
    """Answers each key the first time with a broken connection, the second time with 503, then with 201."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[Counter[str]] = Counter()
    lock = threading.Lock()
    refuses = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Idempotency-Key"]
        with self.lock:
            self.seen[key] += 1
        if self.seen[key] == 1 and not self.refuses:
            self.close_connection = True
            return
        status = 422 if self.refuses else {2: 503}.get(self.seen[key], 201)
        self.send_response(status)
        self.send_header("X-Instance", "shop-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Shop, "seen", Counter())
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/orders"
        server.shutdown()


def test_each_order_is_sent_with_one_key_until_it_is_accepted(url: str) -> None:
    with Customers(url, 20, clients=4) as customers:
        customers.wait_accepted(1)
    frame = customers.frame()
    assert len(frame) == 20
    assert set(frame["tries"]) == {3}
    assert set(frame["instance"]) == {"shop-1"}
    assert list(Shop.seen.values()) == [3] * 20


def test_a_refusal_is_not_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "refuses", True)
    with pytest.raises(ServerFailed, match="not accepted: 422"), Customers(url, 1):
        pass
    assert list(Shop.seen.values()) == [1]


def test_an_error_in_the_block_ends_the_orders(url: str) -> None:
    with pytest.raises(ZeroDivisionError), Customers(url, 10_000, clients=2) as customers:
        _ = 1 / 0
    assert len(customers.accepted) < 10_000
    assert not any(thread.name.startswith("customer") for thread in threading.enumerate())


@pytest.mark.parametrize("numbers", [(0, 8), (10, 0)])
def test_numbers_are_above_zero(numbers: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        Customers("http://127.0.0.1:9", numbers[0], clients=numbers[1])
