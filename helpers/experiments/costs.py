# SPDX-License-Identifier: Apache-2.0
"""What a setting costs: milliseconds that a record is on its way, processor time of a server, records a second in Connect."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from helpers import clients, connectors, records, topics
from helpers.arguments import check_several, check_text, whole_number
from helpers.connect import ConnectClient
from helpers.errors import KafkaFailed, TimedOut, Unsupported
from helpers.lab import Lab
from helpers.records.outbox import text

_PATIENCE = 10.0  # seconds until one record must have arrived


def latencies(lab: Lab, topic: str, count: int = 200, *, config: Mapping[str, object] | None = None) -> list[float]:
    """Send `count` records to the empty `topic` one after the other, and return how long each took to be read, in ms.

    The clock runs from `produce` until the consumer, which waits for it, has the record. `config` is the producer's.
    A first record that makes the connections is not counted.

    Raises `TimedOut` when a record does not arrive, and `KafkaFailed` with the broker's words.
    """
    whole_number(count, "count")
    sender = clients.new(Producer, lab.client_settings, config)
    found = []
    without_group = {"group.id": "reads without a group", "enable.auto.commit": False}
    with clients.new(Consumer, lab.client_settings, without_group) as receiver:
        receiver.assign([TopicPartition(topic, 0, 0)])
        for _ in range(count + 1):
            started = time.perf_counter()
            sender.produce(topic, b"ping")
            message = receiver.poll(_PATIENCE)
            if message is None:
                raise TimedOut(f"A record of topic {topic!r} did not arrive within {_PATIENCE:g} s.")
            if error := message.error():
                raise KafkaFailed(f"Topic {topic!r} could not be read: {error.str()}.")
            found.append((time.perf_counter() - started) * 1000)
    sender.flush(_PATIENCE)
    return found[1:]


def broker_seconds(lab: Lab, topic: str, values: Sequence[str]) -> float:
    """Send `values` to `topic`, and return the seconds of processor time that the broker took meanwhile.

    Raises `Unsupported` where the broker is not on this computer, and what `records.produce` raises.
    """
    before = _processor_time(lab, "kafka")
    records.produce(lab, topic, values)
    return _processor_time(lab, "kafka") - before


@dataclass(frozen=True)
class Carried:
    """What Connect carried: the value of the `first` record, the `rate` (records a second), and its `cpu` time (s).

    The start of the connector counts as processor time, and not in the rate.
    """

    first: str
    rate: float
    cpu: float


def through_connect(lab: Lab, values: Sequence[str], *, config: Mapping[str, object] | None = None) -> Carried:
    """Let Connect carry `values`, the lines of a file, into a topic, and return what that took.

    The rate goes by the times in the records. `config` holds further keys of the connector, such as a transform.

    Raises `Unsupported` where the worker is not on this computer, `TimedOut` when the records do not arrive, and what the
    worker says of the configuration.
    """
    check_several("values", values)
    for value in values:
        check_text("values", value, may_be_empty=True)
    before = _processor_time(lab, "connect")
    name = topics.unique_name("from-file")
    with topics.temporary(lab, "from-file") as topic, TemporaryDirectory() as folder, ConnectClient(lab) as client:
        lines = Path(folder) / "lines.txt"
        lines.write_text("".join(f"{value}\n" for value in values), "utf-8", newline="\n")
        more = {"batch.size": 2000, **(config or {})}
        with client.temporary(connectors.file_source(name, lines, topic, config=more)):
            messages = records.consume(lab, topic, len(values), timeout=60)
    times = [message.timestamp()[1] for message in messages]
    rate = len(values) / max(times[-1] - times[0], 1) * 1000
    return Carried(str(text(messages[0].value())), rate, _processor_time(lab, "connect") - before)


def _processor_time(lab: Lab, server: str) -> float:
    """The seconds of processor time that `server` has taken since its start."""
    pid = next((found.pid for found in lab.servers() if found.name == server), None)
    if pid is None:
        raise Unsupported(f"{server} is not on this computer: its processor time cannot be read.")
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
