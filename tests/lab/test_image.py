# SPDX-License-Identifier: Apache-2.0
"""What the program in Kafka's official image makes of docker-compose.yml: it is in the jars, so no container is needed."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import yaml
from confluent_kafka.admin import AdminClient

from helpers import processes
from helpers.child import Guarded
from helpers.processes import STDOUT, choose_port, is_listening
from helpers.project import part
from helpers.settings import settings as read_settings
from helpers.stack.home.place import Place
from helpers.stack.home.state import State
from helpers.stack.installed import tools_java
from helpers.stack.servers.java import Java, properties
from helpers.stack.servers.kafka import Kafka, Node
from helpers.waiting import wait_until
from tests.resources import cache_folder

CONFIGURATIONS = ("server.properties", "log4j2.yaml", "tools-log4j2.yaml")
"""The files that the image has beside the program, for which the variables stand in; here they are empty."""


def settings(java: Java, folder: Path, environment: dict[str, str]) -> Path:
    """Let the image's program write the broker's settings and format its data folder; return the file of settings."""
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir()
    for name in CONFIGURATIONS:
        (folder / "default" / name).touch()
    places = [
        word for name in ("default", "mounted", "final") for word in (f"--{name}-configs-dir", str(folder / name))
    ]
    command = java.tool("kafka.docker.KafkaDockerWrapper", "setup", *places)
    done = processes.run(command, environment={**os.environ, **environment}, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "final" / "server.properties"


def test_its_broker_runs_with_our_variables_and_has_our_settings(tmp_path: Path) -> None:
    java = tools_java(replace(read_settings(), cache=cache_folder()))
    ports: dict[str, int] = {}
    for inside in ("9092", "19092", "9093"):
        ports[inside] = choose_port(set(ports.values()))
    host = ports["9092"]
    given: dict[str, object] = yaml.safe_load(part("docker-compose.yml").read_text("utf-8"))["services"]["kafka"][
        "environment"
    ]
    values = {"LAB_KAFKA_PORT": str(host), "LAB_CLUSTER_ID": State.new().cluster_id}
    environment = {key: re.sub(r"\$\{(\w+):\?}", lambda it: values[it[1]], str(value)) for key, value in given.items()}
    for key in ("KAFKA_LISTENERS", "KAFKA_CONTROLLER_QUORUM_VOTERS"):  # of the container's own: here they must be free
        environment[key] = re.sub(r"(?:127\.0\.0\.1)?:(\d+)", lambda it: f"127.0.0.1:{ports[it[1]]}", environment[key])
    environment["KAFKA_LOG_DIRS"] = str(tmp_path / "data")

    file = settings(java, tmp_path, environment)
    there = set(file.read_text("utf-8").splitlines())
    node = Node(1, host, ports["9093"])
    ours = Kafka(Place(tmp_path, "kafka"), node, [node], cluster_id="", version="", java=java).settings()
    assert {line.partition("=")[0] for line in set(properties(ours).splitlines()) - there} == {"listeners", "log.dirs"}
    assert values["LAB_CLUSTER_ID"] in (tmp_path / "data" / "meta.properties").read_text("utf-8")

    command = java.server("kafka.Kafka", file, flags=["-Xmx512m"])
    with (tmp_path / "log").open("wb") as log, Guarded(command, output=log, errors=STDOUT) as broker:
        wait_until(lambda: not broker.running or is_listening(host), 60, "the broker to listen")
        assert broker.running, (tmp_path / "log").read_text("utf-8", errors="replace")[-2000:]
        told = AdminClient({"bootstrap.servers": f"127.0.0.1:{host}"}).list_topics(timeout=20)
        assert [f"{it.host}:{it.port}" for it in told.brokers.values()] == [f"127.0.0.1:{host}"]
