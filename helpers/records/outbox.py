"""Records on their way to a topic, and the failures among them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from helpers.errors import DeliveryFailed, InvalidInput

Value = str | bytes | dict[str, Any] | None
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A record to produce. A dict is sent as JSON; None is a tombstone. Without a partition, the key decides."""

    value: Value
    key: str | bytes | None = None
    headers: dict[str, str | bytes] | None = None
    partition: int | None = None


class Outbox:
    """Hands records to a producer in batches and collects what was refused."""

    def __init__(self, producer: Producer, topic: str, *, reporting: bool = False) -> None:
        self.count = 0
        self.failed = 0
        self.failures: list[tuple[object, str]] = []
        self.largest_refused = 0
        self.reports: list[Message] = []
        self._producer = producer
        self._topic = topic
        self._reporting = reporting

    def send(self, batch: list[Fields]) -> None:
        """Hand `batch` to the client. A full queue empties: each record leaves it acknowledged or timed out."""
        # produce_batch is the fastest, but confluent-kafka 2.16 drops headers and a record's own partition there, silently
        offer = self._offer_singly if any(len(fields) > 2 for fields in batch) else self._offer
        if self._reporting:
            self.reports += [Message()] * len(batch)
            for index, fields in enumerate(batch, self.count):
                fields["callback"] = partial(self._report, index)
        self.count += len(batch)
        while batch := offer(batch):
            self._producer.poll(0.1)
        self._producer.poll(0)

    def finish(self, timeout: float) -> None:
        """Wait for the last acknowledgements. What is unanswered after `timeout` seconds counts as failed."""
        if self._producer.flush(timeout):
            self._producer.purge()
            self._producer.flush(1)

    def error(self, size_limit: int) -> DeliveryFailed:
        """Return the error for the failures so far. `size_limit` is told where a record was too large, in bytes."""
        reason = self.failures[0][1]
        remedy = "`failures` of this error lists them, up to a hundred."
        if self.largest_refused:
            reason += f" ({self.largest_refused:,} bytes; the limit is {size_limit:,})"
            remedy = "Send smaller records, or raise message.max.bytes (producer) and max.message.bytes (topic)."
        problem = f"{self.failed} of {self.count} records did not reach topic {self._topic!r}: {reason}."
        return DeliveryFailed(problem, remedy, failures=self.failures, count=self.failed)

    def _offer(self, batch: list[Fields]) -> list[Fields]:
        if self._producer.produce_batch(self._topic, batch, on_delivery=self._delivered) == len(batch):
            return []
        refused = [(fields, fields.pop("_error")) for fields in batch if "_error" in fields]
        for fields, error in refused:
            if error.code() != KafkaError._QUEUE_FULL:
                self._fail(fields.get("key"), fields["value"], error)
        return [fields for fields, error in refused if error.code() == KafkaError._QUEUE_FULL]

    def _offer_singly(self, batch: list[Fields]) -> list[Fields]:
        for index, fields in enumerate(batch):
            try:
                self._producer.produce(self._topic, **{"callback": self._delivered, **fields})
            except BufferError:
                return batch[index:]
            except KafkaException as error:
                self._fail(fields.get("key"), fields["value"], error.args[0])
        return []

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error:
            self._fail(message.key(), message.value(), error)

    def _report(self, index: int, error: KafkaError | None, message: Message) -> None:
        self.reports[index] = message
        self._delivered(error, message)

    def _fail(self, key: object, value: str | bytes | None, error: KafkaError) -> None:
        self.failed += 1
        if len(self.failures) < 100:
            self.failures.append((text(key), error.str().rpartition(": ")[2]))
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE and value is not None:
            size = len(value.encode() if isinstance(value, str) else value)
            self.largest_refused = max(self.largest_refused, size)


def fields(record: Record | tuple[str | bytes | None, Value] | Value) -> Fields:
    """Return `record` as the producer's arguments. Raises `InvalidInput` unless its value is text, bytes, a dict or None."""
    if isinstance(record, (str, bytes)):
        return {"value": record}
    if isinstance(record, tuple) and len(record) == 2:
        return {"key": record[0], "value": _payload(record[1])}
    if not isinstance(record, Record):
        return {"value": _payload(record)}
    extras = {"headers": record.headers, "partition": record.partition}
    given = {name: extra for name, extra in extras.items() if extra is not None}
    return {"key": record.key, "value": _payload(record.value), **given}


def text(data: object) -> object:
    """Return bytes that are UTF-8 as text, and everything else as it is."""
    if not isinstance(data, bytes):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _payload(value: object) -> str | bytes | None:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, (str, bytes)):
        return value
    problem = f"A record's value cannot be of type {type(value).__name__}: {value!r:.60}."
    raise InvalidInput(problem, "Give text, bytes, a dict or None.")
