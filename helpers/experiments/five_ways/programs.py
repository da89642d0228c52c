# SPDX-License-Identifier: Apache-2.0
"""The two programs of the five ways as processes: the one that takes orders, and the consumer written by hand."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import asdict, replace
from pathlib import Path

from helpers import database
from helpers.child import Child
from helpers.database import Role
from helpers.errors import ServerFailed, TimedOut
from helpers.experiments.five_ways import taker_program, upsert_program
from helpers.experiments.five_ways.orders import ADD_EVENT, INSERT, UPSERT
from helpers.lab import Lab
from helpers.processes import Command
from helpers.shop.crash import KILLED
from helpers.stack.home.accounts import DATABASE, SINK_DATABASE


class Program:
    """A program that starts again after its death, as often as `start` is called. It ends with `stop`, or with this process."""

    def __init__(self, file: str) -> None:
        self._command: Command = (sys.executable, "-P", Path(file))
        self._said: deque[str] = deque(maxlen=1)
        self._child: Child | None = None

    def wait(self, timeout: float, *, killed: bool = False) -> None:
        """Return when the program has done its work, or with `killed` when it has killed itself.

        Raises `ServerFailed` with its last words if it ends in another way, and `TimedOut` after `timeout` seconds.
        """
        assert self._child
        code = self._child.wait(timeout)
        if code is None:
            raise TimedOut(f"A program did not end within {timeout:g} s.", "Look at `./lab status`.")
        self.stop()  # returns when all of its output is read
        if code not in (KILLED if killed else (0,)):
            words = self._said[-1].strip() if self._said else "nothing"
            raise ServerFailed(f"A program of the five ways ended with {code}.", f"It said last: {words}")

    def stop(self) -> None:
        """End it. May be called twice."""
        if self._child:
            self._child.stop()

    def _start(self, orders: taker_program.Orders | upsert_program.Orders) -> None:
        self.stop()
        self._child = Child(self._command, asdict(orders), heard=self._hear).start()

    def _hear(self, line: str) -> None:
        self._said.append(line)


class Taker(Program):
    """The program that takes orders in one way, until `end` (not included), `rate` a second."""

    def __init__(self, lab: Lab, way: str, *, end: int, rate: float, topic: str, table: str, outbox: str) -> None:
        super().__init__(taker_program.__file__)
        self.accepted: dict[int, float] = {}
        """The answers that customers got: when each order was accepted (s since 1970), by its number."""
        role: Role = "sink" if way == "direct" else "service"
        safe = {"acks": "all", "enable.idempotence": True, "linger.ms": 0}
        self._orders = taker_program.Orders(
            way=way,
            first=0,
            end=end,
            rate=rate,
            crash="",
            config={**lab.client_settings, **safe},
            topic=topic,
            database=_account(lab, role, SINK_DATABASE if role == "sink" else DATABASE),
            password_file=_password_file(lab, role),
            insert=INSERT.format(table=table),
            add_event=ADD_EVENT.format(table=outbox),
        )

    def start(self, crash: str = "") -> None:
        """Start it. The customers without an answer send again, so it begins with the first order that is not accepted."""
        self._start(replace(self._orders, first=len(self.accepted), crash=crash))

    def _hear(self, line: str) -> None:
        number, _, when = line.partition(" ")
        if number.isdigit() and line.endswith("\n"):
            self.accepted[int(number)] = float(when)
        else:
            super()._hear(line)


class Upserter(Program):
    """The consumer written by hand. It is no member of `group`, which only keeps its offset."""

    def __init__(self, lab: Lab, group: str, topic: str, table: str) -> None:
        super().__init__(upsert_program.__file__)
        config = {
            **lab.client_settings,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
        account = _account(lab, "sink", SINK_DATABASE)
        statement = UPSERT.format(table=table)
        self._orders = upsert_program.Orders(config, topic, statement, account, _password_file(lab, "sink"), crash="")

    def start(self, crash: str = "") -> None:
        """Start it. It continues at the group's offset."""
        self._start(replace(self._orders, crash=crash))


def _account(lab: Lab, role: Role, name: str) -> dict[str, object]:
    place = database.address(lab)
    return {"host": place.host, "port": place.port, "user": role, "database": name}


def _password_file(lab: Lab, role: Role) -> str:
    return str(database.password_file(database.address(lab), role))
