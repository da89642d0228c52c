# SPDX-License-Identifier: Apache-2.0
"""How fast the catalog service catches up with waiting orders, with and without remembering them, and what it needs."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import requests

from bench import own
from bench.rows import Row, seconds
from helpers import records, services, topics
from helpers.services import Service
from helpers.waiting import wait_until

_ORDERS = 200_000
_PATIENCE = 120.0
_PRODUCT = "CATALOG-0002"


def measure() -> Iterator[Row]:
    """Yield the rows of this part: orders a second, the service's processor time an order, memory, seconds to start."""
    with own.running() as lab, topics.temporary(lab, "bench") as topic, tempfile.TemporaryDirectory() as folder:
        records.produce(lab, topic, map(_order, range(_ORDERS)))
        for label, naive in (("naive", True), ("ids remembered", False)):
            place = Path(folder) / label
            place.mkdir()
            service = services.catalog_service(lab, place, topic, group=label, naive=naive, batch=1000, stock=_ORDERS)
            yield from _rows(service, label, 0 if naive else 30_000)


def _rows(service: Service, label: str, goal: int) -> Iterator[Row]:
    start = seconds(service.start)
    with service:
        process = psutil.Process(service.pid)
        wait_until(lambda: _left(service) < _ORDERS, _PATIENCE, "the first orders to be taken", pause=0.005)
        began, left, used = time.perf_counter(), _left(service), _processor_seconds(process)
        wait_until(lambda: _left(service) == 0, _PATIENCE, "all orders to be taken", last_seen=lambda: _left(service))
        rate = left / (time.perf_counter() - began)
        yield Row(f"catalog: catching up, {label}", rate, "orders/s", at_least=goal or None)
        yield Row(f"catalog: an order, {label}", (_processor_seconds(process) - used) / left * 1e6, "µs of CPU")
        yield Row(f"catalog: memory, {label}", process.memory_info().rss / 1e6, "MB", at_most=100)
        yield Row(f"catalog: start, {label}", start, "s", at_most=1)


def _order(number: int) -> tuple[str, str]:
    key = f"{number:032x}"
    order = {"orderId": key, "productId": _PRODUCT, "qty": 1, "unitPrice": 1200, "totalPrice": 1200}
    return key, json.dumps({**order, "createdAt": "2026-11-25T07:00:00.000Z"})


def _left(service: Service) -> int:
    return int(requests.get(f"{service.url}/catalog/{_PRODUCT}", timeout=10).json()["stock"])


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
