# SPDX-License-Identifier: Apache-2.0
"""The MySQL server, for computers without a MariaDB: conda has MySQL for all platforms, and MariaDB for none."""

from __future__ import annotations

import os
from pathlib import Path

from helpers.processes import Command
from helpers.stack.home.accounts import accounts_sql
from helpers.stack.home.secrets import write_private
from helpers.stack.install.database import TITLES
from helpers.stack.servers.database import DatabaseServer

# Connections are encrypted with a certificate that the server makes for itself: without it, MySQL's own check of
# passwords refuses a driver that has not connected to this server before.


class MySQL(DatabaseServer):
    """MySQL 8.0.30 or newer."""

    kind = "mysql"
    title = TITLES["mysql"]

    def create(self) -> None:
        """Make the data folder, and remove the lock of a killed server: its pid may now belong to another program."""
        super().create()
        (self.place.data / f"{self.kind}.sock.lock").unlink(missing_ok=True)

    def fill(self, draft: Path) -> None:
        """Let the program itself make the system tables, and then the accounts, from a file that is deleted at once."""
        statements = self.place.folder / "accounts.sql"
        write_private(statements, f"{accounts_sql(self.passwords)}DROP USER 'root'@'localhost';\n")
        try:
            make = ["--initialize-insecure", f"--init-file={statements}", "--skip-log-bin"]
            self.run([*self.options(draft), *make], cwd=self.place.folder)
        finally:
            statements.unlink()

    def command(self) -> Command:
        return [
            *super().command(),
            # A second port, for a protocol that nothing uses here.
            "--mysqlx=OFF",
            # Otherwise it would be two processes there, and one would watch the other.
            *(["--no-monitor"] if os.name == "nt" else []),
        ]

    def options(self, data: Path) -> Command:
        return [*super().options(data), "--innodb-redo-log-capacity=16M", "--performance-schema=OFF"]
