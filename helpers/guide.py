# SPDX-License-Identifier: Apache-2.0
"""The decision guide: what to use for your own case, and which experiment of this course says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from helpers.errors import InvalidInput

QUESTIONS: Mapping[str, str] = {
    "business rule for each record": "Must your own code decide something for each record, such as the points of a customer?",
    "target known to a connector": "Is there a sink connector for the system that you write to?",
    "key in each record": "Has each record a key of its own, which is also the primary key of the target?",
    "deletes must arrive": "Must a row disappear from the target when it is deleted at the source?",
    "target may be seconds late": "May the target have a record some seconds later than its source?",
    "order and event must agree": "Must there be an event for each order that was accepted, whatever dies?",
    "order in own database first": "Does your program need the order in its own database at once?",
    "own action for each bad record": "Must each bad record be treated in a way of its own, such as corrected and written?",
    "schema changes often": "Are fields added, renamed or removed several times a year?",
    "thousands of records a second": "Do thousands of records a second arrive, for minutes or longer?",
}
"""The questions by their short names. `advise` takes a yes (True) or a no (False) to each."""

COLUMNS = ["advice", "because", "experiment"]


class Advice(NamedTuple):
    """What to do, why, and the lesson whose experiment measured it."""

    advice: str
    because: str
    experiment: str


SINK = "Write the target with a sink connector."
CONSUMER = "Write the target with a consumer of your own."
DIRECT = "Write the target directly, without Kafka."
ONE_DATABASE = "Keep order and target in one database, and write both in one transaction."
OUTBOX = "Send events through an outbox table."
TOPIC_FIRST = "Send the order to the topic first, and accept it when the broker has it."
DUAL_WRITE = "Write the order, then send it. Compare both sides every day, as `./lab reconcile` does."
UPSERT = "Let it upsert by the key of the record."
COORDINATES = "Give each record an id where it is made. Until then use topic, partition and offset as the key."
KEY_FIRST = "Give each record a key first, and the target the same primary key."
TOMBSTONES = "Send a tombstone for each delete: a sink needs `delete.enabled`, a consumer deletes the row itself."
COMPATIBILITY = (
    "Use a schema registry with a compatibility rule. Add a column to the target before a producer sends it."
)
BATCHES = "Raise the batch size first, then partitions and tasks."

_FIVE_WAYS = "lesson 11: five ways to move orders"


def advise(answers: Mapping[str, bool]) -> pd.DataFrame:
    """Return what to do, one row for each piece of advice: advice, because, experiment. The most important one is first.

    `answers` has True or False for each name in `QUESTIONS`. The same advice has a row for each reason.

    Raises `InvalidInput` for a question that is unknown or has no answer, and for an answer that is not True or False.
    """
    _check(answers)
    yes = {name for name, answer in answers.items() if answer}
    if "target may be seconds late" not in yes:
        return pd.DataFrame([_at_once(yes)], columns=COLUMNS)
    return pd.DataFrame([*_writer(yes), _sender(yes), _key(yes), *_more(yes)], columns=COLUMNS)


def _at_once(yes: set[str]) -> Advice:
    """The target must be right at the moment of the answer: nothing that comes later will do."""
    if yes & {"order and event must agree", "order in own database first"}:
        reason = "Every way through Kafka is later, and a program may die between the commits of two databases."
        return Advice(ONE_DATABASE, reason, f"{_FIVE_WAYS}, their latency, and what a dual write lost")
    reason = (
        "It was the only way without a delay. Your program needs the target's password, and waits while it is down."
    )
    return Advice(DIRECT, reason, f"{_FIVE_WAYS}, their latency")


def _writer(yes: set[str]) -> Iterator[Advice]:
    """Who writes the target: a sink, unless there is a reason against it."""
    reasons = []
    if "business rule for each record" in yes:
        reasons.append(Advice(CONSUMER, "A sink runs no code of yours.", "lesson 11: points that a sink cannot deduct"))
    if "target known to a connector" not in yes:
        reasons.append(Advice(CONSUMER, "A sink needs a connector.", "lesson 10: other targets by configuration"))
    if "own action for each bad record" in yes:
        reason = "A sink sets a record aside, or stops. It does nothing else with it."
        reasons.append(Advice(CONSUMER, reason, "lesson 11: what a dead letter queue catches"))
    sink = Advice(
        SINK, "Nothing needs code of yours, so a configuration is enough.", "lesson 10: lines and rows a second"
    )
    yield from reasons or [sink]


def _sender(yes: set[str]) -> Advice:
    """How the order gets into Kafka."""
    if "order in own database first" not in yes:
        reason = "There is one write, so nothing can disagree. A customer without an answer sends the order again."
        return Advice(TOPIC_FIRST, reason, f"{_FIVE_WAYS}, lost orders; lesson 09: one order, one row")
    if "order and event must agree" in yes:
        reason = "Order and event are in one transaction, so a death loses both or none."
        return Advice(OUTBOX, reason, f"{_FIVE_WAYS}, lost orders")
    reason = "It is simple. It loses the event of an order when the program dies between the two writes."
    return Advice(DUAL_WRITE, reason, f"{_FIVE_WAYS}, lost orders")


def _key(yes: set[str]) -> Advice:
    """How the target is written when a record comes twice."""
    if "key in each record" in yes:
        reason = "Records come twice after a death. An upsert then writes the same row again."
        return Advice(UPSERT, reason, "lesson 12: doubled orders by insert and by upsert")
    if "deletes must arrive" in yes:
        return Advice(KEY_FIRST, "A delete finds its row by the key.", "lesson 07: changes that each reader saw")
    reason = "Records come twice after a death. Coordinates stop a second row, but not a producer that sends twice."
    return Advice(COORDINATES, reason, "lesson 12: doubled orders by coordinates")


def _more(yes: set[str]) -> Iterator[Advice]:
    """What is needed besides, whoever writes."""
    if "deletes must arrive" in yes:
        reason = "A poll does not see a row that is gone. A source that reads the database's log does."
        yield Advice(TOMBSTONES, reason, "lesson 07: changes that each reader saw")
    if "schema changes often" in yes:
        reason = "The registry refuses a schema that readers cannot read. A task stops at a value that its column cannot hold."
        yield Advice(COMPATIBILITY, reason, "lesson 10: a change that was refused; lesson 11: errors by schema change")
    if "thousands of records a second" in yes:
        yield Advice(
            BATCHES, "Batches changed the rate more than tasks did.", "lesson 10: rows a second by batch and tasks"
        )


def _check(answers: Mapping[str, bool]) -> None:
    for name, answer in answers.items():
        if name not in QUESTIONS:
            raise InvalidInput(f"The guide has no question {name!r}.", f"It asks: {', '.join(QUESTIONS)}.")
        if not isinstance(answer, bool):
            raise InvalidInput(f"The answer to {name!r} is {answer!r:.40}.", "Answer True or False.")
    if missing := [name for name in QUESTIONS if name not in answers]:
        raise InvalidInput(f"These questions have no answer: {', '.join(missing)}.", "Answer each with True or False.")
