"""The lab on this machine: its servers together, in one home folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers import processes
from helpers.errors import LabError
from helpers.processes import can_bind
from helpers.stack import plugins
from helpers.stack.home import folder, secrets
from helpers.stack.home.state import State
from helpers.stack.install import artifacts
from helpers.stack.install.catalogue import catalogue
from helpers.stack.install.database import Installation, Product
from helpers.stack.progress import Progress, Say, Silent
from helpers.stack.servers import training
from helpers.stack.servers.database import DatabaseServer
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka
from helpers.stack.servers.mariadb import MariaDB
from helpers.stack.servers.mysql import MySQL
from helpers.stack.servers.server import Server
from helpers.stack.servers.starting import start
from helpers.stack.servers.worker import Worker
from helpers.stack.status import ServerStatus

SILENT = Silent()
DATABASES: dict[Product, type[DatabaseServer]] = {"mariadb": MariaDB, "mysql": MySQL}
_KINDS: tuple[type[Server], ...] = (Worker, Kafka, MariaDB, MySQL)  # Connect first: it needs the others to end well


@dataclass(frozen=True)
class Installed:
    """What is on this machine to run the servers with."""

    java: Java
    plugin_paths: list[Path]
    database: Installation
    versions: dict[str, str]
    """Server name to its version."""


class LocalLab:
    """The lab in the folder `home`, with downloads in `cache`.

    `database_server` is the program to use for the database, where it is not to be looked for.
    """

    def __init__(self, home: Path, cache: Path, database_server: Path | None = None) -> None:
        self.home = home
        self.cache = cache
        self.database_server = database_server

    # What follows changes the lab; one command at a time may.

    def up(self, say: Say, progress: Progress = SILENT) -> None:
        """Install what is missing, start what does not run, and return when every server answers.

        Raises a `LabError` that says what is in the way. Whatever this call started is stopped again if it fails or is
        interrupted; what ran before goes on.
        """
        folder.make_home(self.home)
        with folder.locked(self.home):
            folder.clear(self.home)
            known = State.load(self.home) or State.new()
            installed = self.install(known, say, progress)
            _check_data(self.home, known.versions, installed.versions)
            servers = self._place(known, installed, say)
            known.save(self.home)
            start(servers, say, progress)

    def install(self, known: State, say: Say, progress: Progress) -> Installed:
        """Fetch and prepare what the servers are run with; quick and without a network when it is there already."""
        own = self._own_database(known)
        prepared = artifacts.prepare(self.cache, progress, own=_product(own))
        database = own or Installation.at(prepared.mariadb_base or self.cache)
        if not database:
            raise LabError(
                f"The MariaDB in {prepared.mariadb_base} is not complete.",
                "Delete that folder; `lab up` makes it anew.",
            )
        version = catalogue().kafka_version
        java = _java(prepared, self.cache)
        if not training.is_trained(java):
            training.train(java, prepared.plugin_paths, version, progress=progress, say=say)
        known.database_server = str(own.program) if own else None
        versions = {"kafka": version, "connect": version, database.product: database.version()}
        return Installed(java, prepared.plugin_paths, database, versions)

    def down(self) -> list[str]:
        """Stop what runs and return the names of the servers that ran; Connect first, for it needs the other two."""
        if not self.home.exists():
            return []
        with folder.locked(self.home):
            return self._stop()

    def reset(self) -> None:
        """Stop the servers and delete all that the lab wrote: topics, databases, logs, passwords. Plugins stay."""
        if not (self.home / "lab.json").exists():
            return  # folders of these names may be somebody else's
        with folder.locked(self.home):
            self._stop()
            # The data before the passwords: without the one the others are made anew, but not the other way round.
            folder.forget(self.home, [*(kind.name for kind in _KINDS), "secrets", "logs"])
            (self.home / "lab.json").unlink(missing_ok=True)

    def add_plugin(self, source: str, say: Say, progress: Progress = SILENT) -> plugins.Plugin:
        """Add the connector at `source` (file, folder or address) and return it; a running worker is restarted."""
        with self._changed_plugins(say, progress):
            known = State.load(self.home) or State.new()
            return plugins.add(source, self._own_plugins, lambda: self.install(known, say, progress).java)

    def remove_plugin(self, name: str, say: Say, progress: Progress = SILENT) -> None:
        """Delete the plugin `name` that was added; a running worker is restarted."""
        with self._changed_plugins(say, progress):
            folder = plugins.added(name, self._own_plugins).folder
            Worker.end(self.home)  # first: Windows deletes no file that somebody has open
            shutil.rmtree(folder)

    @contextmanager
    def _changed_plugins(self, say: Say, progress: Progress) -> Iterator[None]:
        folder.make_home(self.home)
        with folder.locked(self.home):
            restart = Worker.process(self.home)
            yield
            Worker.end(self.home)
        if restart:
            self.up(say, progress)

    # What follows only looks.

    def plugin_paths(self) -> list[Path]:
        """Return the folders whose folders are plugins: the lab's own, then the user's."""
        own = _product(self.own_database())
        return [*artifacts.plugin_paths(self.cache, own), self._own_plugins]

    @property
    def _own_plugins(self) -> Path:
        return self.home / "plugins"

    def status(self) -> dict[str, ServerStatus]:
        """Return server name to its status; empty where there is no lab yet."""
        known = State.load(self.home)
        if not known:
            return {}
        return {
            kind.name: kind.status(self.home, known.ports[kind.name], known.versions[kind.name])
            for kind in _KINDS
            if kind.name in known.versions
        }

    def missing_bytes(self) -> int:
        """Return how many bytes the next `up` would download."""
        return artifacts.missing_bytes(self.cache, own=_product(self.own_database()))

    def own_database(self) -> Installation | None:
        """Return this machine's own database server if the next `up` runs that, or None for the downloaded MariaDB."""
        return self._own_database(State.load(self.home) or State.new())

    def _own_database(self, known: State) -> Installation | None:
        """The server that made the data folder; where there is none yet, a MariaDB if there is any, else a MySQL."""
        if self.database_server:
            return Installation.around(self.database_server)
        if any(kind.data_in(self.home).exists() for kind in DATABASES.values()):
            return Installation.remembered(Path(known.database_server)) if known.database_server else None
        return Installation.mariadb() or (None if catalogue().has_mariadb_here() else Installation.mysql())

    def _place(self, known: State, installed: Installed, say: Say) -> list[Server]:
        """Give each server its port and return them in the order in which they are stopped."""
        database = DATABASES[installed.database.product]
        for kind, name in ((Kafka, "kafka"), (Kafka, "controller"), (Worker, "connect"), (database, database.name)):
            port = known.ports.get(name)
            if port and (can_bind(port) or kind.process(self.home)):
                continue
            known.ports[name] = processes.choose_port(set(known.ports.values()))
            if port:
                say(f"Port {port} is taken by another program; {kind.title} moves to {known.ports[name]}")
        known.versions = installed.versions
        return self._servers(known, installed)

    def _servers(self, known: State, installed: Installed) -> list[Server]:
        kafka = Kafka(
            self.home,
            known.ports["kafka"],
            controller_port=known.ports["controller"],
            cluster_id=known.cluster_id,
            version=installed.versions["kafka"],
            java=installed.java,
        )
        passwords = secrets.passwords(self.home)
        self._own_plugins.mkdir(exist_ok=True)
        worker = Worker(
            self.home,
            known.ports["connect"],
            bootstrap_servers=kafka.address,
            plugin_path=[*installed.plugin_paths, self._own_plugins],
            secrets=self.home / "secrets",
            version=installed.versions["connect"],
            java=installed.java,
        )
        product = installed.database.product
        database = DATABASES[product](
            self.home,
            known.ports[product],
            installation=installed.database,
            version=installed.versions[product],
            passwords=passwords,
        )
        return [worker, kafka, database]

    def _stop(self) -> list[str]:
        return [kind.name for kind in _KINDS if kind.end(self.home)]


def installed_java(cache: Path) -> Java:
    """Return the Java that the lab's Kafka runs on, for Kafka's own tools; what `cache` lacks is fetched first."""
    return _java(artifacts.prepare(cache, own="mariadb"), cache)  # a tool needs no database


def _java(prepared: artifacts.Prepared, cache: Path) -> Java:
    return Java(prepared.kafka_jars, cache / "aot")


def _product(own: Installation | None) -> Product | None:
    return own.product if own else None


def _check_data(home: Path, then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise `LabError` where a data folder was written by a server or a version whose data is not read `now`."""
    database = next(name for name in DATABASES if name in now)
    for name, reader in (("kafka", "kafka"), *((name, database) for name in DATABASES)):
        wrote, reads = then.get(name), now[reader]
        reads_it = name == reader and wrote and _series(wrote) == _series(reads)
        if wrote and not reads_it and (home / name / "data").exists():
            raise LabError(
                f"The data in {home / name} is of {name} {wrote}, and this lab runs {reader} {reads}.",
                "`lab reset` deletes it and starts afresh; another LAB_HOME leaves it alone.",
            )


def _series(version: str) -> list[str]:
    return version.split(".")[:2]
