# SPDX-License-Identifier: Apache-2.0
"""The decision guide: every combination of answers gets advice that does not contradict itself, with the experiment behind it."""

from __future__ import annotations

import re
from itertools import product

import pandas as pd
import pytest

from helpers import guide
from helpers.errors import InvalidInput
from helpers.guide import QUESTIONS, advise

NO = dict.fromkeys(QUESTIONS, False)
YES = dict.fromkeys(QUESTIONS, True)
EVERYTHING = [dict(zip(QUESTIONS, answers, strict=True)) for answers in product((True, False), repeat=len(QUESTIONS))]
GROUPS = {
    "who writes": {guide.SINK, guide.CONSUMER, guide.DIRECT, guide.ONE_DATABASE},
    "how it is sent": {guide.OUTBOX, guide.TOPIC_FIRST, guide.DUAL_WRITE},
    "key": {guide.UPSERT, guide.COORDINATES, guide.KEY_FIRST},
}
KAFKA_SUITS = NO | {"target known to a connector": True, "target may be seconds late": True, "key in each record": True}


@pytest.fixture(scope="module")
def found_tables() -> list[pd.DataFrame]:
    return [advise(answers) for answers in EVERYTHING]


def test_every_combination_of_answers_gets_advice_with_its_reason_and_its_lesson(
    found_tables: list[pd.DataFrame],
) -> None:
    assert len(EVERYTHING) == 2 ** len(QUESTIONS)
    for found in found_tables:
        assert list(found.columns) == ["advice", "because", "experiment"]
        assert len(found) >= 1
        assert found["because"].str.endswith(".").all()
        assert all(re.match(r"lesson (0\d|1[0-2]): \w", experiment) for experiment in found["experiment"])


def test_no_advice_contradicts_another(found_tables: list[pd.DataFrame]) -> None:
    for answers, found in zip(EVERYTHING, found_tables, strict=True):
        given = set(found["advice"])
        kafka = answers["target may be seconds late"]
        assert len(given & GROUPS["who writes"]) == 1
        assert len(given & GROUPS["how it is sent"]) == len(given & GROUPS["key"]) == kafka
        assert bool(given & {guide.SINK, guide.CONSUMER}) == kafka


def test_each_piece_of_advice_and_each_question_matters(found_tables: list[pd.DataFrame]) -> None:
    told = set().union(*(found["advice"] for found in found_tables))
    assert set().union(*GROUPS.values()) < told
    for name in QUESTIONS:
        changed = [
            advise(answers | {name: True}).equals(advise(answers | {name: False})) for answers in EVERYTHING[::37]
        ]
        assert not all(changed), f"nothing depends on {name}"


def test_a_sink_unless_something_speaks_against_it() -> None:
    assert advise(KAFKA_SUITS)["advice"].tolist() == [guide.SINK, guide.TOPIC_FIRST, guide.UPSERT]
    against = {"business rule for each record": True, "target known to a connector": False}
    found = advise(KAFKA_SUITS | against)["advice"].tolist()
    assert found[:3] == [guide.CONSUMER, guide.CONSUMER, guide.TOPIC_FIRST], "a row for each reason"


def test_an_own_database_that_must_agree_needs_an_outbox() -> None:
    own = KAFKA_SUITS | {"order in own database first": True}
    assert advise(own)["advice"][1] == guide.DUAL_WRITE
    assert advise(own | {"order and event must agree": True})["advice"][1] == guide.OUTBOX


def test_who_cannot_wait_does_not_go_through_kafka() -> None:
    assert advise(NO)["advice"].tolist() == [guide.DIRECT]
    assert advise(YES | {"target may be seconds late": False})["advice"].tolist() == [guide.ONE_DATABASE]


def test_a_delete_without_a_key_finds_no_row() -> None:
    found = set(advise(KAFKA_SUITS | {"deletes must arrive": True, "key in each record": False})["advice"])
    assert {guide.KEY_FIRST, guide.TOMBSTONES} < found


def test_the_questions_are_whole_sentences() -> None:
    assert all(sentence[0].isupper() and sentence.endswith("?") for sentence in QUESTIONS.values())


def test_answers_that_are_no_answers_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"no question 'colour'\. It asks: business rule for each record, "):
        advise({**NO, "colour": True})
    for answer in ("yes", 1, None):
        with pytest.raises(InvalidInput, match=r"'deletes must arrive' is .*Answer True or False"):
            advise({**NO, "deletes must arrive": answer})  # type: ignore[dict-item]
    with pytest.raises(InvalidInput, match="have no answer: key in each record, deletes must arrive"):
        advise({name: True for name in QUESTIONS if name not in ("key in each record", "deletes must arrive")})
