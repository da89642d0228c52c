# SPDX-License-Identifier: Apache-2.0
"""The first answer is lost after the service has done its work. The second one passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from helpers.errors import InvalidInput
from helpers.experiments.lost_answers import first_answer_lost
from tests.fake_server import Answer, FakeServer


@pytest.fixture
def shop() -> Iterator[FakeServer]:
    with FakeServer(lambda _: Answer(202)) as server:
        yield server


def test_the_work_is_done_and_nobody_hears_of_it(shop: FakeServer) -> None:
    with first_answer_lost(f"{shop.url}orders") as bad:
        with pytest.raises(requests.ConnectionError):
            requests.post(bad, timeout=10)
        assert shop.asked == ["POST /orders"]
        assert requests.post(bad, timeout=10).status_code == 202
    assert shop.asked == ["POST /orders"] * 2


def test_each_block_loses_one_answer(shop: FakeServer) -> None:
    for _ in range(2):
        with first_answer_lost(f"{shop.url}orders") as bad, pytest.raises(requests.ConnectionError):
            requests.post(bad, timeout=10)


@pytest.mark.parametrize("url", ["http://127.0.0.1/orders", "http://example.com:80", "orders"])
def test_what_is_no_address_of_this_computer_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="not an address of this computer"), first_answer_lost(url):
        pass
