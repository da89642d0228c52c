# SPDX-License-Identifier: Apache-2.0
"""The lab on this computer: its servers together, in one home folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from helpers import processes
from helpers.errors import ServerFailed, TimedOut
from helpers.settings import Settings
from helpers.stack import installed, plugins
from helpers.stack.home import folder, ports, secrets
from helpers.stack.home.place import Place
from helpers.stack.home.state import State
from helpers.stack.install import artifacts
from helpers.stack.install.catalogue import catalogue
from helpers.stack.install.database import Installation
from helpers.stack.installed import Installed, check_data, install, product_of
from helpers.stack.progress import Reporter, Silent
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.mariadb import MariaDB
from helpers.stack.servers.mysql import MySQL
from helpers.stack.servers.registry import Registry
from helpers.stack.servers.server import Server
from helpers.stack.servers.starting import start
from helpers.stack.servers.worker import Worker
from helpers.stack.shop import Shop
from helpers.stack.status import ServerStatus
from helpers.waiting import wait_until

KINDS: dict[str, type[Server]] = {kind.kind: kind for kind in (Worker, Registry, Kafka, MariaDB, MySQL)}
"""Every kind of server, in the order in which they are stopped: Connect first, because it ends correctly only with the others."""
DATABASES = {"mariadb": MariaDB, "mysql": MySQL}


class LocalLab:
    """The lab whose folder, cache and database server `settings` name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home

    # The next methods change the lab. Only one command at a time may do that.

    def up(
        self, report: Reporter | None = None, *, registry: Path | None = None, wait_connect: bool = True
    ) -> dict[str, ServerStatus]:
        """Install what is missing, start the servers that do not run, and return the status when all of them answer.

        With the program `registry`, the schema registry is one of the servers. Without `wait_connect`, Kafka Connect still
        starts when this returns.
        Raises a `LabError` that names the problem. If this call fails or is interrupted, it stops the servers that it started.
        Servers that ran before continue.
        """
        report = report or Silent()
        folder.make_home(self.home)
        with folder.locked(self.home):
            folder.clear(self.home)
            known = self._known()
            here = install(self.settings, known, report)
            check_data(self.home, known.versions, here.versions)
            names = [*here.versions, *([Registry.kind] if registry else [])]
            program = str(here.machine_database) if here.machine_database else None
            now = State(self._ports(known.ports, names, report), known.cluster_id, here.versions, program)
            servers = [*self._servers(now, here), *([self._registry(now, registry)] if registry else [])]
            now.save(self.home)
            start(servers, report, later=() if wait_connect else (Worker,))
        return self.status()

    def down(self) -> list[str]:
        """Stop the servers that run, and first the shop. Return their names."""
        if not self.home.exists():
            return []
        shop = Shop(self.home).down()
        with folder.locked(self.home):
            return [*shop, *self._stop()]

    def reset(self) -> None:
        """Stop the servers and delete everything that the lab wrote: topics, databases, logs, passwords, the shop. Plugins stay."""
        Shop(self.home).reset()
        if not (self.home / "lab.json").exists():
            return  # folders of these names may belong to another program
        with folder.locked(self.home):
            self._stop()
            # Delete the data before the passwords: without data, new passwords are made, but data without its passwords is lost.
            data = [place.name for place in self._places()]
            folder.forget(self.home, [*data, "secrets", "passwords", "logs"])
            (self.home / "lab.json").unlink(missing_ok=True)

    def add_plugin(self, source: str, report: Reporter) -> plugins.Plugin:
        """Add the connector at `source` (file, folder or address) and return it. A running worker is restarted."""
        with self._changed_plugins(report):
            return plugins.add(source, self._added_plugins, lambda: install(self.settings, self._known(), report).java)

    def remove_plugin(self, name: str, report: Reporter) -> None:
        """Delete the added plugin `name`. A running worker is restarted."""
        with self._changed_plugins(report):
            plugin = plugins.added(name, self._added_plugins).folder
            self._stop_workers()  # first: Windows cannot delete a file that is open
            shutil.rmtree(plugin)

    @contextmanager
    def _changed_plugins(self, report: Reporter) -> Iterator[None]:
        folder.make_home(self.home)
        with folder.locked(self.home):
            restart = Place(self.home, Worker.kind).find()
            yield
            self._stop_workers()
        if restart:
            self.up(report)

    # The next methods change nothing.

    def plugin_paths(self) -> list[Path]:
        """Return the folders that contain plugins: the lab's own, then that of the user's plugins."""
        product = product_of(self.machine_database())
        return [*artifacts.plugin_paths(self.settings.cache, product), self._added_plugins]

    @property
    def _added_plugins(self) -> Path:
        return self.home / "plugins"

    def status(self) -> dict[str, ServerStatus]:
        """Return the status of each server by its name; empty if there is no lab yet. The registry is there if it runs."""
        known = State.load(self.home)
        if not known:
            return {}
        found = {Registry.kind: catalogue().registry.version} if Place(self.home, Registry.kind).find() else {}
        versions = {**known.versions, **found}
        places = [place for place in self._places() if place.name in versions]
        return {
            place.name: kind_of(place).status(place, known.ports[place.name], versions[place.name]) for place in places
        }

    def log(self, name: str, count: int) -> list[str]:
        """Return the last `count` lines that the server `name` has logged. Raises `LabNotRunning` if there is no log."""
        return folder.read_log(self.home, name, count)

    def missing_bytes(self) -> int:
        """Return how many bytes the next `up` would download."""
        return artifacts.missing_bytes(self.settings.cache, product=product_of(self.machine_database()))

    def machine_database(self) -> Installation | None:
        """Return this computer's database server if the next `up` runs it, or None for the downloaded MariaDB."""
        return installed.machine_database(self.settings, self._known())

    def _known(self) -> State:
        return State.load(self.home) or State.new()

    def _places(self) -> list[Place]:
        """Return the places of this lab's servers, also of possible ones, in the order in which they are stopped."""
        known = State.load(self.home)
        names = {*KINDS, *(known.versions if known else ())}
        places = (Place(self.home, name) for name in sorted(names, reverse=True))
        return sorted(places, key=lambda place: list(KINDS.values()).index(kind_of(place)))

    def _ports(self, known: Mapping[str, int], names: Sequence[str], report: Reporter) -> dict[str, int]:
        """Return a port for each server of `names`: its earlier one, or another one if a program uses that now."""
        places = {name: Place(self.home, "kafka" if name == "controller" else name) for name in (*names, "controller")}
        idle = {name: kind_of(place).title_of(place) for name, place in places.items() if not place.find()}
        return ports.keep_or_choose(known, idle, report)

    def _servers(self, known: State, here: Installed) -> Sequence[Server]:
        """Return the servers in the order in which they are stopped."""
        node = Node(1, known.ports["kafka"], known.ports["controller"])
        kafka = Kafka(
            Place(self.home, "kafka"),
            node,
            [node],
            cluster_id=known.cluster_id,
            version=here.versions["kafka"],
            java=here.java,
        )
        passwords = secrets.passwords(self.home)
        self._added_plugins.mkdir(exist_ok=True)
        worker = Worker(
            Place(self.home, "connect"),
            known.ports["connect"],
            bootstrap_servers=kafka.address,
            plugin_path=[*here.plugin_paths, self._added_plugins],
            secrets=secrets.worker_folder(self.home),
            login=Login(secrets.CONNECT_USER, str(secrets.connect_password_file(self.home))),
            version=here.versions["connect"],
            java=here.java,
        )
        product = here.database.product
        database = DATABASES[product](
            Place(self.home, product),
            known.ports[product],
            installation=here.database,
            version=here.versions[product],
            passwords=passwords,
        )
        return [worker, kafka, database]

    def _registry(self, known: State, program: Path) -> Registry:
        java = Java([program], self.settings.cache / "aot")
        version = catalogue().registry.version
        return Registry(Place(self.home, Registry.kind), known.ports[Registry.kind], version=version, java=java)

    def _stop(self) -> list[str]:
        return [place.name for place in self._places() if place.end(kind_of(place).stop_timeout)]

    def _stop_workers(self) -> None:
        for place in self._places():
            if kind_of(place) is Worker:
                place.end(Worker.stop_timeout)


def kind_of(place: Place) -> type[Server]:
    """Return the kind of server at `place`: kafka-2 is a second Kafka."""
    return KINDS[place.name.partition("-")[0]]


def wait_started(home: Path, name: str, address: str) -> None:
    """Wait while the server `name` of the lab in `home` starts, if `address` is its address.

    Returns at once if something listens there, or if the server does not run.

    Raises `ServerFailed` with the end of its log if that takes longer than it may.
    """
    place, port = Place(home, name), int(address.rsplit(":", 1)[1])
    kind, known = kind_of(place), State.load(home)
    if not known or known.ports.get(name) != port:
        return
    try:
        wait_until(
            lambda: processes.is_listening(port) or not place.find(),
            kind.start_timeout,
            f"{kind.title} to answer at {address}",
        )
    except TimedOut as error:
        raise ServerFailed(str(error), f"The end of {place.log}:\n{processes.tail(place.log)}") from error
