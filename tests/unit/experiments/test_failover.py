# SPDX-License-Identifier: Apache-2.0
"""What is lost, doubled, out of order and not acknowledged is counted right, and the longest gap found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from confluent_kafka import KafkaError

from helpers.errors import InvalidInput
from helpers.experiments.failover import Answers, SteadyProducer, judge, table
from helpers.lab import Lab


class Said:
    """What a report needs of a message."""

    def __init__(self, number: int) -> None:
        self.number = number

    def value(self) -> bytes:
        return b"%d" % self.number


def seconds(numbers: Sequence[int], when: Callable[[int], float] = float) -> dict[int, float]:
    return {number: when(number) for number in numbers}


@pytest.mark.parametrize(
    ("found", "acknowledged", "expected"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], {"in_topic": 4}),
        ([0, 3], [0, 1, 2, 3], {"in_topic": 2, "lost": 2}),
        ([0, 1, 1, 0, 0, 2], [0, 1, 2], {"in_topic": 3, "doubled": 2}),
        ([0, 2, 1, 3], [0, 1, 2, 3], {"in_topic": 4, "reordered": 1}),
        ([0, 1, 2], [0], {"in_topic": 3, "unanswered": 2}),
        ([], [], {}),
    ],
)
def test_each_fate_is_counted(found: list[int], acknowledged: list[int], expected: dict[str, int]) -> None:
    counted = table({"run": judge(found, seconds(acknowledged))}).loc["run"].to_dict()
    assert counted.pop("acknowledged") == len(acknowledged)
    counted.pop("gap")
    nothing = dict.fromkeys(["in_topic", "lost", "doubled", "reordered", "unanswered"], 0)
    assert counted == nothing | expected


def test_the_longest_gap() -> None:
    assert judge([], {0: 0.1, 1: 0.2, 3: 2.9, 2: 3.0}).gap == pytest.approx(2.7)
    assert judge([], {0: 5.0}).gap == 0


def test_answers_are_kept_by_number() -> None:
    answers = Answers(began=0)
    answers.report(None, Said(7))  # type: ignore[arg-type]
    answers.report(None, Said(3))  # type: ignore[arg-type]
    answers.report(KafkaError(KafkaError.NOT_ENOUGH_REPLICAS), Said(8))  # type: ignore[arg-type]
    assert sorted(answers.acknowledged) == [3, 7]
    assert answers.acknowledged[3] >= answers.acknowledged[7] > 0
    assert answers.failed == {8: "NOT_ENOUGH_REPLICAS"}
    assert answers.newest == 7


@pytest.mark.parametrize("rate", [0, -1, 10_001])
def test_a_rate_that_cannot_be(nobody: Lab, rate: int) -> None:
    with pytest.raises(InvalidInput, match=f"not {rate}"):
        SteadyProducer(nobody, "orders", rate)
