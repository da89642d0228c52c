# SPDX-License-Identifier: Apache-2.0
"""A producer that goes on in the background, at the rate that it is given, in records a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from helpers import clients
from helpers.arguments import above_zero
from helpers.background import Background
from helpers.errors import InvalidInput, KafkaFailed
from helpers.lab import Lab
from helpers.topics import check_name

_INTERVAL = 0.05
_PATIENCE = 10.0


@contextmanager
def steady(lab: Lab, topic: str, rate: int) -> Iterator[None]:
    """Send `rate` records a second to `topic` while the block runs, with the keys "cart 0", "cart 1" … in turn.

    They go out twenty times a second, so `rate` is at least 20. At the end all are acknowledged, or `KafkaFailed` is raised.
    """
    check_name(topic)
    above_zero(rate, "rate")
    burst = int(rate * _INTERVAL)
    if burst < 1:
        raise InvalidInput(f"`rate` must be at least 20 records a second, not {rate}.", "Give another number.")
    clients.metadata(lab.admin, lab.bootstrap_servers, topic)
    producer = clients.new(Producer, lab.client_settings)

    def send() -> None:
        for number in range(burst):
            producer.produce(topic, b"a sale", key=f"cart {number}")
        producer.poll(0)

    with Background(f"records for {topic}", send, _INTERVAL):
        yield
    if left := producer.flush(_PATIENCE):
        raise KafkaFailed(f"{left} records for topic {topic!r} were not acknowledged within {_PATIENCE:g} s.")
