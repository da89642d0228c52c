# SPDX-License-Identifier: Apache-2.0
"""What every server of the lab has in common: a place, a port, a command, a check that it is ready."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path

import psutil

from helpers import processes
from helpers.errors import ServerFailed, TimedOut
from helpers.processes import Command, Process
from helpers.stack.home.folder import is_full
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import write_private
from helpers.stack.status import ServerStatus
from helpers.waiting import wait_until

_KILLED = -9
"""The exit code of a program that SIGKILL has ended."""
_AFTER_A_KILL = (
    "Most often the system does that when memory runs out: `./lab doctor` shows how much is free. "
    "Close other programs, then run `./lab up` again."
)
_MAKE_ROOM = "Make room on it, then run `./lab up` again. Nothing that was stored before is lost."


class Server(ABC):
    """One server on this computer, in its `place`. `start` and `stop` may be called twice. `start` removes what a crash left.

    To find, end or describe a server, its place and its kind are enough. Nothing needs to be installed.
    """

    kind: str
    """The name of the first server of this kind: kafka."""
    title: str
    """Its name for people: Apache Kafka."""
    start_timeout = 90.0
    stop_timeout = 20.0

    def __init__(self, place: Place, port: int, version: str) -> None:
        self.place = place
        self.port = port
        self.version = version
        self._child: Process | None = None
        self._logged = 0
        """Bytes that earlier runs have logged: they do not explain how this one ended."""

    @classmethod
    def address_of(cls, port: int) -> str:
        """Return the address of a server of this kind with this `port`."""
        return f"127.0.0.1:{port}"

    @classmethod
    def title_of(cls, place: Place) -> str:
        """Return the name of the server at `place` for people. From the second of a kind it has a number."""
        number = place.name.partition("-")[2]
        return f"{cls.title} {number}".strip()

    @classmethod
    def status(cls, place: Place, port: int, version: str) -> ServerStatus:
        """Return the status of the server of this kind at `place`, running or not."""
        pid = memory = uptime = None
        try:
            if running := place.find():
                with running.oneshot():
                    memory, uptime = running.memory_info().rss, time.time() - running.create_time()
                    pid = running.pid
        except psutil.NoSuchProcess:  # it has ended in the meantime
            memory = uptime = None
        starting = bool(pid) and not processes.is_listening(port)
        return ServerStatus(
            place.name,
            cls.title_of(place),
            version,
            cls.address_of(port),
            pid,
            memory,
            uptime,
            str(place.log),
            starting=starting,
        )

    @property
    def name(self) -> str:
        """The server's name for people."""
        return self.title_of(self.place)

    @property
    def address(self) -> str:
        """The address of this server."""
        return self.address_of(self.port)

    @abstractmethod
    def configuration(self) -> dict[Path, str]:
        """The files that this server reads when it starts, with their text."""

    @abstractmethod
    def create(self) -> None:
        """Make the data folder if there is none yet."""

    @abstractmethod
    def command(self) -> Command:
        """The command that runs this server."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether this server answers requests now."""

    def is_current(self) -> bool:
        """Whether the running server read the configuration that it would get today."""
        return all(path.exists() and path.read_text("utf-8") == text for path, text in self.configuration().items())

    def prepare(self) -> None:
        """Write the configuration, and make the data folder if there is none yet."""
        self.place.folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.configuration().items():
            write_private(path, text)
        self.create()

    def start(self) -> bool:
        """Start this server if it does not run, and return whether it had to be started. Does not wait for it."""
        if self.place.find() and self.is_current():
            return False
        self.stop()
        self.prepare()
        self._logged = self.place.log.stat().st_size if self.place.log.exists() else 0
        self._child = processes.spawn(self.command(), cwd=self.place.folder, log=self.place.log)
        return True

    def wait_ready(self) -> None:
        """Return once this server answers. Raises `ServerFailed` with the end of its log if it ends or does not answer."""
        try:
            wait_until(
                lambda: self._ended() or self.is_ready(),
                self.start_timeout,
                f"{self.name} to answer at {self.address}",
            )
        except TimedOut as error:
            raise self.failure(str(error)) from error
        if self._child and self._child.poll() == _KILLED:
            raise ServerFailed(f"{self.name} was killed while it was starting.", _AFTER_A_KILL)
        if self._ended():
            raise self.failure(f"{self.name} ended while it was starting.")

    def stop(self) -> bool:
        """Stop this server if it runs, and return whether it ran."""
        ran = self.place.end(self.stop_timeout)
        if self._child:
            self._child.wait(self.stop_timeout)
            self._child = None
        return ran

    def failure(self, problem: str) -> ServerFailed:
        """Return the error for `problem`: with the last lines of this server's log, or with the reason if the disk is full."""
        if is_full(self.place.home):
            return ServerFailed(f"{problem} The disk of {self.place.home} is full.", _MAKE_ROOM)
        log = self.place.log
        end = processes.tail(log, since=self._logged)
        return ServerFailed(problem, f"The end of {log}:\n{end}" if end else f"It wrote nothing to its log {log}.")

    def _ended(self) -> bool:
        return self._child.poll() is not None if self._child else self.place.find() is None
