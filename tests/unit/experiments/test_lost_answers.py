# SPDX-License-Identifier: Apache-2.0
"""The first answer is lost after the service has done its work. The second one passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import requests

from helpers.errors import InvalidInput
from helpers.experiments.lost_answers import first_answer_lost


class Shop(BaseHTTPRequestHandler):
    """Counts what is asked, and answers with an empty 202."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Shop, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/orders"
        server.shutdown()


def test_the_work_is_done_and_nobody_hears_of_it(url: str) -> None:
    with first_answer_lost(url) as bad:
        with pytest.raises(requests.ConnectionError):
            requests.post(bad, timeout=10)
        assert Shop.asked == ["/orders"]
        assert requests.post(bad, timeout=10).status_code == 202
    assert Shop.asked == ["/orders"] * 2


def test_each_block_loses_one_answer(url: str) -> None:
    for _ in range(2):
        with first_answer_lost(url) as bad, pytest.raises(requests.ConnectionError):
            requests.post(bad, timeout=10)


@pytest.mark.parametrize("url", ["http://127.0.0.1/orders", "http://example.com:80", "orders"])
def test_what_is_no_address_of_this_computer_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="not an address of this computer"), first_answer_lost(url):
        pass
