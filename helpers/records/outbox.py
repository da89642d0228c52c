# SPDX-License-Identifier: Apache-2.0
"""Records on their way to a topic, and the failures among them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from helpers.arguments import check_mapping, whole_number
from helpers.errors import DeliveryFailed, InvalidInput

Value = str | bytes | dict[str, Any] | None
_PLAIN = {str, bytes, type(None)}
"""What the client takes as it is. It would take others too: of a NumPy number it sends the bytes that are in memory."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record to produce. A dict is sent as JSON; None is a tombstone. Without a partition, the key decides."""

    value: Value
    key: str | bytes | None = None
    headers: dict[str, str | bytes] | None = None
    partition: int | None = None


Sendable = Record | tuple[str | bytes | None, Value] | Value


class Outbox:
    """Hands records to a producer and collects what failed. The producer's `on_delivery` must be `delivered`.

    It hands them over one by one: `produce_batch` is no faster, and drops headers and partitions silently.
    """

    def __init__(self, topic: str, *, reporting: bool = False) -> None:
        self.count = 0
        self.failed = 0
        self.failures: list[tuple[object, str]] = []
        self.largest_refused = 0
        self.reports: list[Message] = []
        self._topic = topic
        self._reporting = reporting

    def deliver(self, producer: Producer, records: Iterable[Sendable], timeout: float) -> None:
        """Hand each record to the client and wait until all are answered, for at most `timeout` seconds after the last.

        Raises `InvalidInput`, with its number, for a record that cannot be right, once those before it are answered.
        """
        try:
            self._send_all(producer, records)
        finally:
            self._finish(producer, timeout)

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        """Take the client's report of a record that was acknowledged or has failed."""
        if error:
            self._fail((message.key(), message.value(), *dict(message.headers() or {}).values()), error)

    def error(self, size_limit: int) -> DeliveryFailed:
        """Return the error for the failures so far. If a record was too large, the error names `size_limit` (bytes)."""
        reason = self.failures[0][1]
        remedy = "`failures` of this error lists them, up to a hundred."
        if self.largest_refused:
            reason += f" ({self.largest_refused:,} bytes; the limit is {size_limit:,})"
            remedy = "Send smaller records, or raise message.max.bytes (producer) and max.message.bytes (topic)."
        problem = f"{self.failed} of {self.count} records did not reach topic {self._topic!r}: {reason}."
        return DeliveryFailed(problem, remedy, failures=self.failures, count=self.failed)

    def _send_all(self, producer: Producer, records: Iterable[Sendable]) -> None:
        """If the client refuses a record at once, that is a failure like any other."""
        produce, topic = producer.produce, self._topic
        for record in records:
            self.count += 1
            if self._reporting or type(record) not in _PLAIN:
                self._send(producer, self._checked(record))
                continue
            try:  # most are plain values, and quicker sent this way
                produce(topic, record)  # type: ignore[arg-type]
            except (UnicodeEncodeError, BufferError, KafkaException):
                self._send(producer, self._checked(record))

    def _finish(self, producer: Producer, timeout: float) -> None:
        """Wait for the last acknowledgements. What is unanswered after `timeout` seconds counts as failed."""
        if producer.flush(timeout):
            producer.purge()
            producer.flush(1)

    def _checked(self, record: Sendable) -> dict[str, Any]:
        """Return `record` as the producer's arguments. Raises `InvalidInput` with its number if it cannot be right."""
        try:
            return _fields(record)
        except InvalidInput as error:
            self.count -= 1
            sent = f"The {self.count} before it are sent, and none after it."
            raise InvalidInput(f"Record {self.count + 1}: {error.problem} {sent}", error.remedy) from error

    def _send(self, producer: Producer, fields: dict[str, Any]) -> None:
        if self._reporting:
            self.reports.append(Message())
            fields["on_delivery"] = partial(self._report, len(self.reports) - 1)
        queued = False
        while not queued:  # ends: each record leaves a full queue, acknowledged or timed out, and a poll makes room
            try:
                producer.produce(self._topic, **fields)
                queued = True
            except BufferError:
                producer.poll(0.1)
            except KafkaException as error:
                parts = fields.get("key"), fields["value"], *(fields.get("headers") or {}).values()
                return self._fail(parts, error.args[0])

    def _report(self, index: int, error: KafkaError | None, message: Message) -> None:
        self.reports[index] = message
        self.delivered(error, message)

    def _fail(self, parts: tuple[object, ...], error: KafkaError) -> None:
        """Count a failure. `parts` are what the record is made of: key, value, headers."""
        self.failed += 1
        if len(self.failures) < 100:
            self.failures.append((text(parts[0]), error.str().rpartition(": ")[2]))
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            self.largest_refused = max(self.largest_refused, sum(map(_size, parts)))


def _fields(record: Sendable) -> dict[str, Any]:
    """Return `record` as the producer's arguments, or raise `InvalidInput` for a part of the wrong type."""
    if isinstance(record, tuple) and len(record) == 2:
        return {"key": _plain("key", record[0]), "value": _payload(record[1])}
    if not isinstance(record, Record):
        return {"value": _payload(record)}
    check_mapping("headers", record.headers)
    if record.partition is not None:
        whole_number(record.partition, "partition", least=0)
    partition = -1 if record.partition is None else int(record.partition)
    headers = {name: _plain(f"header {name!r}", value) for name, value in (record.headers or {}).items()}
    fields = {"key": _plain("key", record.key), "value": _payload(record.value), "partition": partition}
    return {**fields, "headers": headers or None}


def _size(part: object) -> int:
    return len(part.encode() if isinstance(part, str) else part) if isinstance(part, str | bytes) else 0


def text(data: object) -> object:
    """Return bytes that are UTF-8 as text, and everything else as it is."""
    if not isinstance(data, bytes):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _payload(value: object) -> str | bytes | None:
    if not isinstance(value, dict):
        return _plain("value", value, "Give text, bytes, a dict or None.")
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        problem = f"A record's value cannot be written as JSON: {error}."
        raise InvalidInput(problem, "Give text, numbers, true, false, None, and lists and dicts of them.") from error
    return _plain("value", written)


def _plain(what: str, value: object, remedy: str = "Give text, bytes or None.") -> str | bytes | None:
    """Return `value`, which is the record's `what`, or raise `InvalidInput` if it is no text, no bytes and not None."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            problem = f"A record's {what} has half a character: {value[error.start]!r} at position {error.start}."
            raise InvalidInput(problem, "It cannot be written in UTF-8. Write the whole character.") from error
    elif not (value is None or isinstance(value, bytes)):
        raise InvalidInput(f"A record's {what} cannot be of type {type(value).__name__}: {value!r:.60}.", remedy)
    return value
