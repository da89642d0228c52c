"""A Kafka without servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from helpers import clients
from helpers.lab import Lab


@pytest.fixture(scope="session")
def mock() -> Iterator[Lab]:
    """librdkafka's mock cluster: a broker in this process; a topic has four partitions and is made when asked for."""
    broker = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (address,) = broker.list_topics(timeout=5).brokers.values()
    yield Lab(f"{address.host}:{address.port}")
    broker.close()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab where nothing listens, and clients of little patience."""
    monkeypatch.setattr(clients, "PATIENCE", 0.3)
    return Lab("127.0.0.1:9")
