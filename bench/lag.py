# SPDX-License-Identifier: Apache-2.0
"""`measure_lag`, two requests however many partitions, against a call a partition as in the client's own example."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from confluent_kafka import Consumer, TopicPartition

from bench import own
from bench.rows import Row, alternate, seconds
from helpers import clients, records, topics
from helpers.errors import KafkaFailed
from helpers.lab import Lab
from helpers.lag import measure_lag, observer

_PARTITIONS = (10, 100, 1000)
_ROUNDS = 9
_GROUP = "bench"


def measure() -> Iterator[Row]:
    """Yield the rows of this part: milliseconds both ways, and how many times faster ours is."""
    with own.running() as lab:
        for partitions in _PARTITIONS:
            with topics.temporary(lab, "bench", partitions) as topic:
                yield from _compare(lab, topic, partitions)


def _compare(lab: Lab, topic: str, partitions: int) -> Iterator[Row]:
    records.produce(lab, topic, [b"record"] * 10 * partitions)
    places = [TopicPartition(topic, number, 0) for number in range(partitions)]
    with clients.new(Consumer, lab.client_settings, {"group.id": _GROUP}) as consumer:
        consumer.commit(offsets=places, asynchronous=False)
        expected = lag_by_calls(consumer, places)
        if measure_lag(lab, _GROUP, [topic]).total != expected or expected != 10 * partitions:
            raise KafkaFailed(f"Both ways to measure the lag of {topic!r} should have found {10 * partitions}.")
        kept = observer(lab, _GROUP)
        times = alternate(
            lambda: seconds(lambda: measure_lag(lab, _GROUP, [topic], consumer=kept)),
            lambda: seconds(lambda: lag_by_calls(consumer, places)),
            _ROUNDS,
        )
    name = f"{partitions:,} partitions"
    yield Row(f"{name}: measure_lag", statistics.median(times.ours) * 1000, "ms")
    yield Row(f"{name}: a call a partition", statistics.median(times.theirs) * 1000, "ms")
    yield times.ratio(f"{name}: faster", at_least=8 if partitions == 1000 else None)


def lag_by_calls(consumer: Consumer, places: list[TopicPartition]) -> int:
    """Return the lag of the consumer's group on `places`: commits in one request, each end in its own."""
    lag = 0
    for place in consumer.committed(places, timeout=10):
        _, end = consumer.get_watermark_offsets(place, timeout=10, cached=False)
        lag += end - place.offset
    return lag
