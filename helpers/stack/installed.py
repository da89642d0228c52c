# SPDX-License-Identifier: Apache-2.0
"""The programs on this computer that run the servers. What is missing is downloaded and prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import LabError
from helpers.settings import Settings
from helpers.stack.home.place import Place
from helpers.stack.home.state import State
from helpers.stack.install import artifacts
from helpers.stack.install.catalogue import catalogue
from helpers.stack.install.database import TITLES, Installation, Product
from helpers.stack.progress import Reporter
from helpers.stack.servers.java import Java

_DATA: dict[str, str] = {"kafka": "Apache Kafka", "mariadb": TITLES["mariadb"], "mysql": TITLES["mysql"]}
"""The servers that write a data folder, with their names for people."""


@dataclass(frozen=True)
class Installed:
    """A Java with Kafka, the connectors, a database server, and the version of each."""

    java: Java
    plugin_paths: list[Path]
    database: Installation
    versions: dict[str, str]
    """The version of each server by its name."""
    machine_database: Path | None
    """The database program of this computer, or None for the MariaDB that was downloaded."""


def install(settings: Settings, known: State, report: Reporter) -> Installed:
    """Return the programs that run the servers of the lab `known`. Quick and without a network if they are already there.

    Raises a `LabError` that names the problem.
    """
    cache = settings.cache
    machine = machine_database(settings, known)
    prepared = artifacts.prepare(cache, report, product=product_of(machine), mirror=settings.maven_url)
    database = machine or Installation.at(prepared.mariadb_base or cache)
    if not database:
        problem = f"The MariaDB in {prepared.mariadb_base} is not complete."
        raise LabError(problem, "Delete that folder. Then `./lab up` makes it again.")
    version = catalogue().kafka_version
    java = Java(prepared.kafka_jars, cache / "aot")
    versions = {"kafka": version, "connect": version, database.product: database.version()}
    return Installed(java, prepared.plugin_paths, database, versions, machine.program if machine else None)


def tools_java(settings: Settings) -> Java:
    """Return the Java that Kafka's own tools run on. What the cache lacks of Kafka is downloaded first."""
    return Java(artifacts.kafka_jars(settings.cache, mirror=settings.maven_url), settings.cache / "aot")


def machine_database(settings: Settings, known: State) -> Installation | None:
    """Return the database server of this computer that the lab `known` runs, or None for the downloaded MariaDB.

    It is the one that made the data folder. If there is no data yet, it is a MariaDB if there is one, else a MySQL.
    """
    if settings.database_server:
        return Installation.around(settings.database_server)
    if any(Place(settings.home, product).data.exists() for product in TITLES):
        return Installation.remembered(Path(known.database_server)) if known.database_server else None
    conda = settings.conda
    return Installation.mariadb(conda) or (None if catalogue().has_mariadb_here() else Installation.mysql(conda))


def product_of(machine: Installation | None) -> Product | None:
    """Return which product the database server of this computer is, or None if there is none."""
    return machine.product if machine else None


def check_data(home: Path, then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise `LabError` if the servers of `now` cannot read a data folder, because another server or version wrote it.

    `then` and `now` are the version of each server by its name.
    """
    database = next(name for name in TITLES if name in now)
    for name, wrote in then.items():
        kind = name.partition("-")[0]
        if kind not in _DATA or not Place(home, name).data.exists():
            continue
        reader = "kafka" if kind == "kafka" else database
        if kind != reader or _series(wrote) != _series(now[reader]):
            raise LabError(
                f"The data in {home / name} was written by {_DATA[kind]} {wrote}, "
                f"but this lab runs {_DATA[reader]} {now[reader]}.",
                "Delete the data with `./lab reset`, or keep it and set LAB_HOME to another folder.",
            )


def _series(version: str) -> list[str]:
    return version.split(".")[:2]
