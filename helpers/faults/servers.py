# SPDX-License-Identifier: Apache-2.0
"""Kill or freeze servers of the lab for a block. At its end they run again. Only for a lab of processes on this computer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

import psutil

from helpers.child import Child
from helpers.errors import InvalidInput, LabNotRunning, Unsupported
from helpers.faults.relay import ending
from helpers.processes import free_soon, is_gone
from helpers.settings import Settings
from helpers.stack.home.place import Place
from helpers.stack.labs import lab_in
from helpers.stack.local import LocalLab
from helpers.waiting import wait_until

_WAKER = Path(__file__).with_name("waker.py")
_PATIENCE = 10.0


class AnyLab(Protocol):
    """What a fault needs to know of a `Lab`."""

    @property
    def home(self) -> Path | None:
        """The folder of a lab on this computer."""

    @property
    def settings(self) -> Settings:
        """The settings that it was found with."""


@contextmanager
def kill(lab: AnyLab, *names: str) -> Iterator[None]:
    """Kill these servers ("kafka", "connect", "mariadb") as `kill -9` does, and start them again after the block.

    The block begins when they are gone and their ports are free. After it all servers answer again.

    Raises `Unsupported` for a lab in containers or elsewhere, `InvalidInput` for a name that the lab does not have,
    `LabNotRunning` for a server that does not run, and what `./lab up` says if one does not start again.
    """
    local = on_this_computer(lab)
    doomed = list(running(lab, *names).values())
    start_again = _Once(local)
    with ending(start_again):
        for process in doomed:
            process.kill()
        wait_until(lambda: all(map(is_gone, doomed)), _PATIENCE, f"{', '.join(names)} to end", pause=0.01)
        free_soon(_ports(local, names))
        yield


@contextmanager
def freeze(lab: AnyLab, *names: str) -> Iterator[None]:
    """Freeze these servers (SIGSTOP) for the length of the block: their connections stay open, and they say nothing.

    They continue also if this process is killed. Raises what `kill` raises.
    """
    frozen = list(running(lab, *names).values())
    orders = [[process.pid, process.create_time()] for process in frozen]
    with Child((sys.executable, "-P", _WAKER), orders), ending(lambda: _resume(frozen)):
        for process in frozen:
            process.suspend()
        wait_until(lambda: all(map(_is_frozen, frozen)), _PATIENCE, f"{', '.join(names)} to stand still", pause=0.01)
        yield


def on_this_computer(lab: AnyLab) -> LocalLab:
    """Return the lab of processes that `lab` is. Raises `Unsupported` for one in containers, and for servers elsewhere."""
    local = lab_in(lab.settings) if lab.home else None
    if not isinstance(local, LocalLab):
        raise Unsupported(
            "These servers cannot be killed from here: they run in containers or on another computer.",
            "Use a lab without containers: `./lab up` with another LAB_HOME. Or continue with the next lesson.",
        )
    return local


def running(lab: AnyLab, *names: str) -> dict[str, psutil.Process]:
    """Return the process of each of these servers. Raises what `kill` raises."""
    local = on_this_computer(lab)
    known = local.status()
    found = {}
    for name in names:
        if name not in known:
            raise InvalidInput(f"This lab has no server {name!r}.", f"It has {', '.join(known) or 'none yet'}.")
        process = Place(local.home, name).find()
        if not process:
            raise LabNotRunning(f"{known[name].title} does not run in {local.home}.", "Start it with `./lab up`.")
        found[name] = process
    return found


class _Once:
    """Starts what does not run, at its first call."""

    def __init__(self, local: LocalLab) -> None:
        self._local = local
        self._lock = Lock()
        self._done = False

    def __call__(self) -> None:
        with self._lock:
            if not self._done:
                self._local.up()
            self._done = True


def _is_frozen(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_STOPPED


def _resume(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # somebody killed it while it was frozen
            process.resume()


def _ports(local: LocalLab, names: tuple[str, ...]) -> list[int]:
    known = local.status()
    return [int(known[name].address.rpartition(":")[2]) for name in names]
