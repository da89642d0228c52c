# SPDX-License-Identifier: Apache-2.0
"""Where one server of a lab lives, and which processes are it. Needs nothing installed, and no server that runs.

There are no pid files. A server is known by an argument of its command line that names its place, and the process table is
asked each time: so a pid that now belongs to somebody else can never be ended by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from helpers import processes


@dataclass(frozen=True)
class Place:
    """The place of the server `name` in the lab of the folder `home`: kafka, kafka-2, connect, mariadb."""

    home: Path
    name: str

    @property
    def folder(self) -> Path:
        """The server's own folder, there or not."""
        return self.home / self.name

    @property
    def log(self) -> Path:
        """What the server writes to its output."""
        return self.home / "logs" / f"{self.name}.log"

    @property
    def settings(self) -> Path:
        """The properties file of a Java server. Its command names it, and only its command."""
        return self.folder / f"{self.name}.properties"

    @property
    def data(self) -> Path:
        """What must not be lost: a broker's topics, a database's tables."""
        return self.folder / "data"

    @property
    def draft(self) -> Path:
        """A data folder that is being made. It becomes `data` when it is whole."""
        return self.folder / "data.part"

    def find(self) -> psutil.Process | None:
        """Return the server's process if it runs, or None."""
        return next(iter(self._running()), None)

    def end(self, timeout: float) -> bool:
        """Stop the server if it runs, kill it after `timeout` seconds, and return whether it ran.

        What still makes its data folder is ended too: the `lab` command that started that may have been killed.
        """
        running = self._running()
        makers = (f"--config={self.settings}", f"--datadir={self.draft}")
        for process in (*running, *processes.find_all(*makers)):
            processes.stop(process, timeout)
        return bool(running)

    def _running(self) -> list[psutil.Process]:
        return processes.find_all(str(self.settings), f"--datadir={self.data}")
