# SPDX-License-Identifier: Apache-2.0
"""When the listener tries again, and when it gives up; what Kafka has to do with it is tested with a real broker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from helpers.lab import Lab
from helpers.shop import listener as module
from helpers.shop.dead_letters import DeadLetter
from helpers.shop.listener import Listener, NotNow
from tests.unit.shop.messages import message, value

BATCH = [message(value())]


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REST", 0.0)


def test_work_that_cannot_be_done_now_is_tried_again(mock: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    given: list[Sequence[Message]] = []

    def work(messages: Sequence[Message]) -> list[DeadLetter]:
        given.append(messages)
        if len(given) < 3:
            raise NotNow("database is locked")
        return []

    assert Listener(mock.bootstrap_servers, "orders", "group", work)._done(BATCH)
    assert given == [BATCH] * 3
    assert capsys.readouterr().err.splitlines() == ["1 records must wait: database is locked."] * 2


def test_a_listener_that_must_stop_leaves_such_work_to_the_next_one(mock: Lab) -> None:
    def work(_: Sequence[Message]) -> list[DeadLetter]:
        listener._stopping.set()
        raise NotNow("database is locked")

    listener = Listener(mock.bootstrap_servers, "orders", "group", work)
    assert not listener._done(BATCH)


def test_reports_of_errors_are_no_records(capsys: pytest.CaptureFixture[str]) -> None:
    report = Message(error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "no such topic"))
    assert module._records([report, *BATCH]) == BATCH
    assert capsys.readouterr().err == "Kafka reports: no such topic.\n"
    with pytest.raises(KafkaException, match="fenced"):
        module._records([*BATCH, Message(error=KafkaError(KafkaError._FENCED, "fenced", fatal=True))])
