# SPDX-License-Identifier: Apache-2.0
"""The dead letter topic: where records go that can never be handled, each with the reason and its place."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from helpers.shop.serving import complain

SUFFIX = ".dead-letters"
_PATIENCE = 5.0  # seconds for one question to the broker

_NEVER = {
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.POLICY_VIOLATION,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
"""Why a topic can never be created. All other errors may pass: a broker that has just started even refuses every replica."""


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be handled, and the reason."""

    message: Message
    reason: str

    def headers(self) -> list[tuple[str, str | bytes | None]]:
        """Return the record's own headers, then `reason`, `topic`, `partition` and `offset`, all as text."""
        place = {"topic": self.message.topic(), "partition": self.message.partition(), "offset": self.message.offset()}
        added = [(name, str(value)) for name, value in place.items()]
        return [*(self.message.headers() or []), ("reason", self.reason), *added]


class DeadLetters:
    """The dead letter topic of `topic`: its name with `.dead-letters`. The first dead letter creates it."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self.topic = topic + SUFFIX
        self._address: dict[str, str | int | float | bool] = {"bootstrap.servers": bootstrap_servers}
        self._created = False
        self._failures: list[KafkaError] = []

    @cached_property
    def _producer(self) -> Producer:
        return Producer(
            {
                **self._address,
                "linger.ms": 0,
                "message.timeout.ms": 0,  # without end: while the broker is away, nothing is given up
                "message.max.bytes": 10_000_000,  # the broker decides, also about a record that has grown by our headers
                "compression.type": "lz4",
                "reconnect.backoff.max.ms": 1000,
            }
        )

    def bury(self, letters: Sequence[DeadLetter], stopping: threading.Event) -> bool:
        """Write `letters` and return whether the broker has all of them. It waits for the broker until `stopping` is set.

        Raises `KafkaException` if the broker refuses one for good. Then its offset must not be committed.
        """
        if not letters:
            return True
        while not self._ready():
            if stopping.wait(0.2):
                return False
        for letter in letters:
            self._producer.produce(
                self.topic,
                letter.message.value(),
                letter.message.key(),
                headers=letter.headers(),
                on_delivery=self._delivered,
            )
        while self._producer.flush(1) and not stopping.is_set():
            pass  # the broker is away, and the producer tries again
        if self._failures:
            raise KafkaException(self._failures[0])
        return len(self._producer) == 0

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error:
            self._failures.append(error)

    def _ready(self) -> bool:
        """Return whether the topic is there. Create it if not."""
        try:
            self._created = self._created or self._exists() or self._create()
        except KafkaException as error:
            if error.args[0].code() in _NEVER:
                raise
            complain(f"Topic {self.topic} cannot be created now: {error.args[0].str()}.")
        return self._created

    def _exists(self) -> bool:
        found = self._producer.list_topics(self.topic, _PATIENCE).topics[self.topic]
        return found.error is None

    def _create(self) -> bool:
        admin = AdminClient(self._address)
        try:
            admin.create_topics([NewTopic(self.topic, 1)], request_timeout=_PATIENCE)[self.topic].result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another instance was faster
                raise
        return True
