"""Consumer lag: how many records of each partition a group has still to read, now and over time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from helpers import clients
from helpers.background import Background
from helpers.errors import InvalidInput, KafkaFailed
from helpers.lab import Lab


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """The lag of one partition: its end offset less what is committed, or less its begin offset while nothing is."""

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
        """Records that the group has still to read, over all partitions."""
        return sum(part.lag for part in self.partitions)

    def frame(self) -> pd.DataFrame:
        """Return one row a partition: topic, partition, committed (missing where nothing is), end, lag."""
        frame = pd.DataFrame(self.partitions, columns=list(PartitionLag.__slots__))
        return frame.astype({"committed": "Int64"})


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `when` (seconds since the epoch), as a plot tells it."""

    when: float
    text: str


def measure_lag(lab: Lab, group: str, topics: Sequence[str] | None = None) -> LagSample:
    """Return the lag of `group` on the partitions it has committed, or on all partitions of `topics`.

    It takes two admin requests, however many partitions there are: for the group's committed offsets and for the end
    offsets. While some partitions have no commit, a third one asks for the begin offsets of these. Topics that are
    named are looked up in the cluster's metadata first. Control records of transactions count too: Kafka tells offsets.

    Raises `KafkaFailed` for a topic that does not exist, and without `topics` for a group that has committed nothing.
    """
    return _sample(lab.admin, lab.bootstrap_servers, group, _places(lab.admin, lab.bootstrap_servers, topics))


class LagRecorder:
    """Measures the lag of `group` every `interval` seconds, in the background of a `with` block or until `stop`.

    It keeps the newest `keep` samples and as many marks. What goes wrong in the background is raised by `stop`.
    """

    def __init__(
        self, lab: Lab, group: str, topics: Sequence[str] | None = None, *, interval: float = 0.2, keep: int = 3000
    ) -> None:
        if not interval > 0 or keep < 1:
            raise InvalidInput(f"Lag cannot be kept every {interval} s, {keep} times.", "Give numbers above 0.")
        self.group = group
        self.started = time.time()
        self._address = lab.bootstrap_servers
        self._topics = topics
        self._admin = clients.connect(AdminClient, lab.bootstrap_servers)  # its own: it waits behind nobody's requests
        self._places: list[TopicPartition] | None = None
        self._lock = threading.Lock()
        self._samples: deque[LagSample] = deque(maxlen=keep)
        self._marks: deque[Mark] = deque(maxlen=keep)
        self._background = Background(f"lag of {group}", self._measure, interval)

    @property
    def samples(self) -> list[LagSample]:
        """The samples so far, oldest first."""
        with self._lock:
            return list(self._samples)

    @property
    def marks(self) -> list[Mark]:
        """The marks so far, oldest first."""
        with self._lock:
            return list(self._marks)

    def mark(self, text: str) -> None:
        """Remember that something happened now, for the plot and for `marks`. Any thread may call it."""
        with self._lock:
            self._marks.append(Mark(time.time(), text))

    def frame(self) -> pd.DataFrame:
        """Return a row a sample and partition: seconds since the start, topic, partition, committed, end, lag."""
        rows = [
            [sample.when - self.started, part.topic, part.partition, part.committed, part.end, part.lag]
            for sample in self.samples
            for part in sample.partitions
        ]
        return pd.DataFrame(rows, columns=["seconds", *PartitionLag.__slots__]).astype({"committed": "Int64"})

    def start(self) -> LagRecorder:
        """Take the first sample, so that a wrong name is an error here, then go on in the background."""
        self._places = _places(self._admin, self._address, self._topics)
        self.started = time.time()
        self._measure()
        self._background.start()
        return self

    def stop(self) -> None:
        """End the background thread and raise what went wrong in it. May be called twice."""
        self._background.stop()

    def __enter__(self) -> LagRecorder:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _measure(self) -> None:
        sample = _sample(self._admin, self._address, self.group, self._places)
        with self._lock:
            self._samples.append(sample)


def _places(admin: AdminClient, address: str, topics: Sequence[str] | None) -> list[TopicPartition] | None:
    if topics is None:
        return None
    known = {topic: clients.metadata(admin, address, topic).topics[topic].partitions for topic in topics}
    return [TopicPartition(topic, partition) for topic in topics for partition in sorted(known[topic])]


def _sample(admin: AdminClient, address: str, group: str, places: list[TopicPartition] | None) -> LagSample:
    asked = [ConsumerGroupTopicPartitions(group, places)]
    answers = admin.list_consumer_group_offsets(asked, request_timeout=clients.PATIENCE)
    answer = clients.results(answers, f"The offsets of group {group!r} were asked for", address)[group]
    committed: list[TopicPartition] = answer.topic_partitions
    if not committed:
        problem = f"Group {group!r} has committed nothing at {address}."
        raise KafkaFailed(problem, "Check its name, or name the topics to count from their beginning.")
    when = time.time()
    ends = clients.offsets(admin, address, committed, clients.LATEST)
    begins = clients.offsets(admin, address, [place for place in committed if place.offset < 0], clients.EARLIEST)
    return LagSample(when, group, tuple(_partition(place, ends[place], begins) for place in sorted(committed)))


def _partition(place: TopicPartition, end: int, begins: dict[TopicPartition, int]) -> PartitionLag:
    committed = None if place in begins else place.offset
    start = begins.get(place, place.offset)
    return PartitionLag(place.topic, place.partition, committed, end, max(end - start, 0))
