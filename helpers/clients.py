# SPDX-License-Identifier: Apache-2.0
"""How a Kafka client is made here: its log is kept, not printed. Its waits have a limit. Its errors are the lab's."""

from __future__ import annotations

import logging
import re
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ClusterMetadata, OffsetSpec

from helpers.arguments import check_mapping, check_text
from helpers.errors import InvalidInput, KafkaFailed, LabError, LabNotRunning

Client = TypeVar("Client", Producer, Consumer, AdminClient)
Key = TypeVar("Key")

PATIENCE = 5.0
"""Seconds that a client waits for the first answer from an address."""

log: deque[str] = deque(maxlen=200)
"""The newest lines of librdkafka's log, oldest first. A client delivers its lines when it is polled."""

_seen: deque[tuple[float, str]] = deque(maxlen=200)
"""The same with the time (s since 1970) at which each came."""

_LOGIN = re.compile(
    r"(SASL authentication error|SASL [\w-]+ mechanism.*?failed[^:]*|SSL handshake failed): .*?(?= \(after)"
)

EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]

_UNREACHABLE = {KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}


class _Keep(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log.append(record.getMessage())
        _seen.append((record.created, record.getMessage()))


_logger = logging.getLogger("helpers.librdkafka")
_logger.handlers = [_Keep()]  # replaces an earlier one: a notebook may load this module again
_logger.propagate = False  # librdkafka repeats "Connection refused" ten times a second: too much for a notebook


def is_secret(key: str) -> bool:
    """Return whether the setting `key` holds what nobody else may see, by its name."""
    return re.search(r"password|secret|\.pem$|passphrase", key) is not None


class ClientSettings(dict[str, Any]):
    """Settings of a client with librdkafka's dotted keys. Its text shows no password."""

    def __repr__(self) -> str:
        return repr({key: "…" if is_secret(key) else value for key, value in self.items()})

    def __or__(self, more: Mapping[str, Any]) -> ClientSettings:  # type: ignore[override]
        return ClientSettings({**self, **more})


def new(kind: type[Client], where: str | Mapping[str, object], config: Mapping[str, object] | None = None) -> Client:
    """Return a new client of `kind`, set up by `config` (librdkafka's dotted keys). It is not connected yet.

    `where` is Kafka's address, or `client_settings` of a lab.

    Raises `InvalidInput` with librdkafka's own words for a key or a value that it does not know, and as `check_settings` does.
    """
    check_settings(config)
    # librdkafka waits this long before the first connection too. The default would add 50 ms to each client's start.
    place = {"bootstrap.servers": where} if isinstance(where, str) else where
    settings: dict[str, Any] = {"reconnect.backoff.ms": 10, **place, **(config or {})}
    try:
        return kind(settings, logger=_logger)
    except KafkaException as error:
        problem = f"librdkafka refuses this configuration: {words(error)}."
        raise InvalidInput(problem, "Check the key and its value.") from error


def check_settings(config: Mapping[str, object] | None) -> None:
    """Check that librdkafka survives these settings of a client.

    A group without a name, and a text with half a character, end the whole process: in a notebook, its kernel.
    Raises `InvalidInput`.
    """
    check_mapping("config", config)
    for key, value in (config or {}).items():
        if isinstance(value, str) or key == "group.id":
            check_text(key, value, may_be_empty=key != "group.id")


def metadata(client: Producer | Consumer | AdminClient, address: str, topic: str | None = None) -> ClusterMetadata:
    """Return what the cluster reports about itself and about `topic`, or about all topics if none is given.

    Raises `LabNotRunning` when nothing answers at `address` in time, and `KafkaFailed` when there is no such topic.
    """
    try:
        answer: ClusterMetadata = client.list_topics(topic, timeout=PATIENCE)
    except KafkaException as error:
        client.poll(0)  # delivers its log
        raise failed(error, "list the topics", address) from error
    if topic and (refusal := answer.topics[topic].error):
        raise KafkaFailed(f"Topic {topic!r} at {address}: {refusal.str()}.", "Create it with `topics.create`.")
    return answer


def results(futures: Mapping[Key, Future[Any]], what: str, address: str) -> dict[Key, Any]:
    """Wait for the answers to one admin request, which has its own timeout, and return them by the same keys.

    Raises `KafkaFailed` with the broker's words, or `LabNotRunning`, for the first request that failed.
    """
    with asking(what, address):
        return {key: future.result() for key, future in futures.items()}


def offsets(
    admin: AdminClient, address: str, places: Sequence[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    """Return an offset for each of `places`: one request, however many partitions. Raises as `results` does."""
    if not places:
        return {}
    answers = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=PATIENCE)
    return {place: answer.offset for place, answer in results(answers, "return offsets", address).items()}


@contextmanager
def asking(what: str, address: str) -> Iterator[None]:
    """Turn what a client raises in the block into the lab's errors, as `failed` does. `what` is the request: "list the topics"."""
    try:
        yield
    except KafkaException as error:
        raise failed(error, what, address) from error


def failed(error: KafkaException, what: str, address: str) -> LabError:
    """Return the error to raise for `error`: `LabNotRunning` when nothing answered, else `KafkaFailed`."""
    if error.args[0].code() in _UNREACHABLE:
        problem = f"No Kafka broker answers at {address} ({_reason(address)})."
        return LabNotRunning(problem, "Start the lab with `./lab up`, or check the address.")
    return KafkaFailed(f"Kafka refused to {what}: {words(error)}.")


def words(error: KafkaException) -> str:
    """Return what librdkafka or the broker said, without the full stop."""
    return str(error.args[0].str()).rstrip(".")


def _reason(address: str) -> str:
    """Why the first server of `address` does not answer now. librdkafka's log may show an earlier problem."""
    host, _, port = address.split(",")[0].rpartition(":")
    try:
        socket.create_connection((host, port), timeout=1).close()
        since = time.time() - 2 * PATIENCE
        refused = (_LOGIN.search(line) for when, line in reversed(_seen) if when > since)
        if newest := next(filter(None, refused), None):
            return newest[0]
    except ConnectionRefusedError:
        return "Connection refused"
    except OSError as error:
        return error.strerror or str(error)
    return "the connection is accepted, and no answer comes"
