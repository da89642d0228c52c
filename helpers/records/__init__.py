# SPDX-License-Identifier: Apache-2.0
"""Records: produce many and collect every failure; consume an exact count before a deadline.

- `steady` `reading` `tables` records at a steady rate; `consume`; records as a table
- `outbox` records on their way, and what failed of them
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import Message, Producer
from confluent_kafka.admin import ConfigResource, ResourceType

from helpers import clients
from helpers.arguments import above_zero, check_mapping, check_several
from helpers.lab import Lab
from helpers.records.outbox import Outbox, Record, Sendable
from helpers.records.reading import consume
from helpers.records.steady import steady
from helpers.records.tables import as_frame
from helpers.topics import check_name

__all__ = ["Produced", "Record", "as_frame", "consume", "produce", "steady"]

_PRODUCER_LIMIT = 1_000_000  # librdkafka's default of message.max.bytes


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
    batches), `InvalidInput` for a setting of the wrong kind, and for a record of the wrong kind, after those before it have
    been acknowledged; `LabNotRunning` when nothing answers, and `KafkaFailed` for a missing topic.
    """
    check_several("records", records, may_be_empty=True)
    check_name(topic)
    check_mapping("config", config)
    above_zero(timeout, "timeout")
    outbox = Outbox(topic, reporting=reports)
    settings = {
        "message.timeout.ms": int(timeout * 1000),
        "delivery.report.only.error": not reports,
        "queue.buffering.max.messages": 1_000_000,  # the queue is rarely full; its size in bytes stays limited
        **(config or {}),
        "on_delivery": outbox.delivered,
    }
    clients.metadata(lab.admin, lab.bootstrap_servers, topic)
    producer = clients.new(Producer, lab.client_settings, settings)
    started = time.monotonic()
    outbox.deliver(producer, records, timeout + 1)
    if outbox.failed:
        raise outbox.error(_size_limit(lab, topic, settings, outbox.largest_refused))
    return Produced(topic, outbox.count, time.monotonic() - started, outbox.reports)


def _size_limit(lab: Lab, topic: str, settings: Mapping[str, object], size: int) -> int:
    """The limit in bytes that a value of `size` exceeded: the producer's own, else the topic's."""
    own = int(str(settings.get("message.max.bytes", _PRODUCER_LIMIT)))
    if size == 0 or size > own:
        return own
    resource = ConfigResource(ResourceType.TOPIC, topic)
    answers = lab.admin.describe_configs([resource], request_timeout=clients.PATIENCE)
    configs = clients.results(answers, f"return the settings of topic {topic!r}", lab.bootstrap_servers)
    return int(configs[resource]["max.message.bytes"].value)
