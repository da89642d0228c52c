"""The lab on this machine: its servers together, in one home folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import LabError
from helpers.stack import artifacts, plugins, state, training
from helpers.stack.catalogue import catalogue
from helpers.stack.java import Java
from helpers.stack.kafka import Kafka
from helpers.stack.mariadb import Installation, MariaDB
from helpers.stack.process import can_bind
from helpers.stack.server import Server, ServerStatus
from helpers.stack.starting import Say, start
from helpers.stack.state import State
from helpers.stack.worker import Worker

SILENT = artifacts.Silent()


@dataclass(frozen=True)
class Installed:
    """What is on this machine to run the servers with."""

    java: Java
    plugin_path: Path
    mariadb: Installation
    kafka_version: str
    mariadb_version: str


class LocalLab:
    """The lab in the folder `home`, with downloads in `cache`; `mariadbd` is the machine's own program to use, if any."""

    def __init__(self, home: Path, cache: Path, mariadbd: Path | None = None) -> None:
        self.home = home
        self.cache = cache
        self.mariadbd = mariadbd

    # What follows changes the lab; one command at a time may.

    def up(self, say: Say, progress: artifacts.Progress = SILENT) -> None:
        """Install what is missing, start what does not run, and return when every server answers.

        Raises a `LabError` that says what is in the way. Whatever this call started is stopped again if it fails or is
        interrupted; what ran before goes on.
        """
        state.make_home(self.home)
        with state.locked(self.home):
            known = State.load(self.home) or State.new()
            installed = self.install(known, say, progress)
            _check_data(self.home, known, installed)
            servers = self._place(known, installed, say)
            known.save(self.home)
            start(servers, say, progress)

    def install(self, known: State, say: Say, progress: artifacts.Progress) -> Installed:
        """Fetch and prepare what the servers are run with; quick and without a network when it is there already."""
        own = self._own_mariadb(known)
        prepared = artifacts.prepare(self.cache, progress, mariadb=not own)
        installation = own or Installation.at(prepared.mariadb_base or self.cache)
        if not installation:
            raise LabError(
                f"The MariaDB in {prepared.mariadb_base} is not complete.",
                "Delete that folder; `lab up` makes it anew.",
            )
        version = catalogue().kafka_version
        java = _java(prepared, self.cache)
        if not training.is_trained(java):
            training.train(java, [prepared.plugin_path], version, progress)
        known.mariadbd = str(own.program) if own else None
        return Installed(java, prepared.plugin_path, installation, version, installation.version())

    def down(self) -> list[str]:
        """Stop what runs and return the names of the servers that ran; Connect first, for it needs the other two."""
        if not self.home.exists():
            return []
        with state.locked(self.home):
            return self._stop()

    def reset(self) -> None:
        """Stop the servers and delete all that the lab wrote: topics, databases, logs, passwords. Plugins stay."""
        if not self.home.exists():
            return
        with state.locked(self.home):
            self._stop()
            for name in (*(kind.name for kind in _KINDS), "logs", "secrets"):
                shutil.rmtree(self.home / name, ignore_errors=True)
            (self.home / "lab.json").unlink(missing_ok=True)

    def add_plugin(self, source: str, say: Say, progress: artifacts.Progress = SILENT) -> plugins.Plugin:
        """Add the connector at `source` (file, folder or address) and return it; a running worker is restarted."""
        with self._changed_plugins(say, progress):
            known = State.load(self.home) or State.new()
            return plugins.add(source, self._own_plugins, lambda: self.install(known, say, progress).java)

    def remove_plugin(self, name: str, say: Say, progress: artifacts.Progress = SILENT) -> None:
        """Delete the plugin `name` that was added; a running worker is restarted."""
        with self._changed_plugins(say, progress):
            plugins.remove(name, self._own_plugins)

    @contextmanager
    def _changed_plugins(self, say: Say, progress: artifacts.Progress) -> Iterator[None]:
        state.make_home(self.home)
        with state.locked(self.home):
            yield
            restart = Worker.end(self.home)
        if restart:
            self.up(say, progress)

    # What follows only looks.

    def plugin_paths(self) -> list[Path]:
        """Return the folders whose folders are plugins: the lab's own, then the user's."""
        return [artifacts.plugin_path(self.cache), self._own_plugins]

    @property
    def _own_plugins(self) -> Path:
        return self.home / "plugins"

    def status(self) -> dict[str, ServerStatus]:
        """Return server name to its status; empty where there is no lab yet."""
        known = State.load(self.home)
        if not known:
            return {}
        return {kind.name: kind.status(self.home, known.ports[kind.name], known.versions[kind.name]) for kind in _KINDS}

    def downloads_mariadb(self) -> bool:
        """Return whether the next `up` runs the downloaded MariaDB and not one of this machine."""
        return self._own_mariadb(State.load(self.home) or State.new()) is None

    def _own_mariadb(self, known: State) -> Installation | None:
        """The machine's own MariaDB, unless the data folder was made by the downloaded one."""
        if self.mariadbd:
            return Installation.on_this_machine(self.mariadbd)
        made = MariaDB.data_in(self.home).exists()
        if made:
            return Installation.on_this_machine(Path(known.mariadbd)) if known.mariadbd else None
        return Installation.on_this_machine()

    def _place(self, known: State, installed: Installed, say: Say) -> list[Server]:
        """Give each server its port and return them in the order in which they are stopped."""
        for kind, name in ((Kafka, "kafka"), (Kafka, "controller"), (Worker, "connect"), (MariaDB, "mariadb")):
            port = known.ports.get(name)
            if port and (can_bind(port) or kind.process(self.home)):
                continue
            known.ports[name] = state.choose_port(set(known.ports.values()))
            if port:
                say(f"Port {port} is taken by another program; {kind.title} moves to {known.ports[name]}")
        known.versions = {
            "kafka": installed.kafka_version,
            "connect": installed.kafka_version,
            "mariadb": installed.mariadb_version,
        }
        return self._servers(known, installed)

    def _servers(self, known: State, installed: Installed) -> list[Server]:
        kafka = Kafka(
            self.home,
            known.ports["kafka"],
            controller_port=known.ports["controller"],
            cluster_id=known.cluster_id,
            version=installed.kafka_version,
            java=installed.java,
        )
        passwords = state.passwords(self.home)
        self._own_plugins.mkdir(exist_ok=True)
        worker = Worker(
            self.home,
            known.ports["connect"],
            bootstrap_servers=kafka.address,
            plugin_path=[installed.plugin_path, self._own_plugins],
            secrets=self.home / "secrets",
            version=installed.kafka_version,
            java=installed.java,
        )
        mariadb = MariaDB(
            self.home,
            known.ports["mariadb"],
            installation=installed.mariadb,
            version=installed.mariadb_version,
            passwords=passwords,
        )
        return [worker, kafka, mariadb]

    def _stop(self) -> list[str]:
        return [kind.name for kind in _KINDS if kind.end(self.home)]


_KINDS: tuple[type[Server], ...] = (Worker, Kafka, MariaDB)


def installed_java(cache: Path) -> Java:
    """Return the Java that the lab's Kafka runs on, for Kafka's own tools; what `cache` lacks is fetched first."""
    return _java(artifacts.prepare(cache, mariadb=False), cache)


def _java(prepared: artifacts.Prepared, cache: Path) -> Java:
    return Java(prepared.kafka_jars, cache / "aot")


def _check_data(home: Path, known: State, installed: Installed) -> None:
    """Raise `LabError` where a data folder was written by a version that the installed one does not read."""
    for name, now in (("kafka", installed.kafka_version), ("mariadb", installed.mariadb_version)):
        then = known.versions.get(name)
        if then and _series(then) != _series(now) and (home / name / "data").exists():
            raise LabError(
                f"The data in {home / name} is of {name} {then}, and this lab runs {now}.",
                "`lab reset` deletes it and starts afresh; another LAB_HOME leaves it alone.",
            )


def _series(version: str) -> list[str]:
    return version.split(".")[:2]
