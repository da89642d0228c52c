# SPDX-License-Identifier: Apache-2.0
"""Everything is killed once while customers order: what was accepted was handled, once."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

from helpers import services, topics
from helpers.experiments.customers import Customers
from helpers.lag import measure_lag
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
        with Customers(f"{gateway.url}/order-service/orders", ORDERS, clients=8) as customers:
            for part, service in enumerate((one, catalog, gateway), start=1):
                customers.wait_accepted(part * ORDERS // 8)
                service.kill()
                service.start()
            customers.wait_accepted(ORDERS // 2)
            own_lab.kill("kafka")
            own_lab.up()
        accepted = {each.order["orderId"] for each in customers.accepted}
        wait_until(lambda: measure_lag(lab, group, [topic]).total == 0, 60, "the catalog to have read everything")
        handled, left = _handled(folders["catalog"] / "service.db")
    assert len(customers.accepted) == len(accepted) == ORDERS, "no order was accepted twice under two ids"
    assert handled == accepted, "each accepted order was handled, and no other"
    assert left == 3 * STOCK - ORDERS, "the stock fell by exactly that"
    assert len({each.instance for each in customers.accepted}) == 3, "one instance answered before and after its kill"


def _handled(database: Path) -> tuple[set[str], int]:
    """Return the ids of the orders that the catalog has handled, and the pieces that are left."""
    with closing(sqlite3.connect(database)) as connection:
        ids = {row[0] for row in connection.execute("SELECT order_id FROM handled")}
        (left,) = connection.execute("SELECT sum(stock) FROM catalog").fetchone()
    return ids, left
