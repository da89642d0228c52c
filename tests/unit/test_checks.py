# SPDX-License-Identifier: Apache-2.0
"""Checks and predictions never make a cell fail; they say what is so."""

from __future__ import annotations

import pytest

from helpers.checks import check, predict


def test_a_check_tells_the_fact_or_the_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(3 == 3, fact="Three partitions.", hint="Count the rows.")
    assert capsys.readouterr().out == "✓ Three partitions.\n"
    assert not check(2 == 3, fact="Three partitions.", hint="Count the rows.")
    assert capsys.readouterr().out == "Not yet. Count the rows.\n"


def test_a_stub_that_was_not_filled_in_fails_its_check_without_an_error() -> None:
    answer = None
    assert not check(answer == 3, fact="", hint="Count.")
    assert not check(answer, fact="", hint="Count.")
    assert not check(answer and answer > 3, fact="", hint="Count.")


def test_a_prediction_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert not predict("How many members have partitions?", 5).compare(4)
    assert "You say 5" in (said := capsys.readouterr().out)
    assert said.endswith("How many members have partitions? You said 5; it is 4.\n")
    assert predict("How many?", 4).compare(4)


def test_yes_and_no_are_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert predict("Is it so?", "yes").compare(True)
    assert predict("Is it so?", False).compare(False)
    assert not predict("Is it so?", 1).compare(True)
    assert not predict("Is it so?").compare(False)
    assert capsys.readouterr().out.endswith("You made no prediction; it is no.\n")


@pytest.mark.parametrize(
    ("guess", "outcome"),
    [
        ("3", 3), (3, "3"), ("1,000", 1000), (3.0, 3), ("YES", True), ("true", True), (True, "yes"), (" no ", False),
        ("False", False), ("B", "b"), ("Running", "RUNNING"), ("김", "김"),
    ],
)  # fmt: skip
def test_a_guess_is_taken_as_it_is_meant(guess: object, outcome: object) -> None:
    assert predict("What?", guess).compare(outcome)


@pytest.mark.parametrize(("guess", "outcome"), [("3", 4), ("yes", False), ("1", True), (0, False), ("a", "b")])
def test_what_is_meant_otherwise_does_not_come_true(guess: object, outcome: object) -> None:
    assert not predict("What?", guess).compare(outcome)


def test_no_prediction_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert not predict("How many?").compare(4)
    assert "You made no prediction; it is 4." in capsys.readouterr().out
