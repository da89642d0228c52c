# SPDX-License-Identifier: Apache-2.0
"""The shop beside the lab that runs: its topic, its start, its status for scripts."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.attaching import attach
from helpers.settings import Settings
from helpers.stack.progress import Reporter
from helpers.stack.shop import TOPIC, Shop, check
from helpers.stack.status import ServerStatus


def shop_in(where: Settings) -> Shop:
    """Return the shop in the home of `where`."""
    return Shop(where.home)


def up(
    where: Settings, report: Reporter, *, instances: int | None = None, way: str | None = None
) -> list[ServerStatus]:
    """Start the shop beside the lab of `where`, or beside the Kafka that it names. Make the topic of the orders if it is missing.

    Raises `LabNotRunning` if no lab runs there, and what `Shop.up` raises.
    """
    from helpers import services, topics  # takes a second, and no other verb needs it

    check(instances)
    lab = attach(where=where)
    services.check_open(lab)
    if TOPIC not in topics.names(lab):
        topics.create(lab, TOPIC)
    shop = shop_in(where)
    before = shop.running()
    after = shop.up(lab.bootstrap_servers, report, instances=instances, way=way)
    if before == shop.running():
        report.say("The shop runs already.")
    return after


def as_dictionary(services: Sequence[ServerStatus]) -> dict[str, object]:
    """Return what `./lab shop status --json` prints. Scripts depend on its keys. A service that does not run has no pid."""
    told = {service.name: {"url": service.address, "pid": service.pid} for service in services}
    orders = [told[name] for name in told if name.startswith("orders")]
    return {"gateway": told["gateway"], "catalog": told["catalog"], "orders": orders}
