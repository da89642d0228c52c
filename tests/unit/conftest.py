"""A Kafka without servers, and a notebook without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nbformat
import pytest
from confluent_kafka import Producer
from nbclient import NotebookClient

from helpers import clients
from helpers.lab import Lab

RunCell = Callable[[str], list[nbformat.NotebookNode]]


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


@pytest.fixture(scope="session")
def run_cell() -> Iterator[RunCell]:
    """Run a cell in a notebook of its own, all in one kernel, and return its outputs as they would be stored."""
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=60)
    with client.setup_kernel():

        def run(source: str) -> list[nbformat.NotebookNode]:
            client.nb.cells.append(nbformat.v4.new_code_cell(source))
            outputs: list[nbformat.NotebookNode] = client.execute_cell(
                client.nb.cells[-1], len(client.nb.cells) - 1
            ).outputs
            return outputs

        yield run
