# SPDX-License-Identifier: Apache-2.0
"""The Kafka Connect worker, in distributed mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import requests

from helpers.stack.home.place import Place
from helpers.stack.servers.java import Java, JavaServer


class Worker(JavaServer):
    """One Connect worker: its REST interface on loopback, its connectors from `plugin_path`, its secrets from files."""

    kind = "connect"
    title = "Kafka Connect"
    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    # Without its broker a worker does not end by itself; it keeps nothing that a kill could harm.
    stop_timeout = 8.0

    def __init__(
        self,
        place: Place,
        port: int,
        *,
        bootstrap_servers: str,
        plugin_path: Sequence[Path],
        secrets: Path,
        version: str,
        java: Java,
    ) -> None:
        super().__init__(place, port, version, java)
        self.bootstrap_servers = bootstrap_servers
        self.plugin_path = plugin_path
        self.secrets = secrets

    @classmethod
    def address_of(cls, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def create(self) -> None:
        """Nothing to make: a worker keeps what it knows in Kafka's topics."""

    def is_ready(self) -> bool:
        """Whether the worker has joined its group and read its topics (`GET /health`, KIP-1017)."""
        with requests.Session() as session:
            session.trust_env = False  # a proxy for the world outside knows nothing of this machine's loopback
            return self._is_healthy(session)

    def _is_healthy(self, session: requests.Session) -> bool:
        try:
            # A question asked while the worker joins its group is answered a second later; asking again is quicker.
            return session.get(f"{self.address}/health", timeout=0.5).ok
        except requests.RequestException:  # not yet; wait_ready has the deadline and the log
            return False

    def settings(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "group.id": "lab-connect",
            "listeners": self.address,
            "rest.advertised.host.name": "127.0.0.1",
            "plugin.path": ",".join(map(str, self.plugin_path)),
            # Reading the plugins' manifests takes seconds less than looking into every class of every jar.
            "plugin.discovery": "service_load",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "config.storage.topic": "connect-configs",
            "config.storage.replication.factor": 1,
            "offset.storage.topic": "connect-offsets",
            "offset.storage.partitions": 1,
            "offset.storage.replication.factor": 1,
            "status.storage.topic": "connect-status",
            "status.storage.partitions": 1,
            "status.storage.replication.factor": 1,
            # A failed sink on an idle topic is reported at the next flush: with the default of a minute, a minute late.
            "offset.flush.interval.ms": 1000,
            # The JDBC source may be in one poll for fifteen seconds. A worker with less patience drops its offsets at the stop
            # and sends those rows again; the default is five seconds.
            "task.shutdown.graceful.timeout.ms": 20_000,
            # A killed worker's place in the group is free again after this; the default is ten seconds.
            "session.timeout.ms": 4000,
            "heartbeat.interval.ms": 1000,
            # The same of its sinks' consumers; their default is 45 seconds, for which a sink would stand still.
            "consumer.session.timeout.ms": 6000,
            "consumer.heartbeat.interval.ms": 2000,
            # There is one worker: nobody else to wait for before its tasks are given out again.
            "scheduled.rebalance.max.delay.ms": 0,
            # ${dir:FOLDER:FILE} in a connector's configuration is read from here; the REST interface shows the placeholder.
            "config.providers": "dir",
            "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
            "config.providers.dir.param.allowed.paths": _allowed_paths(self.secrets),
        }


def placeholder_folder(folder: PurePath) -> str:
    """Return `folder` as `${dir:FOLDER:FILE}` can name it. Kafka ends the folder at a colon, so a drive is left out.

    Java then takes the drive of the worker's own folder, which is in the same home as its secrets.
    """
    return folder.as_posix().removeprefix(folder.drive)


def _allowed_paths(secrets: PurePath) -> str:
    """Return what a placeholder may name: the folder `secrets`; anything (Kafka's default) where that is on a Windows drive.

    Kafka takes only absolute paths here and compares them as they are written. A path without its drive, as placeholders
    have it, is not absolute to Java on Windows: the worker would not start with it, and with the drive nothing would match.
    """
    return "" if ":" in secrets.drive else placeholder_folder(secrets)
