# SPDX-License-Identifier: Apache-2.0
"""Servers that somebody gives by `LAB_ATTACH`: a broker that wants TLS and a password, and what `./lab status --json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from helpers import attach, groups, kafka_tools, lag, processes, records, services, topics
from helpers.attaching import as_dictionary
from helpers.connect import ConnectClient
from helpers.errors import KafkaFailed, LabError, Unsupported
from helpers.experiments import members
from helpers.lab import Lab
from helpers.project import ROOT
from helpers.settings import Settings
from helpers.stack.labs import lab_in
from helpers.waiting import wait_until
from tests.notebooks.execution import execute

WORD = 'ge"he\\im'  # with the signs that end a text in a login of Java
MECHANISM = "org.apache.kafka.common.security.plain.PlainLoginModule"


def broker_settings(folder: Path, port: int, controller: int) -> str:
    login = (
        WORD.replace("\\", "\\\\").replace('"', '\\"').replace("\\", "\\\\")
    )  # for Java's login, then for properties
    return f"""process.roles=broker,controller
node.id=1
listeners=GUARDED://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
inter.broker.listener.name=GUARDED
listener.security.protocol.map=GUARDED:SASL_SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={folder.as_posix()}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder.as_posix()}/ca.pem
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.guarded.sasl.enabled.mechanisms=PLAIN
listener.name.guarded.plain.sasl.jaas.config={MECHANISM} required username="kim" password="{login}" user_kim="{login}";
log.dirs={folder.as_posix()}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


@pytest.fixture(scope="module")
def guarded(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The text for LAB_ATTACH of a broker that lets only kim in, who knows the word. It runs for this file's tests."""
    folder = tmp_path_factory.mktemp("guarded")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    made = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(made.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # Java reads no other form
    (folder / "server.pem").write_bytes(pem + b"".join(part.bytes() for part in made.cert_chain_pems))
    (folder / "word").write_text(f"{WORD}\n")
    port = processes.choose_port(set())
    config = folder / "server.properties"
    config.write_text(broker_settings(folder, port, processes.choose_port({port})))
    new_id = kafka_tools.kafka(lab, "storage", "random-uuid").strip()
    kafka_tools.kafka(lab, "storage", "format", "--config", str(config), "--cluster-id", new_id)
    broker = kafka_tools.start_broker(lab, config, folder / "broker.log")
    clients = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "kim",
        "sasl.password.file": "word",
        "ssl.ca.location": "ca.pem",
    }
    text = folder / "given.json"
    text.write_text(json.dumps({"bootstrap_servers": f"127.0.0.1:{port}", "clients": clients}))
    yield text
    broker.stop()


def settings_for(text: Path, lab: Lab, home: Path) -> Settings:
    return Settings(home, lab.settings.cache, attach=str(text))


def test_every_kind_of_client_logs_in(guarded: Path, lab: Lab, tmp_path: Path) -> None:
    given = attach(where=settings_for(guarded, lab, tmp_path))
    topic = topics.unique_name("guarded")
    topics.create(given, topic)
    records.produce(given, topic, [b"one", b"two"])
    kafka_tools.kafka(given, "console-producer", "--topic", topic, stdin="three\n")
    assert [message.value() for message in records.consume(given, topic, 3, timeout=30)] == [b"one", b"two", b"three"]
    with members.Member(given, "g", topic, name="one") as member:
        wait_until(lambda: member.handled == 3, 30, "the member to read three records")
    assert lag.measure_lag(given, "g").total == 0
    assert topic in kafka_tools.kafka(given, "topics", "--list")
    groups.delete_empty(given, "g", missing_ok=True)
    topics.delete(given, topic)


def test_who_does_not_know_the_word_is_told(guarded: Path, lab: Lab, tmp_path: Path) -> None:
    (guarded.parent / "wrong").write_text("wrong")
    wrong = guarded.with_name("wrong.json")
    wrong.write_text(guarded.read_text().replace('"word"', '"wrong"'))
    given = attach(where=settings_for(wrong, lab, tmp_path))
    with pytest.raises(LabError, match=r"(?i)authentication") as caught:
        topics.names(given)
    assert "wrong" not in str(caught.value)
    with pytest.raises(KafkaFailed, match=r"(?i)authentication"):
        kafka_tools.kafka(given, "topics", "--list")


def test_the_shop_says_that_it_cannot_log_in(guarded: Path, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="The programs of the shop cannot log in"):
        services.order_service(attach(where=settings_for(guarded, lab, tmp_path)), tmp_path)


def test_a_lesson_on_it(guarded: Path, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_ATTACH", str(guarded))
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    (lesson,) = (ROOT / "notebooks").glob("02_*.ipynb")
    run = execute(lesson, attach(), tmp_path)
    assert not run.left
    assert WORD not in (tmp_path / lesson.name).read_text("utf-8")


def test_the_status_of_one_lab_attaches_another_learner_to_it(lab: Lab, tmp_path: Path) -> None:
    assert lab.home
    text = tmp_path / "lab.json"
    text.write_text(json.dumps(as_dictionary(lab.home, lab_in(lab.settings).status())))
    given = attach("connect", "database", where=settings_for(text, lab, tmp_path))
    assert (given.bootstrap_servers, given.connect_url, given.database) == (
        lab.bootstrap_servers,
        lab.connect_url,
        lab.database,
    )
    with ConnectClient(given) as client:
        assert client.health()["status"] == "healthy"
    with pytest.raises(Unsupported, match="ends servers or reads their files"):
        attach("this computer", where=settings_for(text, lab, tmp_path))
