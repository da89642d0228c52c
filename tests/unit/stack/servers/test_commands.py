# SPDX-License-Identifier: Apache-2.0
"""The options that each server gets at its start: it listens on loopback only, and gets only options that its version knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.stack.home.place import Place
from helpers.stack.install.database import Installation
from helpers.stack.servers.database import DatabaseServer
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.mariadb import MariaDB
from helpers.stack.servers.mysql import MySQL
from helpers.stack.servers.server import Server
from helpers.stack.servers.worker import Worker

JAVA = Java([], Path("caches"))
HOME = Path("home")
PORTS = "20001|20002|20003"
"""The server's own, the controller's, the broker's for the worker."""


def database(kind: type[DatabaseServer], version: str) -> DatabaseServer:
    nowhere = Installation(Path("program"), Path("share"))
    return kind(Place(HOME, kind.kind), 20_001, installation=nowhere, version=version, passwords={})


def kafka() -> Kafka:
    node = Node(1, 20_001, 20_002)
    return Kafka(Place(HOME, "kafka"), node, [node], cluster_id="x", version="4", java=JAVA)


def worker() -> Worker:
    return Worker(
        Place(HOME, "connect"),
        20_001,
        bootstrap_servers="127.0.0.1:20003",
        plugin_path=[],
        secrets=HOME / "secrets",
        login=Login("lab", str(HOME / "connect.password")),
        version="4",
        java=JAVA,
    )


@pytest.mark.parametrize(
    "server", [kafka(), worker(), database(MariaDB, "11.4.5"), database(MySQL, "8.4.2")], ids=lambda it: it.name
)
def test_every_server_names_loopback_and_nothing_else(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    HOME.mkdir()
    (HOME / "connect.password").write_text("word")
    told = [str(part) for part in server.command()[1:]]
    told += [line for text in server.configuration().values() for line in text.splitlines()]
    said = "\n".join(told)
    assert set(re.findall(r"\d+\.\d+\.\d+\.\d+|(?<=host\.name=).*", said)) == {"127.0.0.1"}
    assert not re.search(r"localhost|=\*", said)
    elsewhere = re.sub(rf"127\.0\.0\.1:({PORTS})|--port=({PORTS})", "", said)
    assert not re.search(PORTS, elsewhere), "an address without its host is that of every network"
    assert ("--port=20001" in told) == ("--bind-address=127.0.0.1" in told), (
        "a port alone says nothing of where it listens"
    )


def test_the_worker_waits_for_a_poll_that_the_jdbc_source_may_hold() -> None:
    """Fifteen seconds in release 10.8.3; a worker with less patience drops its offsets and sends its rows again."""
    assert int(str(worker().settings()["task.shutdown.graceful.timeout.ms"])) > 15_000


def test_mysql_opens_no_second_port() -> None:
    assert "--mysqlx=OFF" in database(MySQL, "8.4.2").command()


@pytest.mark.parametrize(
    ("version", "knows"), [("10.11.6", False), ("11.3.2", False), ("11.4.5", True), ("11.8.1", True), ("12.0.2", True)]
)
def test_an_older_mariadb_is_not_told_what_it_does_not_know(version: str, knows: bool) -> None:
    """MariaDB does not start with an option that it does not know."""
    told = database(MariaDB, version).command()
    assert ("--binlog-legacy-event-pos=1" in told) is knows
    assert {"--binlog-format=ROW", "--skip-ssl"} <= set(told)
