# SPDX-License-Identifier: Apache-2.0
"""What a dead letter says of its record, and what becomes of it when it cannot be written."""

from __future__ import annotations

import threading

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from helpers.shop.dead_letters import DeadLetter, DeadLetters


def test_it_has_the_records_own_headers_the_reason_and_the_place() -> None:
    record = Message(topic="orders", partition=3, offset=42, value=b"nope", headers=[("trace", b"\xff")])
    assert DeadLetter(record, "no JSON").headers() == [
        ("trace", b"\xff"),
        ("reason", "no JSON"),
        ("topic", "orders"),
        ("partition", "3"),
        ("offset", "42"),
    ]


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> DeadLetters:
    """Dead letters whose topic is not there."""
    monkeypatch.setattr(DeadLetters, "_exists", lambda _: False)
    return DeadLetters("127.0.0.1:9", "orders")


def failing(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the creation of the topic fail."""

    def create(_: DeadLetters) -> bool:
        raise KafkaException(KafkaError(code, "refused"))

    monkeypatch.setattr(DeadLetters, "_create", create)


@pytest.mark.parametrize(
    "code", [KafkaError._TRANSPORT, KafkaError.NOT_CONTROLLER, KafkaError.INVALID_REPLICATION_FACTOR]
)
def test_a_listener_that_must_stop_does_not_wait_for_the_topic(
    code: int, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(code, monkeypatch)
    stopping = threading.Event()
    stopping.set()
    assert not letters.bury([DeadLetter(Message(value=b"nope"), "no JSON")], stopping)
    assert capsys.readouterr().err == "Topic orders.dead-letters cannot be created now: refused.\n"


def test_a_topic_that_can_never_be_created_is_an_error(letters: DeadLetters, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(KafkaError.POLICY_VIOLATION, monkeypatch)
    with pytest.raises(KafkaException, match="refused"):
        letters.bury([DeadLetter(Message(value=b"nope"), "no JSON")], threading.Event())


def test_without_dead_letters_nothing_is_asked(letters: DeadLetters) -> None:
    assert letters.bury([], threading.Event())
