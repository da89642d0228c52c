# SPDX-License-Identifier: Apache-2.0
"""A database server that is on this computer: which product it is, where its program and its files are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from helpers import processes
from helpers.errors import LabError, ServerFailed, Unsupported

Product = Literal["mariadb", "mysql"]
TITLES: dict[Product, str] = {"mariadb": "MariaDB", "mysql": "MySQL"}

# MariaDB's program for Windows has the old name. The files beside a program show which product it is.
_PROGRAMS = (
    *("bin/mariadbd", "bin/mariadbd.exe", "sbin/mariadbd", "usr/sbin/mariadbd", "libexec/mariadbd"),
    *("bin/mysqld", "bin/mysqld.exe", "Library/bin/mysqld.exe", "sbin/mysqld", "usr/sbin/mysqld"),
)
_SHARES = ("share", "share/mysql", "share/mariadb", "usr/share/mysql", "usr/share/mariadb", "Library/share/mysql")
# mariadb-install-db sends these files to the server. Their prefix depends on the version. MySQL 8 has no such files.
_SCRIPTS = ("system_tables", "performance_tables", "system_tables_data", "maria_add_gis_sp_bootstrap", "sys_schema")
# Places where a package manager puts a server that `lab` may use: Debian, Ubuntu, Fedora; Homebrew on ARM and on Intel.
_PLACES = (
    "/",
    "/opt/homebrew/opt/mariadb@11.4",
    "/opt/homebrew/opt/mariadb",
    "/usr/local/opt/mariadb@11.4",
    "/usr/local/opt/mariadb",
)


@dataclass(frozen=True)
class Installation:
    """A database server's program, and the folder of the files that it needs beside it."""

    program: Path
    share: Path

    @property
    def product(self) -> Product:
        """Which product the program belongs to."""
        return "mariadb" if self.scripts() else "mysql"

    @classmethod
    def at(cls, base: Path, product: Product | None = None) -> Installation | None:
        """Return the installation below `base`, of `product` if that is given, or None."""
        shares = [share for name in _SHARES if ((share := base / name) / "english" / "errmsg.sys").exists()]
        programs = [program for name in _PROGRAMS if (program := base / name).exists()]
        found = (cls(program, share) for program in programs for share in shares)
        return next((it for it in found if product in (None, it.product)), None)

    @classmethod
    def around(cls, program: Path) -> Installation:
        """Return the installation that `program` belongs to. Raises `Unsupported` if it has no files beside it."""
        found = _first(map(cls.at, program.parents))
        if not found or not program.exists():
            raise Unsupported(
                f"No database server was found around {program}.",
                "Set LAB_DATABASE_SERVER to a mariadbd or mysqld program, or unset it.",
            )
        return cls(program, found.share)

    @classmethod
    def remembered(cls, program: Path) -> Installation:
        """Return the installation whose `program` made a lab's data. Raises `LabError` if it does not exist any more."""
        if not program.exists():
            raise LabError(
                f"{program}, which made this lab's database, does not exist any more.",
                "Install it again, or run `./lab reset` for a new database with another program.",
            )
        return cls.around(program)

    @classmethod
    def mariadb(cls, conda: Path | None) -> Installation | None:
        """Return the MariaDB that the environment `conda` or a package manager has put on this computer, or None."""
        return _first(cls.at(place, "mariadb") for place in filter(None, (conda, *map(Path, _PLACES))))

    @classmethod
    def mysql(cls, conda: Path | None) -> Installation | None:
        """Return the MySQL of the environment `conda`, or None; other servers named `mysqld` are left alone."""
        return cls.at(conda, "mysql") if conda else None

    def version(self) -> str:
        """Return the version that the program reports, as in 11.4.5. Raises `ServerFailed` if it cannot be run."""
        done = processes.run([self.program, "--no-defaults", "--version"], timeout=20)
        if done.returncode:
            raise ServerFailed(
                f"{self.program} cannot be run here: {done.stderr.strip()}.", "`./lab doctor` looks for the cause."
            )
        text = done.stdout
        found = re.search(r"\bVer (\d+\.\d+\.\d+)", text)  # the program's path comes first, and may contain numbers too
        return found[1] if found else text.strip()

    def scripts(self) -> list[Path]:
        """Return MariaDB's SQL files for the system tables, in the order in which they run."""
        names = [(f"mariadb_{name}.sql", f"mysql_{name}.sql", f"{name}.sql") for name in _SCRIPTS]
        return list(filter(None, (_existing(self.share / name for name in choice) for choice in names)))


def _existing(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.exists()), None)


def _first(found: Iterable[Installation | None]) -> Installation | None:
    return next(filter(None, found), None)
