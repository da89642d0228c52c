# SPDX-License-Identifier: Apache-2.0
"""A consumer in a thread: the work first, then the dead letters, then the commit. At least once, so the work must be idempotent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from helpers.shop.crash import Crash
from helpers.shop.dead_letters import DeadLetter, DeadLetters
from helpers.shop.serving import complain

BEFORE_OFFSET_COMMIT = "before-offset-commit"
_STOP_TIMEOUT = 10.0  # seconds for the batch in hand; a dead broker must not keep the process alive
_REST = 0.2  # seconds between two tries of work that cannot be done now

SETTINGS: dict[str, str | int | bool] = {
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "session.timeout.ms": 3000,  # a killed instance is noticed after 3 s; Kafka's default is 45 s
    "heartbeat.interval.ms": 500,
    "topic.metadata.refresh.interval.ms": 1000,  # a topic that is created after the start is found
    "reconnect.backoff.max.ms": 1000,
    "fetch.wait.max.ms": 50,
    "fetch.queue.backoff.ms": 10,  # the pause when enough is read ahead; by default a second
    "queued.min.messages": 20_000,
    "queued.max.messages.kbytes": 16_384,  # read ahead within the memory of a small service
}
"""Settings of the consumer, with Kafka's names."""

Work = Callable[[Sequence[Message]], Sequence[DeadLetter]]
"""Handles a batch and returns the records that can never be handled. It raises `NotNow` if it must be tried again."""


class NotNow(Exception):
    """The work cannot be done now, and nothing was done. Try the same batch again."""


class Listener:
    """Reads `topic` as a member of `group` and gives `work` batches of at most `batch` records, from `start` to `stop`.

    It commits after the work, and after the broker has the dead letters. If a commit fails, the records come again.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        group: str,
        work: Work,
        *,
        batch: int = 500,
        crash: Crash | None = None,
    ) -> None:
        self.failure: BaseException | None = None
        """What ended the listener, or None."""
        self.failed_commits = 0
        self._topic = topic
        self._work = work
        self._batch = batch
        self._crash = crash or Crash()
        self._dead_letters = DeadLetters(bootstrap_servers, topic)
        self._settings = {"bootstrap.servers": bootstrap_servers, "group.id": group, **SETTINGS}
        self._assigned: set[int] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"listener {group}", daemon=True)

    @property
    def partitions(self) -> list[int]:
        """The partitions that this member has now."""
        return sorted(self._assigned)

    def start(self) -> None:
        """Join the group. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, commit it, leave the group."""
        self._stopping.set()
        self._thread.join(_STOP_TIMEOUT)

    def _run(self) -> None:
        try:
            with Consumer(self._settings) as consumer:
                self._listen(consumer)
        except BaseException as error:
            self.failure = error
            raise

    def _listen(self, consumer: Consumer) -> None:
        consumer.subscribe([self._topic], on_assign=self._gained, on_revoke=self._gave_up, on_lost=self._gave_up)
        while not self._stopping.is_set():
            messages = _records(consumer.consume(self._batch, 0.1))
            if messages and self._done(messages):
                self._crash.at(BEFORE_OFFSET_COMMIT, len(messages))
                self._commit(consumer)

    def _done(self, messages: Sequence[Message]) -> bool:
        """Do the work, as soon as it can be done. Return False if the listener must stop before that."""
        while True:
            try:
                return self._dead_letters.bury(self._work(messages), self._stopping)
            except NotNow as reason:
                complain(f"{len(messages)} records must wait: {reason}.")
                if self._stopping.wait(_REST):
                    return False

    def _commit(self, consumer: Consumer) -> None:
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:
            # The broker was away, or another member has the partitions now. The records come again, here or there.
            self.failed_commits += 1
            complain(f"A commit failed: {error.args[0].str()}.")

    def _gained(self, _: Consumer, places: list[TopicPartition]) -> None:
        self._assigned = self._assigned | {place.partition for place in places}  # a new set: another thread reads it

    def _gave_up(self, _: Consumer, places: list[TopicPartition]) -> None:
        self._assigned = self._assigned - {place.partition for place in places}


def _records(messages: Sequence[Message]) -> list[Message]:
    """Return the records in `messages`, without the reports of errors. Raises `KafkaException` for one that is fatal."""
    for message in messages:
        if error := message.error():
            if error.fatal():
                raise KafkaException(error)
            complain(f"Kafka reports: {error.str()}.")
    return [message for message in messages if not message.error()]
