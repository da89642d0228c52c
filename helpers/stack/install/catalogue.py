# SPDX-License-Identifier: Apache-2.0
"""What is pinned in `artifacts.toml`: each file by its Maven coordinate, its SHA-256 and its size."""

from __future__ import annotations

import platform
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helpers.errors import Unsupported

CATALOGUE = Path(__file__).with_name("artifacts.toml")


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository: SHA-256 in hex, size in bytes.

    Its coordinate is `group:artifact:version[:packaging[:classifier]]`.
    """

    coordinate: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The artifact's id, as in kafka-clients."""
        return self.coordinate.split(":")[1]

    @property
    def version(self) -> str:
        """Its version, as in 4.3.0."""
        return self.coordinate.split(":")[2]

    @property
    def filename(self) -> str:
        """The name that its file has in a repository, as in kafka-clients-4.3.0.jar."""
        _, name, version, packaging, classifier, *_ = [*self.coordinate.split(":"), "jar", ""]
        return f"{name}-{version}{classifier and '-'}{classifier}.{packaging}"


@dataclass(frozen=True)
class Catalogue:
    """What is pinned: the class path of Kafka and Connect, the connectors' archives, and MariaDB by platform.

    `mysql_plugins` are the connectors that only a lab with MySQL needs. `registry` is the schema registry, and `converter`
    what a Connect worker needs to use it: only `./lab registry up` downloads these.
    """

    kafka: tuple[Artifact, ...]
    plugins: tuple[Artifact, ...]
    mysql_plugins: tuple[Artifact, ...]
    mariadb: dict[str, Artifact]
    registry: Artifact
    converter: tuple[Artifact, ...]

    @property
    def kafka_version(self) -> str:
        """The version of Kafka and Kafka Connect."""
        return next(artifact.version for artifact in self.kafka if artifact.name == "kafka-clients")

    def has_mariadb_here(self) -> bool:
        """Return whether there is an archive of MariaDB for this computer."""
        return _here() in self.mariadb

    def mariadb_here(self) -> Artifact:
        """Return the archive for this computer. Raises `Unsupported` if there is none."""
        if not self.has_mariadb_here():
            raise Unsupported(
                f"There is no MariaDB to download for {_here()}.",
                "Install one (`brew install mariadb@11.4`, or the package mariadb-server-core), work in the conda "
                "environment of environment.yml, which has a MySQL, or set LAB_DATABASE_SERVER to a mariadbd or mysqld.",
            )
        return self.mariadb[_here()]


@cache
def catalogue() -> Catalogue:
    """Return what `artifacts.toml` pins."""
    content: dict[str, Any] = tomllib.loads(CATALOGUE.read_text("utf-8"))
    return Catalogue(
        kafka=tuple(Artifact(**entry) for entry in content["kafka"]),
        plugins=tuple(Artifact(**entry) for entry in content["plugins"]),
        mysql_plugins=tuple(Artifact(**entry) for entry in content["mysql_plugins"]),
        mariadb={system: Artifact(**entry) for system, entry in content["mariadb"].items()},
        registry=Artifact(**content["registry"][0]),
        converter=tuple(Artifact(**entry) for entry in content["converter"]),
    )


def _here() -> str:
    """This computer's platform in the names of the catalogue, as in linux-x86_64."""
    return f"{platform.system()}-{platform.machine()}".lower()
