# SPDX-License-Identifier: Apache-2.0
"""The Kafka Connect worker, in distributed mode."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePath

from helpers.stack.home.place import Place
from helpers.stack.servers.http import HttpServer, Login, ask
from helpers.stack.servers.java import Java, JavaServer, properties

# Kafka's module reads the users with their passwords from a file. It lets everybody in if that file is empty.
_JAAS = """\
KafkaConnect {{
  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required file={};
}};
"""


class Worker(HttpServer, JavaServer):
    """One Connect worker: its REST interface on loopback, its connectors from `plugin_path`.

    `secrets` is the folder of the passwords that connectors may name. `login` is what every request to the worker must give:
    every user of this computer can reach its port, and its file connectors read and write files as its own user.
    """

    kind = "connect"
    title = "Kafka Connect"
    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    # Without its broker a worker does not end by itself. A kill does no harm, because it keeps no data.
    stop_timeout = 8.0

    def __init__(
        self,
        place: Place,
        port: int,
        *,
        bootstrap_servers: str,
        plugin_path: Sequence[Path],
        secrets: Path,
        login: Login,
        version: str,
        java: Java,
    ) -> None:
        super().__init__(place, port, version, java)
        self.bootstrap_servers = bootstrap_servers
        self.plugin_path = plugin_path
        self.secrets = secrets
        self.login = login

    def create(self) -> None:
        """Makes nothing: a worker keeps its data in Kafka's topics."""

    def is_ready(self) -> bool:
        """Whether the worker has joined its group and read its topics (`GET /health`, KIP-1017)."""
        # A request while the worker joins its group is answered a second later. A new request is quicker.
        return ask(f"{self.address}/health", timeout=0.5, login=self.login) is not None

    def configuration(self) -> dict[Path, str]:
        password = Path(self.login.password_file).read_text("ascii")
        return {
            **super().configuration(),
            self._jaas: _JAAS.format(json.dumps(self._users.as_posix(), ensure_ascii=False)),
            self._users: properties({self.login.user: password}),
        }

    def more_flags(self) -> Sequence[str]:
        return [f"-Djava.security.auth.login.config={self._jaas}"]

    @property
    def _jaas(self) -> Path:
        return self.place.folder / "jaas.conf"

    @property
    def _users(self) -> Path:
        return self.place.folder / "users.properties"

    def settings(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "group.id": "lab-connect",
            "listeners": self.address,
            "rest.advertised.host.name": "127.0.0.1",
            "rest.extension.classes": "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
            "plugin.path": ",".join(map(str, self.plugin_path)),
            # Reading the plugins' manifests is seconds faster than a search in every class of every jar.
            "plugin.discovery": "service_load",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            # A DECIMAL is a number in JSON. By default it is the bytes of one, in base64, which nobody can read.
            "key.converter.decimal.format": "NUMERIC",
            "value.converter.decimal.format": "NUMERIC",
            **_OWN_TOPICS,
            # A failed sink on an idle topic is reported at the next flush. With the default that is up to a minute later.
            "offset.flush.interval.ms": 1000,
            # One poll of the JDBC source may take fifteen seconds. A worker that waits less drops its offsets at the stop
            # and sends those rows again. The default is five seconds.
            "task.shutdown.graceful.timeout.ms": 20_000,
            # It starts beside the broker. By default it tries again up to a second after the broker has begun to answer.
            "reconnect.backoff.max.ms": 100,
            # After this time a killed worker's place in the group is free again. The default is ten seconds.
            "session.timeout.ms": 4000,
            "heartbeat.interval.ms": 1000,
            # The same for the consumers of its sinks. With their default a sink would do nothing for 45 seconds.
            "consumer.session.timeout.ms": 6000,
            "consumer.heartbeat.interval.ms": 2000,
            # There is one worker, so it does not wait for others before it assigns the tasks again.
            "scheduled.rebalance.max.delay.ms": 0,
            # This provider reads ${dir:FOLDER:FILE} in a connector's configuration. The REST interface shows only that.
            "config.providers": "dir",
            "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
            "config.providers.dir.param.allowed.paths": _allowed_paths(self.secrets),
        }


_OWN_TOPICS: dict[str, object] = {
    "config.storage.topic": "connect-configs",
    "config.storage.replication.factor": 1,
    "offset.storage.topic": "connect-offsets",
    "offset.storage.partitions": 1,
    "offset.storage.replication.factor": 1,
    "status.storage.topic": "connect-status",
    "status.storage.partitions": 1,
    "status.storage.replication.factor": 1,
}
"""Where the worker keeps its connectors, how far they are, and their states. There is one broker."""


def placeholder_folder(folder: PurePath) -> str:
    """Return `folder` in the form for `${dir:FOLDER:FILE}`. For Kafka a colon ends the folder, so a drive is left out.

    Java then uses the drive of the worker's own folder, which is in the same home as its secrets.
    """
    return folder.as_posix().removeprefix(folder.drive)


def _allowed_paths(secrets: PurePath) -> str:
    """Return what a placeholder may name: the folder `secrets`, or anything (Kafka's default) if that is on a Windows drive.

    Kafka accepts only absolute paths here and compares their text. Placeholders have a path without its drive, which is not
    absolute for Java on Windows: the worker would not start with it. With the drive nothing would match.
    """
    return "" if ":" in secrets.drive else placeholder_folder(secrets)
