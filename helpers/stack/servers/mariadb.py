# SPDX-License-Identifier: Apache-2.0
"""The MariaDB server: its data folder, and the options that MySQL does not get."""

from __future__ import annotations

from pathlib import Path

from helpers.processes import Command
from helpers.stack.home.accounts import accounts_sql
from helpers.stack.install.database import TITLES
from helpers.stack.servers.database import DatabaseServer


class MariaDB(DatabaseServer):
    """MariaDB 10.11 or newer."""

    kind = "mariadb"
    title = TITLES["mariadb"]

    def fill(self, draft: Path) -> None:
        """Make the system tables and the accounts, as `mariadb-install-db` does."""
        make = ["--bootstrap", "--log-warnings=0", "--enforce-storage-engine=", "--max-allowed-packet=8M"]
        self.run([*self.options(draft), *make], cwd=draft, words=self._bootstrap_sql())

    def command(self) -> Command:
        return [
            *super().command(),
            # Loopback needs no encryption, and to make a key at each start takes seconds.
            "--skip-ssl",
            # MySQL has no other format any more.
            "--binlog-format=ROW",
            *self._legacy_positions(),
        ]

    def options(self, data: Path) -> Command:
        small = ["--innodb-log-file-size=16M", "--innodb-undo-tablespaces=0", "--aria-pagecache-buffer-size=1M"]
        return [*super().options(data), *small]

    def _legacy_positions(self) -> list[str]:
        """Only with this setting Debezium finds its place again after a restart. It is new in MariaDB 11.4."""
        major, minor = (int(part) for part in self.version.split(".")[:2])
        return ["--binlog-legacy-event-pos=1"] if (major, minor) >= (11, 4) else []

    def _bootstrap_sql(self) -> str:
        system = "\n".join(path.read_text("utf-8") for path in self.installation.scripts())
        return f"""create database if not exists mysql;
use mysql;
SET @auth_root_socket=NULL;
{system}
DELETE FROM mysql.proxies_priv;
DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
{accounts_sql(self.passwords)}"""
