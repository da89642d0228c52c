# SPDX-License-Identifier: Apache-2.0
"""`Lab`: where the servers answer. A notebook begins with `lab = attach()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from confluent_kafka.admin import AdminClient

from helpers import clients
from helpers.cluster import Cluster
from helpers.errors import LabNotRunning, Unsupported
from helpers.settings import Settings
from helpers.settings import settings as read_settings
from helpers.stack.containers.compose import SECRETS
from helpers.stack.home.accounts import DATABASE
from helpers.stack.home.secrets import password_file
from helpers.stack.install.database import Product
from helpers.stack.labs import lab_in
from helpers.stack.servers.worker import placeholder_folder
from helpers.stack.status import ServerStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Database:
    """Where the lessons' database answers, and the file that holds the password of `user`.

    The passwords of the lab's other accounts are beside it: `source.password`, `sink.password`, `service.password`.
    """

    host: str
    port: int
    name: str
    user: str
    password_file: str
    product: Product = "mariadb"


@dataclass(frozen=True)
class Lab:
    """The addresses of one lab. Its only connection is `admin`, which is made at its first use."""

    bootstrap_servers: str
    """The address of Kafka for clients: `host:port`."""
    connect_url: str | None = None
    """Kafka Connect's REST interface, or None if there is none."""
    database: Database | None = None
    home: Path | None = None
    """The folder of a lab on this computer, or None for servers elsewhere."""
    inside: Lab | None = None
    """The addresses that the servers use among themselves, if these differ: in containers."""
    settings: Settings = field(default_factory=read_settings, repr=False, compare=False)
    """The settings that this lab was found with. Kafka's own tools need them to find the downloads."""

    @cached_property
    def admin(self) -> AdminClient:
        """One admin client for this lab, shared by all helpers."""
        return clients.new(AdminClient, self.bootstrap_servers)

    @property
    def seen_by_worker(self) -> Lab:
        """The addresses and password files that a connector's configuration must name."""
        return self.inside or self

    @property
    def worker_database(self) -> Database:
        """Where a connector finds the database. The database may run in a container, as the worker does.

        Raises `LabNotRunning` if no database is known.
        """
        return self.seen_by_worker.needed_database()

    def secret(self, role: str) -> str:
        """Return the placeholder for the password of the database account `role` in a connector's configuration.

        The worker reads the file that it names when it starts a task. Its REST interface shows only the placeholder.
        Raises `LabNotRunning` if no database is known.
        """
        folder = placeholder_folder(PurePath(self.worker_database.password_file).parent)
        return f"${{dir:{folder}:{role}.password}}"

    def needed_database(self) -> Database:
        """Return `database`. Raises `LabNotRunning` if none is known."""
        if not self.database:
            raise LabNotRunning("This lab has no database.", "Start one with `./lab up`.")
        return self.database

    def folder(self, server: str) -> Path:
        """Return the folder in which `server` ("kafka", "connect", "mariadb") keeps its settings and data.

        Raises `Unsupported` if that is not on this computer: in containers, and for servers elsewhere.
        """
        folder = self.home / server if self.home else None
        if not folder or not folder.exists():
            raise Unsupported(
                f"The files of {server} are not on this computer: it runs in a container or elsewhere.",
                "Use a lab without containers: `./lab up` with another LAB_HOME. Or continue with the next lesson.",
            )
        return folder

    def cluster(self, brokers: int = 3) -> Cluster[Lab]:
        """Return a cluster of that many brokers, for experiments that kill some. Use `with`, or `start` and `stop`.

        Raises `InvalidInput` for a number of brokers that cannot be.
        """
        return Cluster(brokers, self.settings, lambda addresses: Lab(addresses, settings=self.settings))

    def servers(self) -> list[ServerStatus]:
        """Return the status of each server of a lab on this computer, as it is now, and an empty list for servers elsewhere."""
        return list(lab_in(self.settings).status().values()) if self.home else []

    def _repr_html_(self) -> str:
        return self.frame().to_html(na_rep="")

    def frame(self) -> pd.DataFrame:
        """Return a table with a row for each server: version, address, memory (MB, resident), uptime (s)."""
        import pandas as pd  # takes a second, and the `lab` command does not need it

        rows = [
            {
                "server": server.title,
                "version": server.version,
                "address": server.address,
                "memory (MB)": server.memory and round(server.memory / 1e6),
                "uptime (s)": server.uptime and round(server.uptime),
            }
            for server in self.servers()
        ]
        return pd.DataFrame(rows or [{"server": "Apache Kafka", "address": self.bootstrap_servers}]).set_index("server")


def attach(where: Settings | None = None) -> Lab:
    """Return the lab to work with: the servers that the environment names, else the lab of this user on this computer.

    Raises `LabNotRunning` if there is neither.
    """
    where = where or read_settings()
    if where.bootstrap_servers:
        return Lab(where.bootstrap_servers, where.connect_url, settings=where)
    status = lab_in(where).status()
    if not status or not status["kafka"].running:
        raise LabNotRunning(f"No lab runs in {where.home}.", "Start it in a terminal: `./lab up`.")
    return replace(describe(where.home, status), settings=where)


def describe(home: Path, status: dict[str, ServerStatus]) -> Lab:
    """Return the lab in `home`, running or not, from its servers' `status`."""
    owner = password_file(home, "owner")
    product: Product = "mysql" if "mysql" in status else "mariadb"
    addresses = {name: server.address for name, server in status.items()}
    inside = {name: server.inside for name, server in status.items() if server.inside}
    seen = _lab(inside, product, SECRETS / owner.name) if inside else None
    return _lab(addresses, product, owner, home, inside=seen)


def _lab(
    addresses: Mapping[str, str],
    product: Product,
    owner: PurePath,
    home: Path | None = None,
    *,
    inside: Lab | None = None,
) -> Lab:
    host, port = addresses[product].rsplit(":", 1)
    database = Database(host, int(port), DATABASE, "owner", str(owner), product)
    return Lab(addresses["kafka"], addresses["connect"], database, home, inside)


def as_dictionary(home: Path, status: dict[str, ServerStatus]) -> dict[str, object]:
    """Return what `./lab status --json` prints. Scripts depend on its keys."""
    lab = describe(home, status)
    return {
        "bootstrap_servers": lab.bootstrap_servers,
        "connect_url": lab.connect_url,
        "database": asdict(lab.database) if lab.database else None,
        "home": str(home),
        "servers": {name: asdict(server) for name, server in status.items()},
    }
