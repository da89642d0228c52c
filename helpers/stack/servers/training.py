# SPDX-License-Identifier: Apache-2.0
"""Ahead-of-time caches: run Kafka and Connect once, so that every later start takes less than half the time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from secrets import token_urlsafe

from filelock import FileLock, Timeout

from helpers.errors import LabError
from helpers.processes import choose_port
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import write_private
from helpers.stack.home.state import State
from helpers.stack.progress import Reporter
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java, JavaServer
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.worker import Worker

# Java writes a cache while it ends. That takes some seconds, and slow computers need a higher limit.
_WRITING_TIMEOUT = 180.0
_LOCK_TIMEOUT = 600.0  # seconds that another lab's training may take


def is_trained(java: Java) -> bool:
    """Return whether both caches exist, or Java is known to write none.

    On Windows it never writes one: a server that is ended there has no time for it.
    """
    there = all(java.cache(server.kind).exists() for server in (Kafka, Worker))
    return there or _in_vain(java).exists() or os.name == "nt"


def train(java: Java, plugin_path: Sequence[Path], version: str, report: Reporter) -> None:
    """Start a temporary broker and worker, stop them, and keep the caches that Java writes (about 70 MB each).

    Raises `ServerFailed` if one of them does not start. If Java writes no cache, it only reports that. After an interruption
    no later start uses what is left, and the next training ends what still runs.
    """
    java.aot.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(java.aot / ".lock", timeout=_LOCK_TIMEOUT):
            if not is_trained(java):
                servers = _throw_away(java.aot / "training", java, plugin_path, version)
                _train(servers, report)
    except Timeout as error:
        raise LabError(
            f"Another lab has been preparing {java.aot} for a long time.", "Wait for it or stop it."
        ) from error


def _train(servers: tuple[Kafka, Worker], report: Reporter) -> None:
    kafka, worker = servers
    _clear(kafka.place.home)
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
        _clear(kafka.place.home)


def _clear(folder: Path) -> None:
    """End what runs in the folder, also from a training that was killed, and delete the folder."""
    for kind in (Worker, Kafka):
        Place(folder, kind.kind).end(kind.stop_timeout)
    shutil.rmtree(folder, ignore_errors=True)


def _throw_away(home: Path, java: Java, plugin_path: Sequence[Path], version: str) -> tuple[Kafka, Worker]:
    ports: set[int] = set()
    for _ in range(3):
        ports.add(choose_port(ports))
    port, controller_port, rest_port = ports
    node = Node(1, port, controller_port)
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
    if server.train_into and server.train_into.exists():
        server.train_into.replace(server.java.cache(server.kind))
        return
    _in_vain(server.java).touch()
    report.say(f"Java wrote no ahead-of-time cache for {server.name}: it works, but starts more slowly.")


def _in_vain(java: Java) -> Path:
    return java.aot / "no-cache"
