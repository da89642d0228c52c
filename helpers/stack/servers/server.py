"""What every server of the lab has in common: a folder, a port, a command, a way to tell that it is ready."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psutil

from helpers import processes
from helpers.errors import ServerFailed, TimedOut
from helpers.stack.status import ServerStatus
from helpers.waiting import wait_until


class Server(ABC):
    """One server on this machine. `start` and `stop` may be called twice; `start` clears what a crash left.

    The class methods need only the lab's home: they find, end and describe a server whatever is installed.
    """

    name: str
    title: str
    start_timeout = 90.0
    stop_timeout = 20.0

    def __init__(self, home: Path, port: int, version: str) -> None:
        self.home = home
        self.port = port
        self.version = version
        self.folder = home / self.name
        self.log = self.log_in(home)
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def marker(cls, home: Path) -> str:
        """The argument of the command line that only this server of the lab in `home` has."""

    @classmethod
    def create_marker(cls, home: Path) -> str | None:
        """The argument that only the command of `create` has, or None where `create` runs none."""
        return None

    @classmethod
    def log_in(cls, home: Path) -> Path:
        return home / "logs" / f"{cls.name}.log"

    @classmethod
    def address_of(cls, port: int) -> str:
        return f"127.0.0.1:{port}"

    @classmethod
    def process(cls, home: Path) -> psutil.Process | None:
        """Return the running server of this kind in `home`, or None."""
        return processes.find(cls.marker(home))

    @classmethod
    def end(cls, home: Path, timeout: float | None = None) -> bool:
        """Stop the server of this kind in `home` if it runs, and return whether it ran.

        What still makes its data folder, because the `lab` command that started it was killed, is ended too.
        """
        running = processes.find_all(cls.marker(home))
        maker = cls.create_marker(home)
        for found in (*running, *(processes.find_all(maker) if maker else ())):
            processes.stop(found, timeout or cls.stop_timeout)
        return bool(running)

    @classmethod
    def status(cls, home: Path, port: int, version: str) -> ServerStatus:
        """Return what is known of the server of this kind in `home`, running or not."""
        running = cls.process(home)
        pid = memory = uptime = None
        if running:
            with running.oneshot():
                pid, memory, uptime = running.pid, running.memory_info().rss, time.time() - running.create_time()
        return ServerStatus(
            cls.name, cls.title, version, cls.address_of(port), pid, memory, uptime, str(cls.log_in(home))
        )

    @property
    def address(self) -> str:
        return self.address_of(self.port)

    @abstractmethod
    def configuration(self) -> dict[Path, str]:
        """The files that this server reads when it starts, with their text."""

    @abstractmethod
    def create(self) -> None:
        """Make the data folder if there is none yet."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """The command that runs this server."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether this server answers requests now."""

    def is_current(self) -> bool:
        """Whether the running server read the configuration that it would be given today."""
        return all(path.exists() and path.read_text("utf-8") == text for path, text in self.configuration().items())

    def start(self) -> bool:
        """Start this server unless it runs already, and return whether it had to be started. Does not wait for it."""
        if self.process(self.home) and self.is_current():
            return False
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.configuration().items():
            path.write_text(text, "utf-8")
        self.create()
        self._child = processes.spawn(self.command(), cwd=self.folder, log=self.log)
        return True

    def wait_ready(self) -> None:
        """Return once this server answers. Raises `ServerFailed` with the end of its log if it ends or stays silent."""
        try:
            wait_until(
                lambda: self._ended() or self.is_ready(),
                self.start_timeout,
                f"{self.title} to answer at {self.address}",
            )
        except TimedOut as error:
            raise self.failure(str(error)) from error
        if self._ended():
            raise self.failure(f"{self.title} ended while it was starting.")

    def stop(self) -> bool:
        """Stop this server if it runs, and return whether it ran."""
        ran = self.end(self.home, self.stop_timeout)
        if self._child:
            self._child.wait(self.stop_timeout)
            self._child = None
        return ran

    def failure(self, problem: str) -> ServerFailed:
        """Return the error for `problem`, with the last lines of this server's log."""
        end = processes.tail(self.log)
        return ServerFailed(problem, f"The end of {self.log}:\n{end}" if end else f"Its log {self.log} is empty.")

    def _ended(self) -> bool:
        return self._child.poll() is not None if self._child else self.process(self.home) is None
