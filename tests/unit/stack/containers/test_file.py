# SPDX-License-Identifier: Apache-2.0
"""docker-compose.yml against its schema and against the lab without containers. No container engine is needed, and none is used."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from helpers.project import ROOT
from helpers.stack.containers import compose
from helpers.stack.containers import docker as engine
from helpers.stack.home.accounts import ACCOUNTS, accounts_sql
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import CONNECT_USER
from helpers.stack.install import pin
from helpers.stack.install.database import Installation
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java, properties
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.mysql import MySQL
from helpers.stack.servers.worker import Worker

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text("utf-8")
CONTENT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
USERS = "/run/connect.users"
CONFLUENT = "https://packages.confluent.io/maven/io/confluent"
DOCKERFILE: str = SERVICES["connect"]["build"]["dockerfile_inline"]
JAVA = Java([], Path("caches"))


def images() -> list[str]:
    named = [service["image"] for service in SERVICES.values() if "image" in service]
    return named + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)


def test_every_image_has_a_version() -> None:
    assert len(images()) == 4
    for image in images():
        assert re.search(r":\d+\.\d+\.\d+", image), image


def test_every_download_has_a_version() -> None:
    coordinates = re.findall(r"-Dartifact=(\S+)", DOCKERFILE)
    assert len(coordinates) == 3
    for coordinate in coordinates:
        assert re.search(r":\d+\.\d+\.\d+", coordinate), coordinate
    assert re.search(r"ENV JDBC=10\.\d+\.\d+$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"https?://\S+", DOCKERFILE) == [
        f"{CONFLUENT}/kafka-connect-jdbc/$$JDBC/kafka-connect-jdbc-$$JDBC.jar"
    ]


def test_versions_are_those_of_the_lab_without_containers() -> None:
    kafka = next(coordinate for coordinate in pin.KAFKA if ":kafka_2.13:" in coordinate).split(":")[2]
    assert compose.versions(TEXT) == {"connect": kafka, "kafka": kafka, "mysql": "8.4.11"}
    assert re.findall(r"apache/kafka:(\S+)|connect-file-([\d.]+)\.jar", TEXT) == [(kafka, ""), (kafka, ""), ("", kafka)]
    jdbc = next(plugin for plugin in pin.PLUGINS if "connector-jdbc" in plugin)
    for plugin in (jdbc, *pin.MYSQL_PLUGINS):
        assert f"-Dartifact={plugin} " in DOCKERFILE


def test_every_port_is_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items()}
    assert ports.keys() == compose.TITLES.keys()
    for name, (port,) in ports.items():
        assert re.fullmatch(rf"127\.0\.0\.1:\$\{{LAB_{name.upper()}_PORT:\?\}}:\d+", port)
    assert not any("network_mode" in service for service in SERVICES.values())


def test_no_password_stands_in_the_file() -> None:
    identified = re.findall(r"IDENTIFIED BY '(.*)'", TEXT)
    assert identified == [f"${{LAB_{name.upper()}_PASSWORD:?}}" for name in ("owner", "source", "sink", "service")]
    assert all(secret.keys() == {"environment"} for secret in CONTENT["secrets"].values())
    values = {
        value for service in SERVICES.values() for key, value in service["environment"].items() if "PASSWORD" in key
    }
    assert values == {f"{compose.SECRETS}/root.password"}
    assert re.findall(r"MYSQL_PWD=(\S+ \S+)", TEXT) == [f'"$$(cat {compose.SECRETS}/owner.password)"']


def test_each_container_gets_the_passwords_it_needs_and_none_in_its_environment() -> None:
    given = {name: service.get("secrets", []) for name, service in SERVICES.items()}
    assert given == {
        "kafka": [],
        "connect": ["source.password", "sink.password", {"source": "connect.users", "target": USERS}],
        "mysql": ["root.password", "owner.password"],
    }
    assert compose.SECRETS not in PurePosixPath(USERS).parents, "a connector could name it"
    for service in SERVICES.values():
        assert not [value for value in service["environment"].values() if "_PASSWORD" in str(value)]


def test_health_and_order() -> None:
    assert all(service["healthcheck"]["test"] for service in SERVICES.values())
    assert SERVICES["connect"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("kafka", "mysql")}


def test_no_health_check_starts_a_java() -> None:
    """One question of Kafka's own tool needs 2 s of processor: on a busy computer it runs out of time, and `up` with it."""
    for name, service in SERVICES.items():
        check = service["healthcheck"]
        assert not re.search(r"\.sh\b|java", str(check["test"])), name
        assert (check["interval"], check["start_period"]) == ("10s", "300s"), name


