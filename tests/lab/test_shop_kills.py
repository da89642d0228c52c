# SPDX-License-Identifier: Apache-2.0
"""Everything is killed once while customers order: what was accepted was handled, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from helpers import services, topics
from helpers.experiments.customers import Accepted, Customers
from helpers.lag import measure_lag
from helpers.services import Service
from helpers.waiting import wait_until
from tests.resources import OwnLab

ORDERS = 1600
STOCK = 1000  # of each of three products


def test_orders_survive_the_kill_of_each_part(own_lab: OwnLab, tmp_path: Path) -> None:
    lab = own_lab.attach()
    group = topics.unique_name("catalog")
    with topics.temporary(lab, "orders") as topic, ExitStack() as stack:
        folders = {name: tmp_path / name for name in ("gateway", "one", "two", "catalog")}
        for folder in folders.values():
            folder.mkdir()
        gateway = stack.enter_context(services.gateway(folders["gateway"]))
        one, _ = (
            stack.enter_context(services.order_service(lab, folders[name], topic, gateway=gateway.url))
            for name in ("one", "two")
        )
        catalog = stack.enter_context(
            services.catalog_service(lab, folders["catalog"], topic, group=group, stock=STOCK, gateway=gateway.url)
        )

        def restart_kafka() -> None:
            own_lab.kill("kafka")
            own_lab.up()

        restarts: list[Callable[[], None]] = [partial(_restart, service) for service in (one, catalog, gateway)]
        url = f"{gateway.url}/order-service/orders"
        accepted = [each for restart in (*restarts, restart_kafka) for each in _orders_while(restart, url)]
        wait_until(lambda: measure_lag(lab, group, [topic]).total == 0, 60, "the catalog to have read everything")
        handled, left = _handled(folders["catalog"] / "service.db")
    ids = {each.order["orderId"] for each in accepted}
    assert len(accepted) == len(ids) == ORDERS, "no order was accepted twice under two ids"
    assert handled == ids, "each accepted order was handled, and no other"
    assert left == 3 * STOCK - ORDERS, "the stock fell by exactly that"
    assert len({each.instance for each in accepted}) == 3, "a restarted instance has a new name"
    assert sum(each.tries for each in accepted) > ORDERS, "the kills were felt"


def _orders_while(restart: Callable[[], None], url: str) -> list[Accepted]:
    """Return a quarter of the orders. `restart` comes when the first of them are accepted, and the others have not."""
    with Customers(url, ORDERS // 4, clients=8) as customers:
        customers.wait_accepted(ORDERS // 40)
        restart()
    return customers.accepted


def _restart(service: Service) -> None:
    service.kill()
    service.start()


def _handled(database: Path) -> tuple[set[str], int]:
    """Return the ids of the orders that the catalog has handled, and the pieces that are left."""
    with closing(sqlite3.connect(database)) as connection:
        ids = {row[0] for row in connection.execute("SELECT order_id FROM handled")}
        (left,) = connection.execute("SELECT sum(stock) FROM catalog").fetchone()
    return ids, left
