# SPDX-License-Identifier: Apache-2.0
"""How many orders the order service takes a second, in two ways, beside the bare framework, and what the service needs."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from bench import own
from bench.rows import Row, seconds
from helpers import processes, services, topics
from helpers.child import Child
from helpers.errors import ServerFailed
from helpers.services import Service
from helpers.waiting import wait_until

_CLIENTS = (1, 8, 32)
_ROUNDS = 5
_SECONDS = 1.5
_GOALS = {"confirm": 500, "topic-first": 2500}  # at 8 clients
_BARE = "bare framework"
Measured = dict[str, list[dict[str, float]]]
"""Way to what each round found."""


def measure() -> Iterator[Row]:
    """Yield the rows of this part: orders a second by way and number of clients; processor time, memory and start of a service."""
    with own.running() as lab, topics.temporary(lab, "bench") as topic, ExitStack() as stack:
        instances: dict[str, Service] = {}
        for way in _GOALS:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            instances[way] = services.order_service(lab, folder, topic, way=way)
            yield Row(f"orders: start, {way}", seconds(instances[way].start), "s", at_most=1)
            stack.callback(instances[way].stop)
        running = {_BARE: stack.enter_context(_bare())}
        running |= {way: (service.url, service.pid) for way, service in instances.items()}
        for clients in _CLIENTS:
            yield from _rows(clients, _compare(running, clients))
        for way, (_, pid) in running.items():
            goal = 100 if way in _GOALS else None
            yield Row(f"orders: memory, {way}", psutil.Process(pid).memory_info().rss / 1e6, "MB", at_most=goal)


def _compare(running: dict[str, tuple[str, int]], clients: int) -> Measured:
    """Ask all in turn, in another order each round, after a round that does not count."""
    found: Measured = {way: [] for way in running}
    for number in range(_ROUNDS + 1):
        for way in sorted(running, reverse=bool(number % 2)):
            result = _order(*running[way], clients)
            if number:
                found[way].append(result)
    return found


def _rows(clients: int, found: Measured) -> Iterator[Row]:
    rates = {way: statistics.median(each["rate"] for each in rounds) for way, rounds in found.items()}
    for way, rounds in found.items():
        middle = {name: statistics.median(each[name] for each in rounds) * 1000 for name in rounds[0]}
        low, high = min(each["rate"] for each in rounds), max(each["rate"] for each in rounds)
        note = (
            f"{low:,.0f} to {high:,.0f}; median {middle['median']:.2f} ms, 99 % below {middle['p99']:.1f} ms; "
            f"the clients use {middle['processor'] * 1000:.0f} µs of CPU an order"
        )
        goal = _GOALS.get(way) if clients == 8 else None
        yield Row(f"orders: {way}, {clients} clients, an order", middle["service"] * 1000, "µs of CPU of the service")
        yield Row(f"orders: {way}, {clients} clients", rates[way], "orders/s", at_least=goal, note=note)
    share = statistics.median(
        ours["rate"] / bare["rate"] for ours, bare in zip(found["confirm"], found[_BARE], strict=True)
    )
    yield Row(
        f"orders: confirm / {_BARE}, {clients} clients", share, "times", at_least=1 / 15 if clients == 8 else None
    )


def _order(url: str, pid: int, clients: int) -> dict[str, float]:
    """Let the clients order, and return what they found, with `service`: its processor time in seconds an order."""
    used = _processor_seconds(pid)
    command = [sys.executable, "-m", "bench.order_client", url, str(clients), str(_SECONDS)]
    done = processes.run(command, timeout=60)
    if done.returncode:
        raise ServerFailed("The clients of the benchmark failed.", done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    if found["refused"]:
        raise ServerFailed(f"{url} refused {found['refused']:.0f} orders.")
    found["service"] = (_processor_seconds(pid) - used) / found["count"]
    return found


def _processor_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def _bare() -> Iterator[tuple[str, int]]:
    """Yield the address and the process id of the bare framework."""
    said: list[str] = []
    with Child([sys.executable, "-m", "bench.bare_service"], heard=said.append):
        wait_until(lambda: said, 30, "the bare framework to listen")
        introduced = json.loads(said[0])
        yield introduced["url"], introduced["pid"]
