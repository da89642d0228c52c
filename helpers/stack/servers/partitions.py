# SPDX-License-Identifier: Apache-2.0
"""Asks one broker for leader, replicas, ISR and ELR of a topic: Kafka's request DescribeTopicPartitions (its number is 75).

The Python client does not have this request, and only its answer has the ELR (KIP-966). A question to a broker that is frozen
ends after `PATIENCE` seconds. A client that knows all brokers would wait longer, and may ask the frozen one.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from helpers.errors import KafkaFailed

PATIENCE = 1.0
"""Seconds to wait for a broker's answer."""

NO_LEADER = -1

_REQUEST, _VERSION = 75, 0
_LIMIT = 2000  # partitions in an answer; Kafka's default of max.request.partition.size.limit
_UNKNOWN_TOPIC = 3

Item = TypeVar("Item")


@dataclass(frozen=True)
class Partition:
    """One partition, as a broker knows it. All numbers are those of brokers; `leader` is -1 if there is none."""

    number: int
    leader: int
    replicas: list[int]
    isr: list[int]
    elr: list[int]


def describe(port: int, topic: str) -> list[Partition]:
    """Return the partitions of `topic`, as the broker at `port` of this computer knows them.

    Raises `OSError` if it does not answer in time, and `KafkaFailed` for a topic that does not exist.
    """
    name = topic.encode()
    header = struct.pack(">hhihb", _REQUEST, _VERSION, 0, -1, 0)
    topics = bytes([2]) + _length(len(name) + 1) + name + b"\0"  # an array of one has the length 2: 1 is the empty one
    question = header + topics + struct.pack(">ibb", _LIMIT, -1, 0)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(struct.pack(">i", len(question)) + question)
        with connection.makefile("rb") as stream:
            (size,) = struct.unpack(">i", _exactly(stream.read(4), 4))
            return _partitions(_Answer(_exactly(stream.read(size), size)), topic)


def _partitions(answer: _Answer, topic: str) -> list[Partition]:
    answer.skip(4 + 1 + 4)  # correlation id, tags, throttle time
    assert answer.varint() == 2, "one topic was asked for"
    if (code := answer.number("h")) == _UNKNOWN_TOPIC:
        raise KafkaFailed(f"No topic {topic} in this cluster.", "Create it first.")
    if code:
        raise KafkaFailed(f"Kafka refused to describe topic {topic!r}: error {code}.")
    answer.skip(answer.varint() - 1)  # its name
    answer.skip(16 + 1)  # its id, whether it is internal
    return sorted(answer.several(lambda: _partition(answer)), key=lambda partition: partition.number)


def _partition(answer: _Answer) -> Partition:
    answer.skip(2)  # an error of this partition, as "no leader": the leader shows that too
    number, leader = answer.number("i"), answer.number("i")
    answer.skip(4)  # the leader's epoch
    replicas, isr, elr, _last_known_elr, _offline = (answer.several(lambda: answer.number("i")) for _ in range(5))
    answer.skip(1)
    return Partition(number, leader, replicas, sorted(isr), sorted(elr))


class _Answer:
    """Reads an answer from its beginning."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def skip(self, size: int) -> None:
        self._at += size

    def number(self, kind: str) -> int:
        (found,) = struct.unpack_from(f">{kind}", self._content, self._at)
        self._at += struct.calcsize(kind)
        return int(found)

    def varint(self) -> int:
        """An unsigned number, seven bits a byte, the lowest first."""
        found = shift = 0
        while True:
            byte = self._content[self._at]
            self._at += 1
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
            shift += 7

    def several(self, read: Callable[[], Item]) -> list[Item]:
        """A list. Its length is written plus 1, and 0 means null."""
        return [read() for _ in range(self.varint() - 1)]


def _length(number: int) -> bytes:
    """`number` as `varint` reads it."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _exactly(content: bytes, size: int) -> bytes:
    if len(content) < size:
        raise ConnectionError("the broker closed the connection")
    return content
