"""The Kafka broker: one process that is broker and KRaft controller at once."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from helpers import processes
from helpers.stack.servers.java import Java, JavaServer

# librdkafka writes a line for each refused connection; while a server starts, these say nothing new.
_silent = logging.getLogger("helpers.silent")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class Kafka(JavaServer):
    """A single-node cluster on loopback, formatted with `cluster_id` when its data folder is empty."""

    name = "kafka"
    title = "Apache Kafka"
    main = "kafka.Kafka"

    def __init__(
        self, home: Path, port: int, *, controller_port: int, cluster_id: str, version: str, java: Java
    ) -> None:
        super().__init__(home, port, version, java)
        self.controller_port = controller_port
        self.cluster_id = cluster_id
        self.data = self.folder / "data"

    @classmethod
    def create_marker(cls, home: Path) -> str:
        return f"--config={cls.marker(home)}"

    def create(self) -> None:
        """Format the data folder, as `kafka-storage.sh format` does."""
        if (self.data / "meta.properties").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)  # half a format: nothing was ever written there
        command = self.java.tool(
            "kafka.tools.StorageTool", "format", "--cluster-id", self.cluster_id, self.create_marker(self.home)
        )
        done = processes.run(command, timeout=self.start_timeout)
        if done.returncode:
            raise self.failure(
                f"Kafka's data folder {self.data} could not be formatted: {done.stderr.strip() or done.stdout.strip()}"
            )

    def is_ready(self) -> bool:
        if not processes.is_listening(self.port):
            return False
        admin = AdminClient({"bootstrap.servers": self.address}, logger=_silent)
        try:
            return bool(admin.list_topics(timeout=2).brokers)
        except KafkaException:  # not yet; wait_ready has the deadline and the log
            return False

    def settings(self) -> dict[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}",
            "log.dirs": self.data,
            # A typing error in a topic's name should be an error and not a new topic.
            "auto.create.topics.enable": "false",
            # One broker can hold one copy.
            "default.replication.factor": 1,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            # The defaults are for hundreds of groups on a cluster; fewer partitions start faster.
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.num.partitions": 4,
            # A killed broker may register again once its session has ended; the default is nine seconds.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            # A lesson waits for a rebalance: do not wait for more members first, and let a killed one be noticed soon.
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "group.consumer.min.session.timeout.ms": 1000,
            "group.consumer.session.timeout.ms": 3000,
            "group.consumer.min.heartbeat.interval.ms": 500,
            "group.consumer.heartbeat.interval.ms": 1000,
            "group.share.min.heartbeat.interval.ms": 500,
            "group.share.heartbeat.interval.ms": 500,
            # The lesson on retention looks on while old segments go; the defaults are thirty seconds and five minutes.
            "log.initial.task.delay.ms": 500,
            "log.retention.check.interval.ms": 500,
        }
