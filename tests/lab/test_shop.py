# SPDX-License-Identifier: Apache-2.0
"""`lab shop` as a teacher uses it: from a terminal, with an HTTP client, beside a lab and beside servers elsewhere."""

from __future__ import annotations

import json
import socket
from typing import Any

import psutil
import pytest
import requests

from helpers.command import shop as shop_command
from helpers.errors import InvalidInput, LabNotRunning, ServerFailed
from helpers.processes import is_gone
from helpers.settings import Settings
from helpers.stack.progress import Silent
from helpers.stack.shop import Shop
from helpers.waiting import wait_until
from tests.resources import OwnLab

ORDER = {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}


class Said(Silent):
    """Keeps what it was to show."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def up(own: OwnLab, instances: int | None = None, way: str | None = None) -> list[str]:
    """Do what `lab shop up` does, without the second that a new Python takes, and return what it says."""
    said = Said()
    shop_command.up(Settings(own.home, own.cache), said, instances=instances, way=way)
    return said.lines


def status(own: OwnLab) -> dict[str, Any]:
    """Return what `lab shop status --json` prints."""
    return shop_command.as_dictionary(Shop(own.home).status())


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


def test_the_command(file_lab: OwnLab, session: requests.Session) -> None:
    assert file_lab.run("shop", "status").returncode == LabNotRunning.exit_code
    done = file_lab.run("shop", "up", "--instances", "99")
    assert done.returncode == InvalidInput.exit_code and "1 to 8 order services, not 99." in done.stderr
    done = file_lab.run("shop", "up")
    assert done.returncode == 0 and "Catalog service" in done.stdout
    shown = file_lab.run("shop", "status", "--json")
    found = json.loads(shown.stdout)
    assert shown.returncode == 0 and found == status(file_lab) and len(found["orders"]) == 1 and all(pids(found))
    order_and_compare(session, found["gateway"]["url"])
    for page in ("/docs", "/order-service/docs", "/catalog-service/openapi.json"):
        assert session.get(found["gateway"]["url"] + page, timeout=5).status_code == 200
    assert "order-service" in file_lab.run("logs", "orders").stdout


def test_up_again_with_more_and_with_less(file_lab: OwnLab, session: requests.Session) -> None:
    up(file_lab, 1, "confirm")
    first = status(file_lab)
    assert "The shop runs already." in up(file_lab) and status(file_lab) == first
    assert "The shop runs already." not in up(file_lab, 2)
    both = status(file_lab)
    assert len(both["orders"]) == 2 and both["orders"][:1] == first["orders"] and both["catalog"] == first["catalog"]
    orders = f"{first['gateway']['url']}/order-service/orders"
    assert len({session.get(orders, timeout=5).headers["X-Instance"] for _ in range(2)}) == 2
    up(file_lab, 1, "outbox")
    fewer = status(file_lab)
    assert len(fewer["orders"]) == 1 and fewer["gateway"] == first["gateway"]
    assert fewer["orders"][0]["url"] == first["orders"][0]["url"] and fewer["orders"] != first["orders"], "the new way"
    order_and_compare(session, first["gateway"]["url"])


def test_a_killed_service_and_a_port_that_is_taken(file_lab: OwnLab, session: requests.Session) -> None:
    up(file_lab)
    before = status(file_lab)
    killed = [psutil.Process(before[place]["pid"]) for place in ("gateway", "catalog")]
    for process in killed:
        process.kill()
    wait_until(lambda: all(map(is_gone, killed)), 10, "both to end")
    assert [status(file_lab)[place]["pid"] for place in ("gateway", "catalog")] == [None, None]
    port = int(before["gateway"]["url"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        said = "\n".join(up(file_lab))
    after = status(file_lab)
    assert f"Port {port} is used by another program. Gateway moves to" in said
    assert after["gateway"]["url"] != before["gateway"]["url"] and after["catalog"]["url"] == before["catalog"]["url"]
    order_and_compare(session, after["gateway"]["url"])


def test_if_one_cannot_start_none_does(file_lab: OwnLab) -> None:
    database = Shop(file_lab.home).folder / "catalog" / "service.db"
    assert Shop(file_lab.home).down() and database.exists()
    kept = database.rename(database.with_name("kept"))
    database.mkdir()
    with pytest.raises(ServerFailed, match="Catalog service ended while it was starting"):
        up(file_lab)
    assert Shop(file_lab.home).running() == {}
    database.rmdir()
    kept.rename(database)


def test_beside_servers_elsewhere(file_lab: OwnLab, new_lab: OwnLab, session: requests.Session) -> None:
    Shop(file_lab.home).down()  # its catalog service is a member of the same group
    with pytest.raises(LabNotRunning, match="No lab runs in"):
        up(new_lab)
    assert not new_lab.home.exists(), "nothing was made"
    elsewhere = Settings(new_lab.home, new_lab.cache, bootstrap_servers=file_lab.attach().bootstrap_servers)
    shop_command.up(elsewhere, Silent())
    order_and_compare(session, status(new_lab)["gateway"]["url"])
    assert new_lab.run("reset", "--yes").returncode == 0
    assert new_lab.processes() == [] and not (new_lab.home / "shop").exists()


def test_it_ends_with_the_lab(file_lab: OwnLab) -> None:
    up(file_lab, 1)
    found = [psutil.Process(pid) for pid in pids(status(file_lab))]
    assert "Stopped: orders, catalog, gateway, connect" in file_lab.run("down").stderr
    assert all(map(is_gone, found))
    assert (file_lab.home / "shop" / "orders" / "service.db").exists(), "its data is kept"
