"""The MariaDB server: data folder, accounts, binary log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pymysql

from helpers.errors import ServerFailed, Unsupported
from helpers.stack.server import Server

DATABASE = "mydb1"
"""The database of the lessons' tables."""
SINK_DATABASE = "mydb2"
"""The database that sink connectors write."""

_PROGRAMS = (
    "bin/mariadbd",
    "bin/mariadbd.exe",
    "bin/mysqld.exe",
    "sbin/mariadbd",
    "usr/sbin/mariadbd",
    "libexec/mariadbd",
)
_SHARES = ("share", "share/mysql", "share/mariadb", "usr/share/mysql", "usr/share/mariadb")
# What mariadb-install-db feeds to the server; the files' prefix depends on the version.
_SCRIPTS = ("system_tables", "performance_tables", "system_tables_data", "maria_add_gis_sp_bootstrap", "sys_schema")
# Places where a package manager puts a server that `lab` may use: Debian, Ubuntu, Fedora; Homebrew on ARM and on Intel; conda.
_PLACES = (
    "/",
    "/opt/homebrew/opt/mariadb@11.4",
    "/opt/homebrew/opt/mariadb",
    "/usr/local/opt/mariadb@11.4",
    "/usr/local/opt/mariadb",
)


@dataclass(frozen=True)
class Installation:
    """A MariaDB program and the files that it needs beside it."""

    program: Path
    share: Path

    @classmethod
    def at(cls, base: Path) -> Installation | None:
        """Return the installation below `base`, or None."""
        for program in (base / name for name in _PROGRAMS):
            for share in (base / name for name in _SHARES):
                if program.exists() and (share / "english" / "errmsg.sys").exists() and _scripts(share):
                    return cls(program, share)
        return None

    @classmethod
    def on_this_machine(cls, given: Path | None = None) -> Installation | None:
        """Return the installation of the `given` program, else one that a package manager has put here, or None.

        Raises `Unsupported` where `given` has no files beside it to make a data folder from.
        """
        if given:
            found = next(filter(None, (cls.at(base) for base in given.parents)), None)
            if not found:
                raise Unsupported(
                    f"No MariaDB server was found around {given}.",
                    "Point LAB_MARIADBD at a mariadbd program, or unset it.",
                )
            return cls(given, found.share)
        conda = os.environ.get("CONDA_PREFIX")
        return next(filter(None, (cls.at(Path(place)) for place in ((conda, *_PLACES) if conda else _PLACES))), None)

    def version(self) -> str:
        """Return the version that the program reports, as in 11.4.5. Raises `ServerFailed` if it cannot be run."""
        try:
            text = subprocess.run(
                [self.program, "--no-defaults", "--version"], capture_output=True, text=True, timeout=20, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerFailed(
                f"{self.program} cannot be run here: {error}.", "`lab doctor` looks for the cause."
            ) from error
        found = re.search(r"(\d+\.\d+\.\d+)", text)
        return found[1] if found else text.strip()


def _scripts(share: Path) -> list[Path]:
    names = [(f"mariadb_{name}.sql", f"mysql_{name}.sql", f"{name}.sql") for name in _SCRIPTS]
    return [
        next(share / name for name in choice if (share / name).exists())
        for choice in names
        if any((share / n).exists() for n in choice)
    ]


class MariaDB(Server):
    """A private server on loopback with the accounts of the lab, made when its data folder is empty.

    `passwords` maps the account names root, owner, source, sink and service to their passwords.
    """

    name = "mariadb"
    title = "MariaDB"

    def __init__(
        self, home: Path, port: int, *, installation: Installation, version: str, passwords: Mapping[str, str]
    ) -> None:
        super().__init__(home, port, version)
        self.installation = installation
        self.passwords = passwords
        self.data = self.data_in(home)

    @classmethod
    def marker(cls, home: Path) -> str:
        return f"--datadir={cls.data_in(home)}"

    @classmethod
    def create_marker(cls, home: Path) -> str:
        return f"--datadir={cls.draft_in(home)}"

    @classmethod
    def draft_in(cls, home: Path) -> Path:
        return home / cls.name / "data.part"

    @classmethod
    def data_in(cls, home: Path) -> Path:
        return home / cls.name / "data"

    def configuration(self) -> dict[Path, str]:
        """Nothing to read but the command line: what it says is not secret."""
        return {}

    def create(self) -> None:
        """Make the system tables and the accounts, as `mariadb-install-db` does, or nothing at all."""
        if self.data.exists():
            return
        draft = self.draft_in(self.home)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        command = [
            *self._options(draft),
            "--bootstrap",
            "--log-warnings=0",
            "--enforce-storage-engine=",
            "--max-allowed-packet=8M",
        ]
        done = subprocess.run(
            command,
            input=self._bootstrap_sql().encode(),
            capture_output=True,
            cwd=draft,
            timeout=self.start_timeout,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(
                f"MariaDB's data folder {self.data} could not be made:", done.stderr.decode(errors="replace")[-1500:]
            )
        draft.rename(self.data)

    def command(self) -> list[str | Path]:
        return [
            *self._options(self.data),
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            # A relative name: the path of a socket may have no more than 107 bytes.
            *(["--socket=mariadbd.sock"] if os.name == "posix" else []),
            "--pid-file=mariadbd.pid",
            # Loopback needs no encryption, and making a key at each start takes seconds.
            "--skip-ssl",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--default-time-zone=+00:00",
            # What log-based capture reads.
            "--server-id=1",
            "--log-bin=binlog",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--binlog-row-metadata=FULL",
            *self._legacy_positions(),
        ]

    def is_ready(self) -> bool:
        try:
            pymysql.connect(
                host="127.0.0.1", port=self.port, user="owner", password=self.passwords["owner"], connect_timeout=2
            ).close()
        except pymysql.OperationalError:  # not yet; wait_ready has the deadline and the log
            return False
        return True

    def _options(self, data: Path) -> list[str | Path]:
        share = self.installation.share
        return [
            self.installation.program,
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={self.folder}",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            "--innodb-log-file-size=16M",
            "--innodb-undo-tablespaces=0",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-buffer-size=2M",
            "--key-buffer-size=64K",
            "--aria-pagecache-buffer-size=1M",
            *(["--user=root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ]

    def _legacy_positions(self) -> list[str]:
        """Debezium finds its place again after a restart only with this setting, which came with MariaDB 11.4."""
        major, minor = (int(part) for part in self.version.split(".")[:2])
        return ["--binlog-legacy-event-pos=1"] if (major, minor) >= (11, 4) else []

    def _bootstrap_sql(self) -> str:
        scripts = "\n".join(path.read_text("utf-8") for path in _scripts(self.installation.share))
        return f"create database if not exists mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n{scripts}\n{self._accounts_sql()}"

    def _accounts_sql(self) -> str:
        """Each account may do what its part in the course needs, from this machine only (least privilege)."""
        users = "\n".join(
            f"CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{word}';" for name, word in self.passwords.items()
        )
        return f"""
DELETE FROM mysql.proxies_priv;
DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
{users}
CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;
CREATE DATABASE {SINK_DATABASE} CHARACTER SET utf8mb4;
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
GRANT ALL ON {DATABASE}.* TO 'owner'@'127.0.0.1';
GRANT ALL ON {SINK_DATABASE}.* TO 'owner'@'127.0.0.1';
GRANT RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'source'@'127.0.0.1';
GRANT SELECT, LOCK TABLES ON {DATABASE}.* TO 'source'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON {SINK_DATABASE}.* TO 'sink'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON {DATABASE}.* TO 'service'@'127.0.0.1';
"""
