# SPDX-License-Identifier: Apache-2.0
"""What MariaDB and MySQL have in common: a data folder that is made completely or not at all, a port, the accounts of the lab."""

from __future__ import annotations

import os
import shutil
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pymysql

from helpers import processes
from helpers.errors import ServerFailed
from helpers.processes import Command
from helpers.stack.home.folder import is_full
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import password_folder
from helpers.stack.install.database import Installation
from helpers.stack.servers.server import Server

_ACCESS_DENIED = 1045


class DatabaseServer(Server):
    """A private server on loopback with the accounts of the lab, which are made if its data folder is empty.

    `passwords` maps the account names root, owner, source, sink and service to their passwords.
    """

    def __init__(
        self, place: Place, port: int, *, installation: Installation, version: str, passwords: Mapping[str, str]
    ) -> None:
        super().__init__(place, port, version)
        self.installation = installation
        self.passwords = passwords

    def configuration(self) -> dict[Path, str]:
        """No files: the command line has all settings, and they are not secret."""
        return {}

    def is_current(self) -> bool:
        """Whether the running server was started with the command that it would get today."""
        running = self.place.find()
        with suppress(psutil.NoSuchProcess):  # it has ended in the meantime
            return running is not None and running.cmdline() == list(map(str, self.command()))
        return False

    def create(self) -> None:
        """Make the system tables and the accounts, or nothing at all."""
        if self.place.data.exists():
            return
        draft = self.place.draft
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.fill(draft)
        draft.rename(self.place.data)

    @abstractmethod
    def fill(self, draft: Path) -> None:
        """Make the content of a data folder in the empty folder `draft`. Raises `ServerFailed` if that fails."""

    def command(self) -> Command:
        return [
            *self.options(self.place.data),
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            # A relative name, because the path of a socket may have at most 107 bytes.
            *([f"--socket={self.kind}.sock"] if os.name == "posix" else []),
            f"--pid-file={self.kind}.pid",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--default-time-zone=+00:00",
            # Log-based capture reads this log.
            "--server-id=1",
            "--log-bin=binlog",
            "--binlog-row-image=FULL",
            "--binlog-row-metadata=FULL",
        ]

    def options(self, data: Path) -> Command:
        """Return the program and its options, to run with or to make the folder `data`. The sizes are small, for a laptop."""
        return [
            self.installation.program,
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={self.place.folder}",
            f"--lc-messages-dir={self.installation.share}",
            f"--character-sets-dir={self.installation.share / 'charsets'}",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-buffer-size=2M",
            "--key-buffer-size=64K",
            # Otherwise the log goes into its own file there.
            *(["--console"] if os.name == "nt" else []),
            *(["--user=root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ]

    def is_ready(self) -> bool:
        try:
            pymysql.connect(
                host="127.0.0.1", port=self.port, user="owner", password=self.passwords["owner"], connect_timeout=2
            ).close()
        except pymysql.OperationalError as error:
            if error.args[0] == _ACCESS_DENIED:
                raise ServerFailed(
                    f"{self.name} at {self.address} does not accept the passwords in {password_folder(self.place.home)}: "
                    "they belong to other data.",
                    "Delete both with `./lab reset`; the next `./lab up` makes new ones.",
                ) from error
            return False  # not yet; wait_ready has the deadline and shows the log
        return True

    def run(self, command: Command, cwd: Path, words: str = "") -> None:
        """Run the `command` that makes the data folder, with `words` as its input. Raises `ServerFailed` if it fails."""
        done = processes.run(command, timeout=self.start_timeout, cwd=cwd, words=words)
        if done.returncode:
            problem = f"{self.title}'s data folder {self.place.data} could not be made."
            raise self.failure(problem) if is_full(self.place.home) else ServerFailed(problem, done.stderr[-1500:])
