# SPDX-License-Identifier: Apache-2.0
"""`records.produce` and `records.consume` against the best loops that we could write by hand."""

from __future__ import annotations

import gc
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from bench import own
from bench.rows import Comparison, Row, alternate, seconds
from helpers import records, topics
from helpers.errors import KafkaFailed
from helpers.lab import Lab

_COUNT = 200_000
_PARTITIONS = 4
_ROUNDS = 25
_PROMPT = {"reconnect.backoff.ms": 10}  # librdkafka rests as long before its first connection; by default 50 ms


def measure() -> Iterator[Row]:
    """Yield the rows of this part: rates in records a second, and how they compare."""
    values = [os.urandom(100) for _ in range(_COUNT)]
    with own.running() as lab:
        into_new_topic = partial(_into_new_topic, lab, values)
        ways = partial(into_new_topic, records.produce), partial(into_new_topic, produce_by_hand)
        yield from _rows("produce", alternate(*ways, _ROUNDS))
        with topics.temporary(lab, "bench", _PARTITIONS) as topic:
            records.produce(lab, topic, values)
            all_of = partial(_all_of, lab, topic)
            ways = partial(all_of, records.consume), partial(all_of, consume_by_hand)
            yield from _rows("consume", alternate(*ways, _ROUNDS))
        yield from own.memory(lab.servers(), "after the load")


def produce_by_hand(lab: Lab, topic: str, values: Sequence[bytes]) -> None:
    """Send `values`, and raise if one of them was not acknowledged. `produce_batch` was no faster."""
    failures: list[object] = []
    producer = Producer(
        {
            "bootstrap.servers": lab.bootstrap_servers,
            "queue.buffering.max.messages": 1_000_000,  # room for all: the loop never has to wait
            "delivery.report.only.error": True,  # no call into Python for what went well
            "on_delivery": lambda error, _: failures.append(error),
            **_PROMPT,
        }
    )
    producer.list_topics(topic, timeout=5)  # else the first records wait for the topic's metadata
    produce = producer.produce
    for value in values:
        produce(topic, value)
    if producer.flush(30) or failures:
        raise KafkaFailed(f"Not all records reached topic {topic!r}: {failures[:1]}.")


def consume_by_hand(lab: Lab, topic: str, count: int) -> list[Message]:
    """Read `count` records from the beginning, and raise if there is an error among them or they stay away."""
    config: dict[str, str | int | bool] = {
        "bootstrap.servers": lab.bootstrap_servers,
        "group.id": "by hand",
        "enable.auto.commit": False,
        "queued.min.messages": 1_000_000,  # read ahead as far as there is anything: it rests for a second otherwise
        "queued.max.messages.kbytes": 1_000_000,
        "fetch.wait.max.ms": 50,
        **_PROMPT,
    }
    messages: list[Message] = []
    with Consumer(config) as consumer:
        consumer.list_topics(topic, timeout=5)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(_PARTITIONS)])
        while len(messages) < count:
            batch = consumer.consume(min(10_000, count - len(messages)), 10)
            if not batch or any(message.error() for message in batch):
                raise KafkaFailed(f"Topic {topic!r} could not be read by hand: {len(messages)} of {count} came.")
            messages += batch
    return messages


def _into_new_topic(lab: Lab, values: Sequence[bytes], produce: Callable[[Lab, str, Sequence[bytes]], object]) -> float:
    # A deleted topic's files stay for a minute otherwise, and here they would be a gigabyte.
    with topics.temporary(lab, "bench", _PARTITIONS, config={"file.delete.delay.ms": 100}) as topic:
        gc.collect()
        return seconds(lambda: produce(lab, topic, values))


def _all_of(lab: Lab, topic: str, consume: Callable[[Lab, str, int], list[Message]]) -> float:
    gc.collect()
    return seconds(lambda: consume(lab, topic, _COUNT))


def _rows(name: str, times: Comparison) -> Iterator[Row]:
    yield Row(f"{name}: helper", _COUNT / statistics.median(times.ours), "records/s")
    yield Row(f"{name}: by hand", _COUNT / statistics.median(times.theirs), "records/s")
    yield times.ratio(f"{name}: ratio", at_least=0.95)
