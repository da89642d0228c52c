# SPDX-License-Identifier: Apache-2.0
"""`Lab`: where the servers answer. `attach` finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from confluent_kafka.admin import AdminClient

from helpers import clients
from helpers.cluster import Cluster
from helpers.errors import LabNotRunning, Unsupported
from helpers.settings import Settings
from helpers.settings import settings as read_settings
from helpers.stack.install.database import Product
from helpers.stack.labs import lab_in
from helpers.stack.local import wait_started
from helpers.stack.servers.http import Login
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
    registry_url: str | None = None
    """The schema registry's interface for Confluent's clients, or None if none runs (`./lab registry up`)."""
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What clients need to log in to Kafka (librdkafka's names), a password among it. Empty for a lab of `./lab up`."""
    session_timeout: int = 2000
    """The milliseconds after which a group gives a silent member up (`session.timeout.ms`): few, as far as the brokers allow it."""
    connect_user: str | None = None
    """Who asks Kafka Connect, or None if it wants no user."""
    connect_password_file: str | None = None
    """The file that holds the password of `connect_user`."""
    worker_secrets: str | None = None
    """The folder where the worker finds `source.password` and `sink.password`, if that is another than for programs."""
    settings: Settings = field(default_factory=read_settings, repr=False, compare=False)
    """The settings that this lab was found with. Kafka's own tools need them to find the downloads."""

    @cached_property
    def admin(self) -> AdminClient:
        """One admin client for this lab, shared by all helpers."""
        return clients.new(AdminClient, self.client_settings)

    def wait_connect(self) -> None:
        """Wait while Kafka Connect starts: `./lab` opens JupyterLab before. Returns at once if it answers or does not run.

        Raises `ServerFailed` with the end of its log if it does not answer in time.
        """
        if self.home and self.connect_url:
            wait_started(self.home, "connect", self.connect_url)

    @property
    def client_settings(self) -> clients.ClientSettings:
        """What a client of Kafka must know: the address, and for given servers how to log in. It shows no password."""
        return clients.ClientSettings({"bootstrap.servers": self.bootstrap_servers, **self.security})

    @property
    def connect_auth(self) -> Login | None:
        """What `requests` needs as `auth=` to ask Kafka Connect, or None for a worker that wants no password. It shows none."""
        if not (self.connect_user and self.connect_password_file):
            return None
        return Login(self.connect_user, self.connect_password_file)

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
        beside = PurePath(self.worker_database.password_file).parent
        folder = placeholder_folder(PurePath(self.worker_secrets) if self.worker_secrets else beside)
        return f"${{dir:{folder}:{role}.password}}"

    def needed_database(self) -> Database:
        """Return `database`. Raises `LabNotRunning` if none is known."""
        if not self.database:
            raise LabNotRunning(
                "This lab has no database.", "Name one in LAB_ATTACH, or unset that to use the lab of `./lab up`."
            )
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
