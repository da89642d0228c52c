"""Ahead-of-time caches: run Kafka and Connect once, so that every later start takes less than half the time."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.errors import ServerFailed
from helpers.stack.artifacts import Progress
from helpers.stack.java import Java, JavaServer
from helpers.stack.kafka import Kafka
from helpers.stack.state import State, choose_port
from helpers.stack.worker import Worker

# Java writes a cache while it ends: some seconds of work, with a bound for slow machines.
_WRITING_TIMEOUT = 180.0


def is_trained(java: Java) -> bool:
    """Return whether both caches are there."""
    return java.cache(Kafka.name).exists() and java.cache(Worker.name).exists()


def train(java: Java, plugin_path: Sequence[Path], version: str, progress: Progress) -> None:
    """Start a throw-away broker and worker, stop them, and keep the caches that Java writes (about 70 MB each).

    Raises `ServerFailed` if one of them does not start or no cache comes of it. What is interrupted leaves nothing
    that a later start would use.
    """
    java.aot.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="training-", dir=java.aot) as folder:
        kafka, worker = servers = _throw_away(Path(folder), java, plugin_path, version)
        bar = progress.add("Preparing faster starts (once)", 2 * len(servers), "steps")
        try:
            for server in servers:
                server.start()
            for server in servers:
                server.wait_ready()
                bar.advance(1)
        finally:
            for server in (worker, kafka):
                server.stop()
                bar.advance(1)
        for server in servers:
            _keep(server)


def _throw_away(home: Path, java: Java, plugin_path: Sequence[Path], version: str) -> tuple[Kafka, Worker]:
    ports: set[int] = set()
    for _ in range(3):
        ports.add(choose_port(ports))
    port, controller_port, rest_port = ports
    cluster_id = State.new().cluster_id
    kafka = Kafka(home, port, controller_port=controller_port, cluster_id=cluster_id, version=version, java=java)
    worker = Worker(
        home,
        rest_port,
        bootstrap_servers=kafka.address,
        plugin_path=plugin_path,
        secrets=home,
        version=version,
        java=java,
    )
    for server in (kafka, worker):
        server.train_into = home / f"{server.name}.aot"
        server.stop_timeout = _WRITING_TIMEOUT
    return kafka, worker


def _keep(server: JavaServer) -> None:
    if not server.train_into or not server.train_into.exists():
        raise ServerFailed(f"Java wrote no ahead-of-time cache for {server.title}.", f"Its log says why: {server.log}")
    server.train_into.replace(server.java.cache(server.name))
