"""Kafka Connect: its REST interface, and waits that read the states of tasks, not the connector's alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd

from helpers.connect.causes import Failure, failure
from helpers.connect.endpoints import Config, Endpoints, Status, name_of
from helpers.waiting import wait_until

__all__ = ["Config", "ConnectClient", "Failure", "Status"]


class ConnectClient(Endpoints):
    """Talks to the Connect worker of `lab`. What the worker answers comes back as the dictionaries and lists it sent.

    `timeout` is the seconds that one request may take, a wait for the end of a rebalance included. Every method raises
    `LabNotRunning` when nothing answers, `TimedOut` after `timeout`, and `ConnectFailed` with the worker's own words
    for whatever it refuses.
    """

    def run(self, config: Config, *, check: bool = True, timeout: float = 60.0) -> Status:
        """Create a connector or replace its configuration, wait until it runs with that, and return its status.

        Raises `ConnectorFailed` as `wait_running` does, and what `check` raises: then one that ran goes on as it was.
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
        try:
            self.run(config, check=check, timeout=timeout)
            yield name_of(config)
        finally:
            if name_of(config) in self.connectors():
                self.forget(name_of(config))

    def forget(self, name: str) -> None:
        """Stop a connector, delete its offsets, then itself: a new one of this name begins anew."""
        self.stop(name)
        self.wait_state(name, "STOPPED")
        self.reset_offsets(name)
        self.delete(name)

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
        failed = failure(name, self._wait(name, lambda it: bool(failure(name, it)), timeout, "to fail"))
        assert failed
        return failed

    def wait_state(self, name: str, state: str, *, timeout: float = 60.0) -> Status:
        """Return the status once the connector and its tasks are in `state`; a STOPPED one has no tasks."""
        return self._wait(name, lambda it: _is(state, it), timeout, f"to be {state}")

    def frame(self) -> pd.DataFrame:
        """Return one row a connector: its type, its state, the states of its tasks, and the cause if one has failed."""
        told = self._ask("GET", "/connectors?expand=status")
        rows = []
        for name, status in sorted((name, it["status"]) for name, it in told.items()):
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
            seen, timeout, said, last_seen=lambda: _states(self._known_status(name)), remedy="`status` tells more."
        )


def _is(state: str, status: Status) -> bool:
    tasks = {task["state"] for task in status["tasks"]}
    return status["connector"]["state"] == state and tasks == (set() if state == "STOPPED" else {state})


def _states(status: Status | None) -> str:
    if not status:
        return "no status yet"
    tasks = ", ".join(task["state"] for task in status["tasks"]) or "none"
    return f"connector {status['connector']['state']}, tasks {tasks}"
