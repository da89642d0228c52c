# SPDX-License-Identifier: Apache-2.0
"""`lab shop` as a teacher uses it: from a terminal, with an HTTP client, beside a lab and beside servers elsewhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import requests

from helpers.errors import InvalidInput, LabNotRunning, ServerFailed
from helpers.processes import is_gone
from helpers.stack.shop import Shop
from helpers.waiting import wait_until
from tests.resources import OwnLab

ORDER = {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as found:
        found.trust_env = False
        yield found


def up(own: OwnLab, *options: str, **variables: str) -> str:
    """Run `lab shop up`, which has to succeed, and return what it says about its progress."""
    done = own.run("shop", "up", *options, **variables)
    assert done.returncode == 0, done.stderr
    return done.stderr


def status(own: OwnLab) -> dict[str, Any]:
    return dict(json.loads(own.run("shop", "status", "--json").stdout))


def pids(found: dict[str, Any]) -> list[int]:
    return [found["gateway"]["pid"], found["catalog"]["pid"], *(each["pid"] for each in found["orders"])]


def order_and_compare(session: requests.Session, gateway: str) -> None:
    """Order ten pieces, by HTTP alone, and see that the stock falls by exactly ten."""
    shelf = f"{gateway}/catalog-service/catalog/CATALOG-0002"

    def stock() -> int:
        return int(session.get(shelf, timeout=5).json()["stock"])

    before = stock()
    answer = session.post(f"{gateway}/order-service/orders", json=ORDER, timeout=10)
    assert answer.status_code == 201 and answer.json()["totalPrice"] == 12000
    wait_until(lambda: stock() != before, 30, "the stock to fall")
    assert stock() == before - 10


def test_order_by_http_then_up_again_with_more_and_with_less(own_lab: OwnLab, session: requests.Session) -> None:
    assert own_lab.run("shop", "status").returncode == LabNotRunning.exit_code
    assert own_lab.run("shop", "down").returncode == 0
    up(own_lab)
    first = status(own_lab)
    assert len(first["orders"]) == 1 and all(pids(first))
    order_and_compare(session, first["gateway"]["url"])
    for page in ("/docs", "/order-service/docs", "/catalog-service/openapi.json"):
        assert session.get(first["gateway"]["url"] + page, timeout=5).status_code == 200

    assert "The shop runs already." in up(own_lab) and status(own_lab) == first
    assert "runs already" not in up(own_lab, "--instances", "2")
    both = status(own_lab)
    assert len(both["orders"]) == 2 and both["orders"][:1] == first["orders"] and both["catalog"] == first["catalog"]
    orders = f"{first['gateway']['url']}/order-service/orders"
    assert len({session.get(orders, timeout=5).headers["X-Instance"] for _ in range(2)}) == 2

    up(own_lab, "--instances", "1", "--way", "outbox")
    fewer = status(own_lab)
    assert len(fewer["orders"]) == 1 and fewer["gateway"] == first["gateway"]
    assert fewer["orders"][0]["url"] == first["orders"][0]["url"] and fewer["orders"] != first["orders"], "the new way"
    order_and_compare(session, first["gateway"]["url"])
    assert "order-service" in own_lab.run("logs", "orders").stdout


def test_a_killed_service_and_a_port_that_is_taken(own_lab: OwnLab, session: requests.Session) -> None:
    up(own_lab)
    before = status(own_lab)
    for place in ("gateway", "catalog"):
        process = psutil.Process(before[place]["pid"])
        process.kill()
        wait_until(lambda: is_gone(process), 10, f"{place} to end")  # noqa: B023  # it is called before the next round
    assert own_lab.run("shop", "status").returncode == LabNotRunning.exit_code
    port = int(before["gateway"]["url"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        said = up(own_lab)
    after = status(own_lab)
    assert f"Port {port} is used by another program. Gateway moves to" in said
    assert after["gateway"]["url"] != before["gateway"]["url"] and after["catalog"]["url"] == before["catalog"]["url"]
    order_and_compare(session, after["gateway"]["url"])


def test_if_one_cannot_start_none_does(own_lab: OwnLab) -> None:
    own_lab.run("shop", "down")
    (own_lab.home / "shop" / "orders" / "service.db").unlink()
    (own_lab.home / "shop" / "orders" / "service.db").mkdir()
    try:
        done = own_lab.run("shop", "up")
        assert done.returncode == ServerFailed.exit_code and "Order service ended while it was starting" in done.stderr
        assert Shop(own_lab.home).running() == {}
    finally:
        (own_lab.home / "shop" / "orders" / "service.db").rmdir()


def test_what_cannot_be_is_one_sentence(own_lab: OwnLab, new_lab: OwnLab) -> None:
    for count in ("0", "-1", "9", "99"):
        done = own_lab.run("shop", "up", "--instances", count)
        assert done.returncode == InvalidInput.exit_code and f"1 to 8 order services, not {count}." in done.stderr
    done = new_lab.run("shop", "up")
    assert done.returncode == LabNotRunning.exit_code and "No lab runs in" in done.stderr
    assert not new_lab.home.exists(), "nothing was made"


def test_beside_servers_elsewhere(own_lab: OwnLab, new_lab: OwnLab, session: requests.Session) -> None:
    up(own_lab)
    elsewhere = {"LAB_BOOTSTRAP_SERVERS": own_lab.attach().bootstrap_servers}
    # Both catalog services are members of one group: the topic's only partition has one of them.
    own_lab.run("shop", "down")
    up(new_lab, **elsewhere)
    order_and_compare(session, status(new_lab)["gateway"]["url"])
    assert "Stopped: orders, catalog, gateway." in new_lab.run("down", **elsewhere).stderr
    assert new_lab.run("reset", "--yes", **elsewhere).returncode == 0
    assert not (new_lab.home / "shop").exists() and own_lab.pids(), "the servers elsewhere are not its own"


def test_it_ends_with_the_lab(own_lab: OwnLab) -> None:
    up(own_lab)
    found = [psutil.Process(pid) for pid in pids(status(own_lab))]
    assert "Stopped: orders, catalog, gateway, connect" in own_lab.run("down").stderr
    assert all(map(is_gone, found))
    assert (own_lab.home / "shop" / "orders" / "service.db").exists()
    own_lab.up()
    up(own_lab)
    assert own_lab.run("reset", "--yes").returncode == 0
    assert own_lab.processes() == [] and not (own_lab.home / "shop").exists()
