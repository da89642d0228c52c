# SPDX-License-Identifier: Apache-2.0
"""Consumer lag: how many records of each partition a group must still read, now and over time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from confluent_kafka import Consumer, KafkaException, TopicPartition

from helpers import clients
from helpers.arguments import check_several, check_text
from helpers.errors import KafkaFailed
from helpers.lab import Lab
from helpers.recording import Recording
from helpers.topics import check_name

LATEST, EARLIEST = -1, -2
"""The values that mean the end and the beginning of a log in a request for offsets, as in Kafka's protocol."""


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """The lag of one partition: end offset minus committed offset (minus begin offset if nothing is committed)."""

    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


@dataclass(frozen=True, slots=True)
class LagSample:
    """The lag of `group` at `when` (seconds since the epoch), a `PartitionLag` for each partition."""

    when: float
    group: str
    partitions: tuple[PartitionLag, ...]

    @property
    def total(self) -> int:
        """The number of records that the group must still read, over all partitions."""
        return sum(part.lag for part in self.partitions)

    def frame(self) -> pd.DataFrame:
        """Return one row for each partition: topic, partition, committed (missing if nothing is committed), end, lag."""
        frame = pd.DataFrame(self.partitions, columns=list(PartitionLag.__slots__))
        return frame.astype({"committed": "Int64"})


def measure_lag(
    lab: Lab, group: str, topics: Sequence[str] | None = None, *, consumer: Consumer | None = None
) -> LagSample:
    """Return the lag of `group` on all partitions of `topics`. Without `topics`, on the partitions that it has committed.

    A consumer with that group's name asks, and never joins it. The partitions come from the cluster's metadata. Then two
    requests are enough for any number of partitions: for the committed offsets and for the end offsets. If some partitions
    have no commit, a third one asks for the begin offsets of these. Control records of transactions count too: they have
    offsets. `consumer` is one of `observer`, kept for several measurements. Without it a new one is made.

    Raises `KafkaFailed` for a topic that does not exist, and without `topics` for a group that has committed nothing;
    `LabNotRunning` when no broker answers.
    """
    check_text("group", group)
    asking = consumer or observer(lab, group)
    partitions = _partitions(lab, asking, topics)
    with clients.asking(f"return the lag of group {group!r}", lab.bootstrap_servers):
        committed = _checked(asking.committed(partitions, clients.PATIENCE))
        if topics is None:
            committed = _with_commit(lab, group, committed)
        when = time.time()
        ends = _offsets(asking, committed, LATEST)
        begins = _offsets(asking, [place for place in committed if place.offset < 0], EARLIEST)
    lags = []
    for place in sorted(committed):
        start = begins.get(place, place.offset)  # without a commit, the group must read the whole log
        known = None if place in begins else place.offset
        lags.append(PartitionLag(place.topic, place.partition, known, ends[place], max(ends[place] - start, 0)))
    return LagSample(when, group, tuple(lags))


def observer(lab: Lab, group: str) -> Consumer:
    """Return a consumer that can ask for the offsets of `group` and never joins it.

    An admin client could ask the same. But after a timeout of such a question it ends the whole process when the broker
    is back (librdkafka's issue 4605).
    """
    settings = {
        "group.id": group,
        "isolation.level": "read_uncommitted",  # the end of the log, also while a transaction is open
        "reconnect.backoff.max.ms": 1000,  # find a broker soon after it returns; by default up to ten seconds later
    }
    return clients.new(Consumer, lab.client_settings, settings)


class LagRecorder(Recording[LagSample]):
    """Measures the lag of `group` every `interval` seconds, in the background, for a `with` block or until `stop`.

    It keeps the newest `keep` samples and as many marks. `stop` raises what failed in the background.
    """

    def __init__(
        self, lab: Lab, group: str, topics: Sequence[str] | None = None, *, interval: float = 0.2, keep: int = 3000
    ) -> None:
        super().__init__(f"lag of {group}", interval=interval, keep=keep)
        if topics is not None:
            check_several("topics", topics)
        self.group = group
        self._lab = lab
        self._topics = topics
        self._consumer = observer(lab, group)

    def wait_above(self, total: int, *, timeout: float = 60.0) -> LagSample:
        """Wait until a new sample has a lag of more than `total` records, and return it. Raises `TimedOut`."""
        return self.wait_for(lambda sample: sample.total > total, f"a lag above {total}", timeout=timeout)

    def wait_below(self, total: int, *, timeout: float = 60.0) -> LagSample:
        """Wait until a new sample has a lag of less than `total` records, and return it. Raises `TimedOut`."""
        return self.wait_for(lambda sample: sample.total < total, f"a lag below {total}", timeout=timeout)

    def frame(self) -> pd.DataFrame:
        """Return a row for each sample and partition: seconds since the start, topic, partition, committed, end, lag."""
        rows = [
            [sample.when - self.started, part.topic, part.partition, part.committed, part.end, part.lag]
            for sample in self.samples
            for part in sample.partitions
        ]
        return pd.DataFrame(rows, columns=["seconds", *PartitionLag.__slots__]).astype({"committed": "Int64"})

    def stop(self) -> None:
        """End the background thread and raise what failed in it. May be called twice."""
        try:
            self._background.stop()
        finally:
            self._consumer.close()

    def take(self) -> None:
        self.add(measure_lag(self._lab, self.group, self._topics, consumer=self._consumer))

    def in_short(self, sample: LagSample) -> int:
        return sample.total


def _partitions(lab: Lab, consumer: Consumer, topics: Sequence[str] | None) -> list[TopicPartition]:
    """All partitions of `topics`, which must exist, or of the whole cluster."""
    if topics is None:
        known = clients.metadata(consumer, lab.bootstrap_servers).topics
    else:
        check_several("topics", topics)
        known = {it: clients.metadata(consumer, lab.bootstrap_servers, check_name(it)).topics[it] for it in topics}
    return [TopicPartition(topic, number) for topic, told in known.items() for number in told.partitions]


def _with_commit(lab: Lab, group: str, places: Sequence[TopicPartition]) -> list[TopicPartition]:
    found = [place for place in places if place.offset >= 0]
    if not found:
        problem = f"Group {group!r} has committed nothing at {lab.bootstrap_servers}."
        raise KafkaFailed(problem, "Check its name, or give the topics: then the lag counts from their beginning.")
    return found


def _offsets(consumer: Consumer, places: Sequence[TopicPartition], spec: int) -> dict[TopicPartition, int]:
    """An offset for each of `places`, by one request. `spec` is sent in place of a time, as in Kafka's protocol."""
    if not places:
        return {}
    asked = [TopicPartition(place.topic, place.partition, spec) for place in places]
    return {place: place.offset for place in _checked(consumer.offsets_for_times(asked, clients.PATIENCE))}


def _checked(places: list[TopicPartition]) -> list[TopicPartition]:
    """Return `places`, or raise the broker's error for the first one that it refused."""
    for place in places:
        if place.error:
            raise KafkaException(place.error)
    return places
