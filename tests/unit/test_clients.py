# SPDX-License-Identifier: Apache-2.0
"""How a client's problem is reported: the current state, once, and as the lab's errors."""

from __future__ import annotations

import importlib
import io
import logging
import socket

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from helpers import clients, topics
from helpers.errors import KafkaFailed, LabNotRunning
from helpers.lab import Lab
from helpers.waiting import wait_until


def test_the_reason_is_todays_and_not_yesterdays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "PATIENCE", 0.3)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        lab = Lab("{}:{}".format(*server.getsockname()))
        with pytest.raises(LabNotRunning, match="Connection refused"):
            topics.names(lab)
        server.listen()
        with pytest.raises(LabNotRunning, match="the connection is accepted, and no answer comes"):
            topics.names(lab)


def test_an_address_that_only_begins_like_another_is_another(nobody: Lab) -> None:
    """127.0.0.1:9 refuses; what librdkafka says of 127.0.0.1:9092 is no word about it, nor the other way round."""
    error = KafkaException(KafkaError(KafkaError._TIMED_OUT))
    clients.log.append("127.0.0.1:99999/bootstrap: Failed to resolve: never heard of it (after 1ms in state CONNECT)")
    assert "Connection refused" in str(clients.failed(error, "list the topics", nobody.bootstrap_servers))
    refused = clients.failed(KafkaException(KafkaError(3)), "list the topics", "x")
    assert isinstance(refused, KafkaFailed) and "Kafka refused to list the topics: " in str(refused)


def test_a_module_that_is_loaded_again_keeps_each_line_once() -> None:
    importlib.reload(clients)
    logging.getLogger("helpers.librdkafka").error("a line of its own")
    assert list(clients.log).count("a line of its own") == 1
    assert len(logging.getLogger("helpers.librdkafka").handlers) == 1


def test_a_client_is_new_and_asks_nobody(nobody: Lab) -> None:
    assert clients.new(Producer, nobody.bootstrap_servers) is not clients.new(Producer, nobody.bootstrap_servers)


def test_a_python_producer_is_not_idempotent_by_default(nobody: Lab) -> None:
    """A retry may double or reorder its records, as lesson 01 says. Java's default is the other one."""

    def log_of(config: dict[str, object]) -> str:
        said = io.StringIO()
        logger = logging.Logger("client")
        logger.addHandler(logging.StreamHandler(said))
        address = {"bootstrap.servers": nobody.bootstrap_servers}
        producer = Producer({**address, "debug": "eos", "logger": logger, **config})
        wait_until(lambda: producer.poll(0.1) or "initialized" in said.getvalue(), 10, "the client's first lines")
        return said.getvalue()

    assert "Idempotent producer" in log_of({"enable.idempotence": True})
    assert "Idempotent producer" not in log_of({})
