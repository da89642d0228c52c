# SPDX-License-Identifier: Apache-2.0
"""The programs of the shop as a notebook runs them: start again with the same database, freeze, end with their parent."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import requests

from helpers import processes, services, topics
from helpers.errors import InvalidInput, ServerFailed
from helpers.lab import Lab
from helpers.processes import PIPE, is_gone
from helpers.services import Service
from helpers.waiting import wait_until

ORDER = {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name has a blank and Korean letters."""
    found = tmp_path / "my 상점"
    found.mkdir()
    return found


def own(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_a_killed_service_starts_again_with_its_database(lab: Lab, folder: Path, session: requests.Session) -> None:
    with topics.temporary(lab, "orders") as topic, ExitStack() as stack:
        gateway = stack.enter_context(services.gateway(folder))
        orders = stack.enter_context(services.order_service(lab, folder, topic, gateway=gateway.url))
        group = topics.unique_name("catalog")
        catalog = stack.enter_context(
            services.catalog_service(lab, folder, topic, group=group, batch=1, stock=100, gateway=gateway.url)
        )

        def stock() -> int:
            return int(session.get(f"{gateway.url}/catalog-service/catalog/CATALOG-0002", timeout=5).json()["stock"])

        first = session.post(f"{gateway.url}/order-service/orders", json=ORDER, timeout=5)
        assert first.status_code == 201 and first.headers["X-Instance"] == orders.instance
        wait_until(lambda: stock() == 90, 20, "the stock to fall by 10")
        before, address = (orders.pid, catalog.pid, gateway.pid), gateway.url
        for each in (orders, catalog, gateway):
            each.kill()
            assert not each.running
            each.start()
        assert gateway.url == address, "the instances must find it again"
        assert not {orders.pid, catalog.pid, gateway.pid} & set(before)
        found = session.get(f"{orders.url}/orders/{first.json()['orderId']}", timeout=5)
        assert found.status_code == 200 and found.json()["qty"] == 10
        wait_until(lambda: _registered(session, gateway) == {orders.url, catalog.url}, 20, "both to register again")
        assert session.post(f"{gateway.url}/order-service/orders", json=ORDER, timeout=5).status_code == 201
        wait_until(lambda: stock() == 80, 60, "the stock to fall by 10 again")
        orders.stop()
        assert _registered(session, gateway) == {catalog.url}, "who stops leaves the gateway"


def _registered(session: requests.Session, gateway: Service) -> set[str]:
    return {each["url"] for each in session.get(f"{gateway.url}/instances", timeout=5).json()}


def test_a_frozen_instance_is_dropped_and_comes_back(lab: Lab, folder: Path, session: requests.Session) -> None:
    with topics.temporary(lab, "orders") as topic, services.gateway(folder, lease=2, timeout=0.5) as gateway:
        one, two = (
            services.order_service(lab, own(folder, name), topic, gateway=gateway.url) for name in ("one", "two")
        )
        with one, two:
            url = f"{gateway.url}/order-service/orders"
            one.freeze()
            assert one.running
            answers = [session.get(url, timeout=5) for _ in range(4)]
            assert {answer.headers["X-Instance"] for answer in answers} == {two.instance}, "a GET goes to the next one"
            wait_until(lambda: _registered(session, gateway) == {two.url}, 20, "its lease to run out")
            posted = [session.post(url, json=ORDER, timeout=5) for _ in range(4)]
            assert {answer.status_code for answer in posted} == {201}
            one.resume()
            wait_until(lambda: _registered(session, gateway) == {one.url, two.url}, 20, "it to come back")
            one.freeze()  # a frozen one ends too, at the end of the block
    assert not one.running and not two.running


PARENT = """
import json, pathlib, sys
from helpers import services
folder = pathlib.Path(sys.argv[1])
one, two = services.gateway(folder).start(), services.gateway(folder).start()
two.freeze()
print(json.dumps([one.pid, two.pid]), flush=True)
sys.stdin.read()
"""


def test_they_end_with_their_parent_after_a_kill_9(folder: Path) -> None:
    with processes.start([sys.executable, "-c", PARENT, folder], output=PIPE) as parent:
        assert parent.stdout
        found = [psutil.Process(pid) for pid in json.loads(parent.stdout.readline())]
        assert len(found) == 2 and not any(map(is_gone, found))
        parent.kill()
    wait_until(lambda: all(map(is_gone, found)), 30, "both to end, also the frozen one")


def test_what_cannot_start_says_why(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match=r"ended while it was starting(.|\n)*invalid choice: 'post'"):
        services.order_service(lab, tmp_path, way="post").start()
    with pytest.raises(InvalidInput, match="There is no folder"):
        services.order_service(lab, tmp_path / "nowhere")
    with pytest.raises(ServerFailed, match="was not started"):
        _ = services.gateway(tmp_path).url


def test_the_gateway_imports_nothing_of_the_lab() -> None:
    program = (
        "import sys, helpers.shop.gateway; print([m for m in ('pandas', 'helpers.lab', 'psutil') if m in sys.modules])"
    )
    assert processes.run([sys.executable, "-c", program], timeout=60).stdout.strip() == "[]"
