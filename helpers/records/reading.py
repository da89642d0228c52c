# SPDX-License-Identifier: Apache-2.0
"""An exact number of records, read before a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, Message, TopicPartition
from confluent_kafka.admin import ClusterMetadata

from helpers import clients
from helpers.arguments import above_zero, check_mapping, check_text, is_whole, whole_number
from helpers.errors import InvalidInput, KafkaFailed, TimedOut
from helpers.lab import Lab
from helpers.topics import check_name
from helpers.waiting import wait_until

_BATCH = 10_000
_NAMED_OFFSETS = {
    **dict.fromkeys(("earliest", "beginning", "smallest"), OFFSET_BEGINNING),
    **dict.fromkeys(("latest", "end", "largest"), OFFSET_END),
}
"""The words of librdkafka, some of which are old ones."""
_LAST = 2**63
"""Offsets are below this: they are sent in eight bytes."""
_PROMPT = {
    "fetch.wait.max.ms": 50,  # while a broker waits for new records in one partition, the others wait too
    "fetch.queue.backoff.ms": 10,  # librdkafka's pause when its queue is full; by default a second
}
_NOTHING_NEW = (
    "A consumer gets only records after its group's committed offset, or after the end of the log if it starts from "
    "'latest'. Produce more, use another group, or give it more time."
)


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
    it returns. A topic that is not there yet is waited for: a connector may be about to create it.

    Raises `TimedOut` saying how many came within `timeout` seconds, or that the topic did not (nothing is committed then),
    `InvalidInput` for an argument that cannot be right, and `LabNotRunning` when nothing answers.
    """
    _check(topic, group, count, timeout)
    check_mapping("config", config)
    start = _offset(from_offset)
    settings = {
        "group.id": group or "reads without a group",
        "auto.offset.reset": from_offset if isinstance(from_offset, str) else "error",
        "enable.auto.commit": False,
        **_PROMPT,
        **(config or {}),
    }
    deadline = time.monotonic() + timeout
    with clients.new(Consumer, lab.client_settings, settings) as consumer:
        partitions = _partitions(lab, consumer, topic, timeout)
        if group:
            _join(consumer, topic, None if isinstance(from_offset, str) else start)
        else:
            consumer.assign([TopicPartition(topic, number, start) for number in partitions])
        messages = _read(consumer, topic, count, timeout, deadline=deadline)
        if group:
            consumer.commit(asynchronous=False)
    return messages


def _check(topic: str, group: str | None, count: int, timeout: float) -> None:
    check_name(topic)
    if group is not None:
        check_text("group", group)
    whole_number(count, "count")
    above_zero(timeout, "timeout")


def _offset(wanted: int | str) -> int:
    """Return `wanted` as the client's number. Raises `InvalidInput` for a word that it does not know, and for a negative number."""
    if isinstance(wanted, str) and wanted in _NAMED_OFFSETS:
        return _NAMED_OFFSETS[wanted]
    if not isinstance(wanted, str) and is_whole(wanted) and 0 <= wanted < _LAST:
        return int(wanted)
    problem = f"A reader cannot start from {wanted!r:.60}."
    raise InvalidInput(problem, "Give 'earliest', 'latest' or the number of a record.")


def _partitions(lab: Lab, consumer: Consumer, topic: str, timeout: float) -> Iterable[int]:
    """Return the numbers of the partitions of `topic`, once it is there."""

    def known() -> ClusterMetadata | None:
        try:
            return clients.metadata(consumer, lab.bootstrap_servers, topic)
        except KafkaFailed:
            return None

    what, remedy = f"topic {topic!r} at {lab.bootstrap_servers}", "Create it with `topics.create`."
    found = wait_until(known, timeout, what, remedy=remedy, last_seen=lambda: "no such topic", pause=0.1)
    assert found
    numbers: Iterable[int] = found.topics[topic].partitions
    return numbers


def _join(consumer: Consumer, topic: str, start: int | None) -> None:
    """Subscribe to `topic`. Where its group has committed nothing, `auto.offset.reset` decides, unless a number is given."""
    if start is None:
        consumer.subscribe([topic])
    else:
        consumer.subscribe([topic], on_assign=partial(_assign, start))


def _assign(start: int, consumer: Consumer, given: list[TopicPartition]) -> None:
    """Let `consumer` begin at `start` in the partitions of which its group has committed nothing."""
    committed = consumer.committed(given, clients.PATIENCE)
    for place in committed:
        if place.offset < 0:
            place.offset = start
    consumer.assign(committed)


def _read(consumer: Consumer, topic: str, count: int, timeout: float, *, deadline: float) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            problem = f"Waited {timeout:g} s for {count} records of topic {topic!r}; {len(messages)} came."
            raise TimedOut(problem, _NOTHING_NEW)
        # Short, because Ctrl-C waits until it returns.
        batch = consumer.consume(min(count - len(messages), _BATCH), min(left, 0.2))
        for message in batch:
            if error := message.error():
                raise KafkaFailed(f"Topic {topic!r} could not be read: {error.str()}.")
        messages += batch
    return messages
