# SPDX-License-Identifier: Apache-2.0
"""The one place that reads the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from helpers.errors import InvalidInput

NAME = "kafka-sync-lab"
HOME = "LAB_HOME"
"""The variable that says which lab a program belongs to."""
ATTACH, BROKER = "LAB_ATTACH", "LAB_BOOTSTRAP_SERVERS"
"""The variables that name servers which already run."""
_NO_LOGIN = r"https?://[^\s/@?]+(/[^\s@?]*)?"
URL = r"https?://[^\s/]\S*"
_DATABASE = r"(?!\S*passw)(mysql|mariadb)(\+pymysql)?://[^\s:/@]+@(\[[^\s\]]+\]|[^\s:/@]+)(:\d+)?(/\S*)?"
BROKERS = r"[^\s,/]+:\d+(\s*,\s*[^\s,/]+:\d+)*"


@dataclass(frozen=True)
class Settings:
    """Where this lab is. All paths are absolute."""

    home: Path
    """The folder of one lab: data, logs, passwords, ports (`LAB_HOME`, else the user's data folder)."""
    cache: Path
    """Downloads and what is made of them, shared by all labs of this user (`LAB_CACHE`, else the user's cache folder)."""
    maven_url: str | None = None
    """A Maven repository to use instead of the central one (`LAB_MAVEN_URL`), for a school's or company's mirror."""
    attach: str | None = None
    """A file or an address that names servers which already run (`LAB_ATTACH`, see `helpers.given`). `attach()` then uses these."""
    bootstrap_servers: str | None = None
    """A Kafka that already runs (`LAB_BOOTSTRAP_SERVERS`). `attach()` then uses it and not the lab in `home`."""
    connect_url: str | None = None
    """A Kafka Connect that already runs (`LAB_CONNECT_URL`). One that wants a password is named in `LAB_ATTACH`."""
    registry_url: str | None = None
    """A schema registry that already runs, with Confluent's interface (`LAB_REGISTRY_URL`)."""
    database_url: str | None = None
    """A database that already runs, for `lab reconcile` (`LAB_DATABASE_URL`): an SQLAlchemy URL without a password."""
    database_password_file: Path | None = None
    """The file with the password of that URL's user (`LAB_DATABASE_PASSWORD_FILE`)."""
    conda: Path | None = None
    """The active conda environment, which may have a database server (`CONDA_PREFIX`)."""
    database_server: Path | None = None
    """The `mariadbd` or `mysqld` to use instead of one that is found or downloaded (`LAB_DATABASE_SERVER`)."""


def settings() -> Settings:
    """Return the settings of this process, read from the environment now.

    Raises `InvalidInput` for a value that cannot be right. It does not show an address, which may hold a password.
    """
    conda = os.environ.get("CONDA_PREFIX")
    _check_one_way()
    return Settings(
        home=_path(HOME, user_data_path(NAME, appauthor=False)),
        cache=_path("LAB_CACHE", user_cache_path(NAME, appauthor=False)),
        maven_url=_matching("LAB_MAVEN_URL", URL, "an http or https address of a Maven repository"),
        attach=os.environ.get(ATTACH, "").strip() or None,
        bootstrap_servers=_matching(BROKER, BROKERS, "host:port, or several separated by commas"),
        connect_url=_matching(
            "LAB_CONNECT_URL", _NO_LOGIN, "an http or https address without a password, http://localhost:8083"
        ),
        registry_url=_matching("LAB_REGISTRY_URL", URL, "an http or https address, such as http://localhost:8081"),
        database_url=_matching("LAB_DATABASE_URL", _DATABASE, "mysql+pymysql://user@host:port, without a password"),
        database_password_file=_file("LAB_DATABASE_PASSWORD_FILE"),
        conda=Path(conda) if conda else None,
        database_server=_file("LAB_DATABASE_SERVER"),
    )


def _check_one_way() -> None:
    """Servers are named in one place: two could name different ones."""
    others = (BROKER, "LAB_CONNECT_URL", "LAB_REGISTRY_URL")
    both = [name for name in others if os.environ.get(name)] if os.environ.get(ATTACH) else []
    if both:
        raise InvalidInput(f"{ATTACH} and {' and '.join(both)} are set, and both name servers.", "Unset one of them.")


def variables(of: Settings) -> dict[str, str]:
    """Return the variables that give another process the lab on this computer that `of` names."""
    found = {
        HOME: of.home,
        "LAB_CACHE": of.cache,
        "LAB_MAVEN_URL": of.maven_url,
        "LAB_DATABASE_SERVER": of.database_server,
        "CONDA_PREFIX": of.conda,
    }
    return {name: str(value) for name, value in found.items() if value}


def _matching(variable: str, pattern: str, wanted: str) -> str | None:
    given = os.environ.get(variable, "").strip()
    if given and not re.fullmatch(pattern, given):
        raise InvalidInput(f"{variable} is not {wanted}.", "Correct it, or unset it.")
    return given or None


def _file(variable: str) -> Path | None:
    given = os.environ.get(variable)
    return Path(given).expanduser().absolute() if given else None


def _path(variable: str, default: Path) -> Path:
    given = os.environ.get(variable)
    return (Path(given) if given else default).expanduser().absolute()
