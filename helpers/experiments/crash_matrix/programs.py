# SPDX-License-Identifier: Apache-2.0
"""The two programs of the crash matrix as processes: the sender of orders, and the consumer written by hand."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import asdict
from pathlib import Path

from helpers import database
from helpers.child import Child
from helpers.errors import InvalidInput, ServerFailed, TimedOut
from helpers.experiments.crash_matrix import order_program, writer_program
from helpers.faults import Relay
from helpers.lab import Lab
from helpers.shop.crash import KILLED, Crash
from helpers.stack.home.accounts import SINK_DATABASE

_PATIENCE = 120.0
_SAFE = {"acks": "all", "enable.idempotence": True}
_ONE_BATCH = {"linger.ms": 2000, "batch.size": 1_000_000}
"""All orders in one batch, so that a sink gets them in one `put` and writes them in one transaction."""
_SOON = {"linger.ms": 50}
"""For the program that dies before it waits: nobody flushes its batch."""


class Sender:
    """The program that sends `count` orders of `place`, as a process: all as one batch, or `rate` a second.

    With `crash` it kills itself on the way: "before produce:151" or "before acknowledgement". Raises `InvalidInput` for
    another crash point, and for a count or a rate not above 0.
    """

    def __init__(
        self, lab: Lab, topic: str, place: str, count: int, *, rate: float | None = None, crash: str = ""
    ) -> None:
        if count < 1 or (rate is not None and not rate > 0):
            raise InvalidInput(f"A program cannot send {count} orders, {rate} a second.", "Give numbers above 0.")
        try:
            Crash.parse(crash, order_program.PLACES)
        except ValueError as error:
            raise InvalidInput(f"{crash!r} is not a crash point.", str(error)) from error
        config = {**lab.client_settings, **_SAFE, **(_SOON if crash else _ONE_BATCH)}
        orders = order_program.Orders(config, topic, place, count, rate, crash)
        self._crash = crash
        self._program = _Program(order_program.__file__, orders)

    def run(self) -> None:
        """Run the program to its end. Raises `ServerFailed` if it ends in another way than it was ordered to."""
        with self:
            self.wait()

    def wait(self) -> None:
        """Return when the program has ended. Raises as `run` does, and `TimedOut` after two minutes."""
        code = self._program.child.wait(_PATIENCE)
        if code is None:
            raise TimedOut(f"The program did not send its orders within {_PATIENCE:g} s.", "Is the broker away?")
        if code not in (KILLED if self._crash else (0,)):
            raise self._program.failure(f"The program that sends orders ended with {code}.")

    def __enter__(self) -> Sender:
        self._program.child.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.child.stop()


class Writer:
    """The consumer written by hand, as a process that may be killed. It reaches the database through `relay`."""

    def __init__(self, lab: Lab, topic: str, table: str, offsets: str, *, relay: Relay) -> None:
        self._relay = relay
        self._config = {
            **lab.client_settings,
            "group.id": f"reads into {table}",  # it never joins it: the database keeps its offset
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "reconnect.backoff.max.ms": 500,
        }
        self._names = topic, table, offsets
        self._password = str(database.password_file(database.address(lab), "sink"))
        self._program: _Program | None = None
        self._starts = 0

    def start(self) -> None:
        """Start it if it does not run."""
        if self._program and self._program.child.running:
            return
        self.stop()  # one that has ended still has an open pipe
        self._starts += 1
        where = {"host": "127.0.0.1", "port": self._relay.port, "user": "sink", "database": SINK_DATABASE}
        orders = writer_program.Orders(self._config, *self._names, where, self._password)
        self._program = _Program(writer_program.__file__, orders)
        self._program.child.start()

    def keep_running(self, limit: int) -> None:
        """Start it again if it has ended, `limit` times. Then raises `ServerFailed` with what it said."""
        if self._program and not self._program.child.running and self._starts > limit:
            raise self._program.failure("The consumer written by hand fails again and again.")
        self.start()

    def forgive(self) -> None:
        """Count its starts from 0 again."""
        self._starts = 0

    def kill(self) -> None:
        """End it at once, as `kill -9` does. Does nothing if it does not run."""
        if self._program:
            self._program.child.kill()

    def stop(self) -> None:
        """End it. May be called twice."""
        if self._program:
            self._program.child.stop()


class _Program:
    def __init__(self, file: str, orders: order_program.Orders | writer_program.Orders) -> None:
        self._said: deque[str] = deque(maxlen=20)
        self.child = Child((sys.executable, "-P", Path(file)), asdict(orders), heard=self._said.append)

    def failure(self, problem: str) -> ServerFailed:
        return ServerFailed(problem, f"It said last: {''.join(list(self._said)[-3:]).strip() or 'nothing'}")
