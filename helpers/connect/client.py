# SPDX-License-Identifier: Apache-2.0
"""`ConnectClient`: every endpoint of Kafka Connect, with a check before a request and a wait for its effect after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from helpers.arguments import above_zero
from helpers.cleanup import afterwards
from helpers.connect.causes import Failure, failure, failures
from helpers.connect.config import Config, checked, complete, name_of
from helpers.connect.endpoints import Endpoints, Status
from helpers.connect.keys import check_class, check_keys, check_passwords
from helpers.connect.rest import Rest
from helpers.connect.values import check_values
from helpers.errors import ConnectFailed, InvalidInput, LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.waiting import wait_until

_RETELLING = 5.0
"""After this many seconds a failure that is still reported counts as new."""


class ConnectClient(Endpoints):
    """Talks to the Connect worker of `lab`. It returns the worker's answers as dictionaries and lists.

    `timeout` is the seconds that one request may take, a wait for the end of a rebalance included. Every method raises
    `LabNotRunning` when nothing answers, `TimedOut` after `timeout`, `InvalidInput` for a name that no path can hold, and
    `ConnectFailed` with the worker's own message for what it refuses. `close`, or the end of a `with` block, closes the
    connection; a later request opens it again.
    """

    def __init__(self, lab: Lab, *, timeout: float = 30.0) -> None:
        if not lab.connect_url:
            raise LabNotRunning(
                "This lab has no Kafka Connect worker.", "Start one with `./lab up`, or set its address."
            )
        above_zero(timeout, "timeout")
        self._lab = lab
        lab.wait_connect()
        super().__init__(Rest(lab.connect_url, timeout, lab.connect_auth))

    def close(self) -> None:
        """Close the connection to the worker. May be called twice."""
        self._rest.close()

    def __enter__(self) -> ConnectClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # One request, with what belongs before and after it.

    def check(self, config: Config) -> None:
        """Check that the worker takes `config` and reads all of it.

        Raises `InvalidInput` for a class that the worker does not have, for an unknown key (with the nearest known
        one), for a value that would silently become another, for a password in plain text, and as `check_values` does;
        `ConnectFailed` for what the connector itself refuses.
        """
        told = complete(config)
        check_passwords(told)  # first: the worker would write an address into its log
        check_class(told, [plugin["class"] for plugin in self.plugins()])
        check_keys(told, self.validate(config)["configs"])
        check_values(self._lab, told)

    def create(self, config: Config, *, state: str = "RUNNING", check: bool = True) -> dict[str, Any]:
        """Create a connector that begins in `state` (RUNNING, PAUSED, STOPPED), and return its description.

        Raises what `check` raises, unless `check` is False.
        """
        if check:
            self.check(config)
        return self._listed(super().create(config, state=state))

    def put(self, config: Config, *, check: bool = True) -> dict[str, Any]:
        """Create a connector or replace its whole configuration, and return its description. Raises what `check` does.

        For a moment the worker still reports the state of the old configuration; `run` waits that out.
        """
        if check:
            self.check(config)
        return self._listed(super().put(config))

    def patch(self, name: str, changes: Config) -> dict[str, Any]:
        """Change some keys of a connector's configuration (None takes a key out), and return its description.

        Raises what `check` raises for the configuration that comes of it, and `InvalidInput` for another `name`.
        """
        if checked(changes).get("name", name) != name:
            problem = f"The name of connector {name} cannot be changed to {changes['name']!r}."
            raise InvalidInput(problem, "Delete it, and create one with the other name.")
        merged: Config = {**self.config(name), **changes}
        self.check({key: value for key, value in merged.items() if value is not None})
        return super().patch(name, changes)

    def delete(self, name: str) -> None:
        """Delete a connector, and wait until the worker no longer shows it.

        Its offsets stay: a new connector of this name continues where the old one was. `forget` deletes them too.
        """
        super().delete(name)
        wait_until(lambda: self._known_status(name) is None, self._rest.timeout, f"connector {name} to be gone")

    def restart(self, name: str, *, tasks: bool = True, only_failed: bool = False) -> None:
        """Start a connector again, with its tasks or without, or only what has failed.

        Returns when the worker no longer reports the failures before, so that a wait meets what comes now.
        """
        with self._old_failures_gone(name, lambda failed: tasks or failed.task is None):
            super().restart(name, tasks=tasks, only_failed=only_failed)

    def restart_task(self, name: str, task: int) -> None:
        """Start one task again. Returns when the worker no longer reports its failure before."""
        with self._old_failures_gone(name, lambda failed: failed.task == task):
            super().restart_task(name, task)

    # Several requests.

    def run(self, config: Config, *, check: bool = True, timeout: float = 60.0) -> Status:
        """Create a connector or replace its configuration, wait until it runs with that, and return its status.

        Raises `ConnectorFailed` as `wait_running` does, and what `check` raises: then one that ran continues as it was.
        """
        name = name_of(config)
        if check:
            self.check(config)
        exists = name in self.connectors()
        if exists:  # stopped first, so that no state of the old configuration is taken for the new one's
            self.stop(name)
            self.wait_state(name, "STOPPED", timeout=timeout)
        try:
            self.put(config, check=False)
        finally:
            if exists:
                self.resume(name)
        return self.wait_running(name, timeout=timeout)

    @contextmanager
    def temporary(self, config: Config, *, check: bool = True, timeout: float = 60.0) -> Iterator[str]:
        """Run a connector for the length of the block, yield its name, and delete it with its offsets."""
        name = name_of(config)
        with afterwards(lambda: self._forget_if_there(name), f"Connector {name}"):
            self.run(config, check=check, timeout=timeout)
            yield name

    def forget(self, name: str) -> None:
        """Stop a connector, delete its offsets, then itself: a new one of this name starts from the beginning."""
        self.stop(name)
        self.wait_state(name, "STOPPED")
        self.reset_offsets(name)
        self.delete(name)

    def _forget_if_there(self, name: str) -> None:
        if name in self.connectors():
            self.forget(name)

    def wait_running(self, name: str, *, timeout: float = 60.0) -> Status:
        """Return the status once the connector and its tasks run, of which there is at least one.

        Raises `ConnectorFailed` with the root cause as soon as one of them has failed, `TimedOut` after `timeout`
        seconds, `ConnectFailed` for a name that does not exist.
        """
        status = self._wait(name, lambda it: bool(failure(name, it)) or _is("RUNNING", it), timeout, "to run")
        if failed := failure(name, status):
            raise failed.error()
        return status

    def wait_failed(self, name: str, *, timeout: float = 60.0) -> Failure:
        """Return what has failed, and why, once the connector or a task of it has. Raises `TimedOut` if none does."""
        return failures(name, self._wait(name, lambda it: bool(failure(name, it)), timeout, "to fail"))[0]

    def wait_state(self, name: str, state: str, *, timeout: float = 60.0) -> Status:
        """Return the status once the connector and its tasks are in `state`; a STOPPED one has no tasks."""
        return self._wait(name, lambda it: _is(state, it), timeout, f"to be {state}")

    def frame(self) -> pd.DataFrame:
        """Return one row a connector: its type, its state, the states of its tasks, and the cause if one has failed."""
        rows = []
        for name, status in sorted(self.statuses().items()):
            failed = failure(name, status)
            tasks = ", ".join(task["state"] for task in status["tasks"])
            rows.append([name, status["type"], status["connector"]["state"], tasks, failed.cause if failed else ""])
        return pd.DataFrame(rows, columns=["connector", "type", "state", "tasks", "cause"]).set_index("connector")

    def _repr_html_(self) -> str:
        return self.frame().to_html()

    def _wait(self, name: str, met: Callable[[Status], bool], timeout: float, expected: str) -> Status:
        self.get(name)  # a name that does not exist is an error now

        def seen() -> Status:
            status = self._known_status(name)
            return status if status and met(status) else {}

        said = f"connector {name} {expected}"
        return wait_until(
            seen, timeout, said, last_seen=lambda: _states(self._known_status(name)), remedy="See `status` for details."
        )

    def _listed(self, description: dict[str, Any]) -> dict[str, Any]:
        """Return `description` once the worker lists the connector: it writes first, and reads what it wrote later."""
        name = description["name"]
        wait_until(lambda: name in self.connectors(), self._rest.timeout, f"connector {name} to be listed")
        return description

    @contextmanager
    def _old_failures_gone(self, name: str, restarted: Callable[[Failure], bool]) -> Iterator[None]:
        """After the block, wait until the worker reports no failure that was there before and whose part is `restarted`.

        It writes states first, and reads what it wrote later.
        """
        before = self._failures(name)
        yield
        stale = set(filter(restarted, before))
        try:
            wait_until(lambda: stale.isdisjoint(self._failures(name)), _RETELLING, "an end of the old failures")
        except TimedOut:  # it has already failed again, with the same message: the report is true
            return

    def _failures(self, name: str) -> list[Failure]:
        status = self._known_status(name)
        return failures(name, status) if status else []

    def _known_status(self, name: str) -> Status | None:
        try:
            return self.status(name)
        except ConnectFailed as error:
            if error.status != 404:
                raise
            return None


def _is(state: str, status: Status) -> bool:
    tasks = {task["state"] for task in status["tasks"]}
    return status["connector"]["state"] == state and tasks == (set() if state == "STOPPED" else {state})


def _states(status: Status | None) -> str:
    if not status:
        return "no status yet"
    tasks = ", ".join(task["state"] for task in status["tasks"]) or "none"
    return f"connector {status['connector']['state']}, tasks {tasks}"
