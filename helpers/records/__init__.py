# SPDX-License-Identifier: Apache-2.0
"""Records: produce many and collect every failure; consume an exact count before a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from helpers import clients
from helpers.arguments import check_several
from helpers.errors import InvalidInput, KafkaFailed, TimedOut
from helpers.lab import Lab
from helpers.records.outbox import Outbox, Record, Sendable, text
from helpers.records.steady import steady

__all__ = ["Produced", "Record", "as_frame", "consume", "produce", "steady"]

_BATCH = 10_000
_NAMED_OFFSETS: dict[int | str, int] = {"earliest": OFFSET_BEGINNING, "latest": OFFSET_END}
_PRODUCER_LIMIT = 1_000_000  # librdkafka's default of message.max.bytes
_PROMPT = {
    "fetch.wait.max.ms": 50,  # while a broker waits for new records in one partition, the others wait too
    "fetch.queue.backoff.ms": 10,  # librdkafka's pause when its queue is full; by default a second
}
_NOTHING_NEW = (
    "A consumer gets only records after its group's committed offset, or after the end of the log if it starts from "
    "'latest'. Produce more, use another group, or give it more time."
)


@dataclass
class Produced:
    """The result: the broker has acknowledged `count` records, in `seconds`.

    `messages` is filled on request (`reports=True`): the delivery report of each record, in the order they were given.
    """

    topic: str
    count: int
    seconds: float
    messages: list[Message] = field(default_factory=list, repr=False)

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.count / self.seconds


def produce(
    lab: Lab,
    topic: str,
    records: Iterable[Sendable],
    *,
    reports: bool = False,
    timeout: float = 30.0,
    config: Mapping[str, object] | None = None,
) -> Produced:
    """Send `records` (values, pairs of key and value, or `Record`s), wait for every acknowledgement, return the count.

    `timeout` is the seconds that a record may wait for its acknowledgement. `config` has producer settings with Kafka's
    names.

    Raises `DeliveryFailed` with the reasons when a record was not acknowledged (the others were; a broker refuses whole
    batches), `InvalidInput` for a record or a setting of the wrong kind, `LabNotRunning` when nothing answers, and
    `KafkaFailed` for a missing topic.
    """
    check_several("records", records, may_be_empty=True)
    _above_zero(timeout, "timeout")
    outbox = Outbox(topic, reporting=reports)
    settings = {
        "message.timeout.ms": int(timeout * 1000),
        "delivery.report.only.error": not reports,
        "queue.buffering.max.messages": 1_000_000,  # the queue is rarely full; its size in bytes stays limited
        **(config or {}),
        "on_delivery": outbox.delivered,
    }
    clients.metadata(lab.admin, lab.bootstrap_servers, topic)
    producer = clients.new(Producer, lab.bootstrap_servers, settings)
    started = time.monotonic()
    outbox.send(producer, records)
    outbox.finish(producer, timeout + 1)
    if outbox.failed:
        raise outbox.error(_size_limit(lab, topic, settings, outbox.largest_refused))
    return Produced(topic, outbox.count, time.monotonic() - started, outbox.reports)


def consume(
    lab: Lab,
    topic: str,
    count: int,
    *,
    group: str | None = None,
    from_offset: int | str = "earliest",
    timeout: float = 10.0,
    config: Mapping[str, object] | None = None,
) -> list[Message]:
    """Read exactly `count` records of `topic`, and return them as the client's `Message`s, in order within each partition.

    Without a group every partition is read from `from_offset`: "earliest", "latest" or a number. With one, the consumer
    joins it, continues at the group's committed offsets (`from_offset` is for partitions without one), and commits what
    it returns.

    Raises `TimedOut` saying how many came within `timeout` seconds (nothing is committed then), `InvalidInput` for a
    count or a timeout not above 0, `LabNotRunning` when nothing answers, and `KafkaFailed` for a missing topic.
    """
    _above_zero(count, "count")
    _above_zero(timeout, "timeout")
    settings = {
        "group.id": group or "reads without a group",
        "auto.offset.reset": from_offset if isinstance(from_offset, str) else "error",
        "enable.auto.commit": False,
        **_PROMPT,
        **(config or {}),
    }
    with clients.new(Consumer, lab.bootstrap_servers, settings) as consumer:
        partitions = clients.metadata(consumer, lab.bootstrap_servers, topic).topics[topic].partitions
        if group:
            consumer.subscribe([topic])
        else:
            start = _NAMED_OFFSETS.get(from_offset, from_offset)
            consumer.assign([TopicPartition(topic, number, int(start)) for number in partitions])
        messages = _read(consumer, topic, count, timeout)
        if group:
            consumer.commit(asynchronous=False)
    return messages


def as_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return one row for each message, with the columns topic, partition, offset, time (UTC), key, value and headers.

    Keys, values and headers are shown as text where they are UTF-8, else as bytes.
    """
    messages = list(messages)
    columns: dict[str, list[object]] = {
        "topic": [message.topic() for message in messages],
        "partition": [message.partition() for message in messages],
        "offset": [message.offset() for message in messages],
        "time": [pd.Timestamp(message.timestamp()[1], unit="ms", tz="UTC") for message in messages],
        "key": [text(message.key()) for message in messages],
        "value": [text(message.value()) for message in messages],
        "headers": [{name: text(it) for name, it in dict(message.headers() or []).items()} for message in messages],
    }
    as_they_are = ("key", "value", "headers")  # pandas would make NaN of None
    return pd.DataFrame({**columns, **{name: pd.Series(columns[name], dtype=object) for name in as_they_are}})


def _read(consumer: Consumer, topic: str, count: int, timeout: float) -> list[Message]:
    messages: list[Message] = []
    deadline = time.monotonic() + timeout
    while len(messages) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            problem = f"Waited {timeout:g} s for {count} records of topic {topic!r}; {len(messages)} came."
            raise TimedOut(problem, _NOTHING_NEW)
        batch = consumer.consume(
            min(count - len(messages), _BATCH), min(left, 0.2)
        )  # short: Ctrl-C waits until it returns
        for message in batch:
            if error := message.error():
                raise KafkaFailed(f"Topic {topic!r} could not be read: {error.str()}.")
        messages += batch
    return messages


def _size_limit(lab: Lab, topic: str, settings: Mapping[str, object], size: int) -> int:
    """The limit in bytes that a value of `size` exceeded: the producer's own, else the topic's."""
    own = int(str(settings.get("message.max.bytes", _PRODUCER_LIMIT)))
    if size == 0 or size > own:
        return own
    resource = ConfigResource(ResourceType.TOPIC, topic)
    answers = lab.admin.describe_configs([resource], request_timeout=clients.PATIENCE)
    configs = clients.results(answers, f"return the settings of topic {topic!r}", lab.bootstrap_servers)
    return int(configs[resource]["max.message.bytes"].value)


def _above_zero(number: float, what: str) -> None:
    if not number > 0:
        raise InvalidInput(f"`{what}` must be above 0, not {number}.", "Give another number.")
