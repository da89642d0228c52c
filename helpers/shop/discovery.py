# SPDX-License-Identifier: Apache-2.0
"""Who offers which service now. An instance has a lease, and its heartbeats renew it. Without them it is dropped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

LEASE = 3.0
"""Seconds without a heartbeat until an instance is dropped: three heartbeats."""
MOST = 100
"""How many instances may be registered at the same time."""


class Full(Exception):
    """`MOST` instances are registered, and this one is not among them."""


@dataclass(frozen=True)
class Instance:
    """One process that offers `service` at `url`, until the clock shows `until`."""

    service: str
    name: str
    url: str
    until: float


class Discovery:
    """The instances by service. `lease` is in seconds of `clock`. It is used by one event loop, so nothing is locked."""

    def __init__(self, lease: float = LEASE, clock: Callable[[], float] = time.monotonic) -> None:
        self._lease = lease
        self._clock = clock
        self._instances: dict[tuple[str, str], Instance] = {}
        self._turns: Counter[str] = Counter()

    def renew(self, service: str, name: str, url: str) -> None:
        """Register the instance `name`, or renew its lease. Raises `Full`."""
        known = {(each.service, each.name) for each in self.all()}
        if len(known | {(service, name)}) > MOST:
            raise Full
        self._instances[service, name] = Instance(service, name, url, self._clock() + self._lease)

    def drop(self, service: str, name: str) -> None:
        """Forget the instance `name`, until its next heartbeat. Does nothing if it is not registered."""
        self._instances.pop((service, name), None)

    def all(self) -> list[Instance]:
        """Return the instances whose lease has not run out, in the order of their registration."""
        now = self._clock()
        self._instances = {key: each for key, each in self._instances.items() if each.until > now}
        return list(self._instances.values())

    def in_turn(self, service: str) -> list[Instance]:
        """Return the instances of `service`. Each call begins with the next one."""
        found = [each for each in self.all() if each.service == service]
        if not found:
            return []
        self._turns[service] += 1
        first = self._turns[service] % len(found)
        return found[first:] + found[:first]

    def left(self, instance: Instance) -> float:
        """Return how many seconds the lease of `instance` still lasts."""
        return instance.until - self._clock()
