# SPDX-License-Identifier: Apache-2.0
"""Ahead-of-time caches: run Kafka and Connect once, so that every later start takes less than half the time.

`./lab down` begins that in the background, as a process of its own (`python -m helpers.stack.training`): no start waits for
it, nobody uses the servers at that moment, and its failure fails nothing.

Servers could also record their own first run. It was tried with Java 25.0.2, and it is not sound: a worker that has run
Debezium's connectors left no cache in three of three runs (Java crashed in the one whose log was kept), servers that record
needed a third more CPU for the same work, and their end took eight seconds and more.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_urlsafe

from filelock import FileLock, Timeout

from helpers import processes
from helpers.child import Child
from helpers.processes import choose_port
from helpers.settings import Settings
from helpers.stack import cluster_guard
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import write_private
from helpers.stack.home.state import State
from helpers.stack.install import artifacts
from helpers.stack.install.catalogue import catalogue
from helpers.stack.installed import install, tools_java
from helpers.stack.progress import Reporter, Silent
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java, JavaServer
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.worker import Worker

# Java writes a cache while it ends. That takes some seconds, and slow computers need a higher limit.
_WRITING_TIMEOUT = 180.0
_LOCK_TIMEOUT = 600.0  # seconds that another lab's training may take
_ROOM = 500_000_000  # bytes of disk space that a training needs for a while, with some to spare
_LOWEST = 19  # the priority that leaves the processor to everything else


def is_trained(java: Java) -> bool:
    """Return whether both caches exist, or Java is known to write none.

    On Windows it never writes one: a server that is ended there has no time for it.
    """
    there = all(java.cache(server.kind).exists() for server in (Kafka, Worker))
    return there or _in_vain(java).exists() or os.name == "nt"


def begin(settings: Settings) -> bool:
    """Start to make the caches in the background if they are missing, and return whether. It takes about 20 s.

    It does nothing if another user owns the downloads, if they are not complete, or if the disk is nearly full. What goes
    wrong is in `training.log`.
    """
    if not artifacts.has_kafka(settings.cache) or not _has_room(settings.cache):
        return False
    java = tools_java(settings)
    if is_trained(java):
        return False
    command = (sys.executable, "-P", "-m", "helpers.stack.training", settings.cache)
    processes.spawn(command, cwd=settings.cache, log=java.caches / "training.log")
    return True


def _has_room(cache: Path) -> bool:
    return os.access(cache, os.W_OK) and shutil.disk_usage(cache).free > _ROOM


def prepare(settings: Settings, report: Reporter) -> None:
    """Install what is missing and make the caches now, for who measures or tests. Raises what `install` and `train` raise."""
    here = install(settings, State.new(), report)
    if not is_trained(here.java):
        train(here.java, here.plugin_paths, report, patience=_LOCK_TIMEOUT)


def train(java: Java, plugin_path: Sequence[Path], report: Reporter, *, patience: float) -> None:
    """Start a temporary broker and worker, stop them, and keep the caches that Java writes (about 70 MB each).

    While another lab does that, wait up to `patience` seconds, then leave it to that one. Raises `ServerFailed` if a server
    does not start. If Java writes no cache that it takes, it only reports that. Whatever ends this process, nothing
    continues to run.
    """
    java.aot.mkdir(parents=True, exist_ok=True)
    home = java.aot / "training"
    try:
        with FileLock(java.aot / ".lock", timeout=patience):
            if is_trained(java):
                return
            cluster_guard.clear(home)
            with Child((sys.executable, "-P", cluster_guard.__file__), str(home)):
                _train(_throw_away(home, java, plugin_path), report)
    except Timeout:
        report.say("Another lab is making these caches.")


def _train(servers: tuple[Kafka, Worker], report: Reporter) -> None:
    kafka, worker = servers
    kafka.place.home.mkdir(mode=0o700)
    write_private(Path(worker.login.password_file), token_urlsafe(24))  # others can reach this worker's port too
    bar = report.bar("Preparing faster starts (once)", 2 * len(servers), "steps")
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_ready()
            bar.advance(1)
        for server in (worker, kafka):
            server.stop()
            bar.advance(1)
        for server in servers:
            _keep(server, report)
    finally:
        for server in (worker, kafka):
            server.stop()
        shutil.rmtree(kafka.place.home, ignore_errors=True)


def _throw_away(home: Path, java: Java, plugin_path: Sequence[Path]) -> tuple[Kafka, Worker]:
    ports: set[int] = set()
    for _ in range(3):
        ports.add(choose_port(ports))
    port, controller_port, rest_port = ports
    node, version = Node(1, port, controller_port), catalogue().kafka_version
    cluster_id = State.new().cluster_id
    kafka = Kafka(Place(home, "kafka"), node, [node], cluster_id=cluster_id, version=version, java=java)
    worker = Worker(
        Place(home, "connect"),
        rest_port,
        bootstrap_servers=kafka.address,
        plugin_path=plugin_path,
        secrets=home,
        login=Login("training", str(home / "connect.password")),
        version=version,
        java=java,
    )
    for server in (kafka, worker):
        server.train_into = home / f"{server.kind}.aot"
        server.stop_timeout = _WRITING_TIMEOUT
    return kafka, worker


def _keep(server: JavaServer, report: Reporter) -> None:
    made, java = server.train_into, server.java
    if made and made.exists() and java.takes(made):
        made.replace(java.cache(server.kind))
        return
    _in_vain(java).touch()
    report.say(f"Java wrote no ahead-of-time cache for {server.name}: it works, but starts more slowly.")


def _in_vain(java: Java) -> Path:
    return java.aot / "no-cache"


def _main() -> None:
    if hasattr(os, "nice"):
        os.nice(_LOWEST)
    cache = Path(sys.argv[1])
    java = Java(artifacts.kafka_jars(cache), cache / "aot")
    train(java, artifacts.plugin_paths(cache, None), Silent(), patience=1)


if __name__ == "__main__":
    _main()