def test_the_folders_that_the_image_makes_volumes_for_are_ours() -> None:
    """A volume without a name stays when the lab is reset."""
    declared = {"/etc/kafka/secrets", "/mnt/shared/config", "/var/lib/kafka/data"}
    for name in ("kafka", "connect"):
        named = {mount.partition(":")[2] for mount in SERVICES[name].get("volumes", [])}
        assert {*SERVICES[name]["tmpfs"], *named} == declared, name


def test_what_is_kept_is_in_volumes() -> None:
    mounts = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert mounts == set(CONTENT["volumes"]) == {"kafka-data", "mysql-data"}


def test_one_listener_for_this_machine_and_one_for_containers() -> None:
    environment = SERVICES["kafka"]["environment"]
    advertised = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised == {"HOST": "127.0.0.1:${LAB_KAFKA_PORT:?}", "CONTAINERS": compose.INSIDE["kafka"]}
    assert environment["KAFKA_INTER_BROKER_LISTENER_NAME"] == "CONTAINERS"


def test_kafka_is_set_as_without_containers(tmp_path: Path) -> None:
    node = Node(1, 9092, 9093)
    settings = Kafka(Place(tmp_path, "kafka"), node, [node], cluster_id="x", version="4", java=JAVA).settings()
    places = {"listeners", "log.dirs"}
    here = {
        f"KAFKA_{key.upper().replace('.', '_')}": str(value) for key, value in settings.items() if key not in places
    }
    there = {key: str(value) for key, value in SERVICES["kafka"]["environment"].items()}
    assert here.items() <= there.items()


def test_the_worker_is_set_as_without_containers(tmp_path: Path) -> None:
    (tmp_path / "connect.password").write_text("word")
    worker = Worker(
        Place(tmp_path, "connect"),
        8083,
        bootstrap_servers=compose.INSIDE["kafka"],
        plugin_path=[],
        secrets=Path(compose.SECRETS),
        login=Login(CONNECT_USER, str(tmp_path / "connect.password")),
        version="4",
        java=JAVA,
    )
    (jaas,) = (text for path, text in worker.configuration().items() if path.name == "jaas.conf")
    assert (
        jaas.split()
        == CONTENT["configs"]["jaas.conf"]["content"].replace(USERS, f"{tmp_path}/connect/users.properties").split()
    )
    here = set(properties(worker.settings()).splitlines())
    there = set(CONTENT["configs"]["connect.properties"]["content"].splitlines())
    assert {line.partition("=")[0] for line in here ^ there} <= {
        "listeners",
        "plugin.path",
        "rest.advertised.host.name",
        "config.providers.dir.param.allowed.paths",  # a Windows path is escaped
    }
    assert f"config.providers.dir.param.allowed.paths={compose.SECRETS}" in there


def test_the_accounts_may_do_what_they_may_without_containers() -> None:
    words = {name: f"${{LAB_{name.upper()}_PASSWORD:?}}" for name in ACCOUNTS}
    here = [line.replace("127.0.0.1", "%") for line in accounts_sql(words).splitlines() if "'root'" not in line]
    there = CONTENT["configs"]["accounts.sql"]["content"].splitlines()
    assert [line for line in here if line.startswith(("CREATE", "GRANT"))] == there


def test_the_database_logs_what_capture_reads(tmp_path: Path) -> None:
    server = MySQL(
        Place(tmp_path, "mysql"), 1, installation=Installation(Path("m"), Path("s")), version="8.4.2", passwords={}
    )
    shared = [
        str(part)
        for part in server.command()
        if re.match(r"--(server-id|log-bin|binlog-row|default-time|character-set-s|performance)", str(part))
    ]
    assert len(shared) == 7
    assert set(shared) <= set(SERVICES["mysql"]["command"])


def test_the_file_names_what_it_needs() -> None:
    compose_needed, engine_needed = (".".join(map(str, oldest)) for oldest in engine._OLDEST.values())
    assert f"It needs Docker Compose {compose_needed} and Docker Engine {engine_needed}, or newer." in TEXT
