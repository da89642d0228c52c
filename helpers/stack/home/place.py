# SPDX-License-Identifier: Apache-2.0
"""Where one server of a lab is, and which processes belong to it. It works with nothing installed and no server running.

There are no pid files. An argument in a server's command line names its place, and each call searches the process table
for it: so a pid that now belongs to another program can never be ended by mistake.
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
        """The server's own folder, which may not exist."""
        return self.home / self.name

    @property
    def log(self) -> Path:
        """The log: the server's output."""
        return self.home / "logs" / f"{self.name}.log"

    @property
    def settings(self) -> Path:
        """The properties file of a Java server. Only the server's own command names it."""
        return self.folder / f"{self.name}.properties"

    @property
    def options(self) -> Path:
        """The options of a program of the shop. Only the program's own command names it."""
        return self.folder / f"{self.name}.json"

    @property
    def data(self) -> Path:
        """The data that must not be lost: a broker's topics, a database's tables."""
        return self.folder / "data"

    @property
    def draft(self) -> Path:
        """A data folder that is being made. It becomes `data` when it is complete."""
        return self.folder / "data.part"

    def find(self) -> psutil.Process | None:
        """Return the server's process if it runs, or None."""
        return next(iter(self._running()), None)

    def end(self, timeout: float) -> bool:
        """Stop the server if it runs, kill it after `timeout` seconds, and return whether it ran.

        It also ends programs that still make its data folder: the `lab` command that started them may have been killed.
        """
        running = self._running()
        makers = (f"--config={self.settings}", f"--datadir={self.draft}")
        for process in (*running, *processes.find_all(*makers)):
            processes.stop(process, timeout)
        return bool(running)

    def _running(self) -> list[psutil.Process]:
        return processes.find_all(str(self.settings), str(self.options), f"--datadir={self.data}")
