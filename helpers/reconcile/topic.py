# SPDX-License-Identifier: Apache-2.0
"""The topic's side: what a group has committed, and the new records since the last look. It joins no group and commits nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from difflib import get_close_matches

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from helpers import clients
from helpers.errors import InvalidInput, KafkaFailed, TimedOut
from helpers.lab import Lab
from helpers.lag import EARLIEST, LATEST
from helpers.reconcile.counting import Keys
from helpers.reconcile.keys import KeyFinder, lives

_BATCH = 10_000
_STALL = 20.0  # seconds without a record, before the end of the topic, after which it is given up
_SETTINGS = {
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "isolation.level": "read_committed",  # a row of an aborted transaction is strange, and its absence is no loss
    "auto.offset.reset": "earliest",  # where retention has removed the next record; the gap is counted
    "fetch.wait.max.ms": 20,  # the next question waits behind an open fetch
    "fetch.queue.backoff.ms": 10,
    "reconnect.backoff.max.ms": 1000,
}


class Topic:
    """The records of a topic as `keys`, read up to its end at each `read`. Use it in one thread, and `close` it.

    Raises `InvalidInput` for a topic that does not exist, `LabNotRunning` when no broker answers.
    """

    def __init__(self, lab: Lab, name: str, finder: KeyFinder, group: str | None) -> None:
        self.name = name
        self.keys = Keys()
        self.records = 0
        """Records that were read."""
        self.without_key = 0
        """Those of them in which no key was found."""
        self.removed = 0
        """Offsets before the beginning of the log: retention, or an administrator, has removed their records."""
        self.gaps = 0
        """Offsets after the beginning without a record: it was removed, or aborted, or they are the marks of transactions."""
        self.commits = self.commits_beyond = 0
        """Partitions with a committed offset at the last `committed`, and those of them that have it beyond their end."""
        self.finder = finder
        self._address = lab.bootstrap_servers
        self._next: dict[int, int] = {}
        # The group's name is needed to ask for its offsets. A consumer without a subscription never joins the group.
        self._consumer = clients.new(Consumer, lab.client_settings, {**_SETTINGS, "group.id": group or "reconcile"})
        try:
            self._check_name()
        except BaseException:
            self.close()
            raise

    def committed(self) -> dict[int, int]:
        """Return the group's committed offset of each partition that has one, as far as the topic reaches now.

        An offset beyond the end says nothing: it was committed for an earlier topic of this name, or in an open transaction.
        """
        places = self._places()
        with clients.asking(f"return the offsets of a group on topic {self.name!r}", self._address):
            answers = _offsets(self._consumer.committed(places, clients.PATIENCE))
        committed = {partition: offset for partition, offset in answers.items() if offset >= 0}
        ends = self._ends(places)
        reached = {partition: offset for partition, offset in committed.items() if offset <= ends[partition]}
        self.commits, self.commits_beyond = len(committed), len(committed) - len(reached)
        return reached

    def ends(self) -> dict[int, int]:
        """Return the end offset of each partition."""
        return self._ends(self._places())

    def read(self) -> None:
        """Read what is new, up to the end that the topic has when this is called.

        Raises `KafkaFailed` if the topic was deleted or is another one now, `LabNotRunning` when no broker answers, and
        `TimedOut` when no record comes for 20 seconds.
        """
        ends = self.ends()
        self._begin([number for number in ends if number not in self._next])
        if shorter := [number for number, end in ends.items() if end < self._next[number]]:
            problem = f"Partition {shorter[0]} of topic {self.name!r} is shorter than before: it is another topic now."
            raise KafkaFailed(problem, "Start the comparison again.")
        left = {number: end for number, end in ends.items() if end > self._next[number]}
        if not left:
            return
        self._consumer.assign([TopicPartition(self.name, number, self._next[number]) for number in left])
        try:
            self._read_to(left)
        finally:
            self._consumer.unassign()

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._consumer.close()

    def _check_name(self) -> None:
        known = clients.metadata(self._consumer, self._address).topics
        if self.name not in known:
            near = get_close_matches(self.name, known, 1) or sorted(it for it in known if not it.startswith("__"))[:5]
            there = f"It has {', '.join(near)}." if near else "It has no topic yet."
            raise InvalidInput(f"Kafka at {self._address} has no topic {self.name!r}.", there)

    def _places(self) -> list[TopicPartition]:
        """All partitions, asked again each time: their number may grow."""
        found = clients.metadata(self._consumer, self._address, self.name).topics[self.name].partitions
        return [TopicPartition(self.name, number) for number in found]

    def _ends(self, places: Iterable[TopicPartition]) -> dict[int, int]:
        return self._times(LATEST, [place.partition for place in places])

    def _times(self, time_: int, partitions: Iterable[int]) -> dict[int, int]:
        asked = [TopicPartition(self.name, number, time_) for number in partitions]
        with clients.asking(f"return the offsets of topic {self.name!r}", self._address):
            return _offsets(self._consumer.offsets_for_times(asked, clients.PATIENCE)) if asked else {}

    def _begin(self, partitions: list[int]) -> None:
        """Start at the beginning of partitions that are new here."""
        for number, begin in self._times(EARLIEST, partitions).items():
            self._next[number] = begin
            self.removed += begin

    def _read_to(self, ends: dict[int, int]) -> None:
        progress = time.monotonic()
        while ends:
            batch = self._consumer.consume(_BATCH, 0.2)  # short: Ctrl-C waits until it returns
            self._take([message for message in batch if not message.error()])
            self._skip([message for message in batch if message.error()])
            for number in [number for number, end in ends.items() if self._next[number] >= end]:
                del ends[number]
            if batch:
                progress = time.monotonic()
            elif time.monotonic() - progress > clients.PATIENCE:
                self._check_stall(time.monotonic() - progress, len(ends))

    def _skip(self, messages: list[Message]) -> None:
        """Pass the last offsets of a partition if they have no record: then the client only reports that there is no more."""
        for message in messages:
            error = message.error()
            if error and error.code() != KafkaError._PARTITION_EOF:
                raise clients.failed(KafkaException(error), f"read topic {self.name!r}", self._address)
            partition, offset = _place(message)
            self.gaps += max(offset - self._next[partition], 0)
            self._next[partition] = max(offset, self._next[partition])

    def _check_stall(self, seconds: float, partitions: int) -> None:
        self._places()  # raises if no broker answers
        if seconds > _STALL:
            problem = (
                f"No record of topic {self.name!r} came for {_STALL:g} s, before the end of {partitions} partitions."
            )
            raise TimedOut(problem, "`topics.describe` shows which partitions have no leader.")

    def _take(self, batch: list[Message]) -> None:
        records = [(message.key(), message.value()) for message in batch]
        self.finder.decide(records)
        find, take, following = self.finder.find, self.keys.take, self._next
        for message, record in zip(batch, records, strict=True):
            partition, offset = _place(message)
            self.gaps += offset - following[partition]
            following[partition] = offset + 1
            key = find(record)
            if key is None:
                self.without_key += 1
            else:
                take(key, partition, offset, lives(record[1]))
        self.records += len(batch)


def _place(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    assert partition is not None and offset is not None
    return partition, offset


def _offsets(places: Iterable[TopicPartition]) -> dict[int, int]:
    """The offset of each partition. Raises `KafkaException` for the first one that the broker refused."""
    found = {}
    for place in places:
        if place.error:
            raise KafkaException(place.error)
        found[place.partition] = place.offset
    return found
