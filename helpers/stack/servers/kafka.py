# SPDX-License-Identifier: Apache-2.0
"""A Kafka node: broker, KRaft controller, or both in one process."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from helpers import processes
from helpers.stack.home.place import Place
from helpers.stack.home.state import new_id
from helpers.stack.servers.java import Java, JavaServer, properties

# librdkafka writes a line for each refused connection. While a server starts, these are of no use.
_silent = logging.getLogger("helpers.silent")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True)
class Node:
    """One member of a cluster: its number, its port for clients, and the port of its controller.

    A port that it does not have is None: a node may be broker, controller, or both.
    """

    number: int
    port: int | None
    controller_port: int | None


class Kafka(JavaServer):
    """The member `node` of the cluster of the nodes in `quorum`. If its folder is empty, it is formatted with `cluster_id`.

    `more` has further settings with Kafka's names. They win over the lab's own.
    """

    kind = "kafka"
    title = "Apache Kafka"
    main = "kafka.Kafka"

    def __init__(
        self,
        place: Place,
        node: Node,
        quorum: Sequence[Node],
        *,
        cluster_id: str,
        version: str,
        java: Java,
        more: Mapping[str, object] | None = None,
    ) -> None:
        port = node.port or node.controller_port
        assert port, "a node needs a port"
        super().__init__(place, port, version, java)
        self.node = node
        self.quorum = quorum
        self.cluster_id = cluster_id
        self.more = more or {}

    def create(self) -> None:
        """Format the data folder, as `kafka-storage.sh format` does."""
        data = self.place.data
        if (data / "meta.properties").exists():
            return
        shutil.rmtree(data, ignore_errors=True)  # a half-finished format: there are no records in it yet
        command = self.java.tool(
            "kafka.tools.StorageTool", "format", "--cluster-id", self.cluster_id, f"--config={self.place.settings}"
        )
        done = processes.run(command, timeout=self.start_timeout)
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            raise self.failure(f"Kafka's data folder {data} could not be formatted: {said}")

    def copy_format(self, other: Kafka) -> None:
        """Copy the formatted data folder of `other`, a node that has not run yet: that is faster than to format."""
        shutil.copytree(other.place.data, self.place.data)
        path = self.place.data / "meta.properties"
        own = {"node.id": str(self.node.number), "directory.id": new_id()}
        lines = path.read_text("utf-8").splitlines()
        pairs = [line.partition("=") for line in lines if not line.startswith("#")]
        path.write_text(properties({key: own.get(key, value) for key, _, value in pairs}), "utf-8")

    def is_ready(self) -> bool:
        if not processes.is_listening(self.port):
            return False
        if not self.node.port:
            return True  # a node that is only a controller answers no client
        admin = AdminClient({"bootstrap.servers": self.address}, logger=_silent)
        try:
            return bool(admin.list_topics(timeout=2).brokers)
        except KafkaException:  # not yet; wait_ready has the deadline and shows the log
            return False

    def settings(self) -> dict[str, object]:
        return {**self._cluster(), **self._replication(), **_FOR_A_COURSE, **self.more}

    def _cluster(self) -> dict[str, object]:
        """The identity of this node, where it listens, and the controllers."""
        ports = {"PLAINTEXT": self.node.port, "CONTROLLER": self.node.controller_port}
        roles = {"broker": self.node.port, "controller": self.node.controller_port}
        voters = [node for node in self.quorum if node.controller_port]
        return {
            "process.roles": ",".join(role for role, port in roles.items() if port),
            "node.id": self.node.number,
            "controller.quorum.voters": ",".join(f"{it.number}@127.0.0.1:{it.controller_port}" for it in voters),
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items() if port),
            "log.dirs": self.place.data,
        }

    def _replication(self) -> dict[str, object]:
        """As many copies as there are brokers, up to three. One of three may be missing."""
        copies = min(3, sum(node.port is not None for node in self.quorum))
        in_sync = max(1, copies - 1)
        return {
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
        }


_FOR_A_COURSE: dict[str, object] = {
    # A typing error in a topic's name should be an error and not a new topic.
    "auto.create.topics.enable": "false",
    # The defaults are for hundreds of groups on a cluster. Fewer partitions start faster.
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    # A killed broker can register again only after its session has ended. The default is nine seconds.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    # A lesson waits for a rebalance: do not wait for more members first, and notice a killed one soon.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "group.consumer.min.session.timeout.ms": 1000,
    "group.consumer.session.timeout.ms": 3000,
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 1000,
    "group.share.min.heartbeat.interval.ms": 500,
    "group.share.heartbeat.interval.ms": 500,
    # The lesson on retention watches how old segments are deleted. The defaults are thirty seconds and five minutes.
    "log.initial.task.delay.ms": 500,
    "log.retention.check.interval.ms": 500,
    # By default the log cleaner takes 128 MB at the start: more than everything else that a broker of the course needs.
    "log.cleaner.dedupe.buffer.size": 4_194_304,
}
"""Settings for a course on a laptop, the same on each node."""
