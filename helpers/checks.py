# SPDX-License-Identifier: Apache-2.0
"""Predictions and exercise checks: what the learner expected, what is true, and a hint if they differ."""

from __future__ import annotations

import sys
from html import escape
from types import FrameType

from IPython.core.getipython import get_ipython
from IPython.display import display

from helpers import progress

_PREFIX = "check_"
_SOLUTION = "_solution"


class Note:
    """A line below the cell, shown once. It is true when the check passed, or the prediction came true."""

    def __init__(self, text: str, *, passed: bool) -> None:
        self.text = text
        self.passed = passed
        self._shown = False

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return self.text

    def _ipython_display_(self) -> None:
        """Called for `show`, and by IPython once more for the last value of a cell."""
        if self._shown:
            return
        self._shown = True
        colour = "#009E73" if self.passed else "#767676"
        html = f'<div style="border-left: 4px solid {colour}; padding: 2px 8px">{escape(self.text)}</div>'
        display({"text/plain": self.text, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]

    def show(self) -> Note:
        """Show the line, outside a notebook by printing it. Returns itself."""
        display(self)  # type: ignore[no-untyped-call]
        return self


class Prediction:
    """What `predict` returns: what the learner answers to `question`. A guess of None is no prediction."""

    def __init__(self, question: str, guess: object) -> None:
        self.question = question
        self.guess = guess

    def compare(self, outcome: object) -> Note:
        """Show the guess and the outcome. The note is true when they are equal. A note never makes the cell fail.

        True and False are shown, and may be guessed, as "yes" and "no". Capitals do not matter, and "3" equals 3.
        """
        said = "You made no prediction" if self.guess is None else f"You said {_in_words(self.guess)}"
        came_true = self.guess is not None and _meaning(self.guess) == _meaning(outcome)
        return Note(f"{self.question} {said}; it is {_in_words(outcome)}.", passed=came_true).show()


def predict(question: str, guess: object = None) -> Prediction:
    """Show the guess, or ask for one when it is None, and return the prediction, to `compare` after the run."""
    said = "Write down your guess, then go on." if guess is None else f"You say {guess}. Now run it."
    Note(f"{question} {said}", passed=False).show()
    return Prediction(question, guess)


def check(passed: object, *, fact: str, hint: str) -> Note:
    """Show `fact` when `passed` is true, else `hint`. The note is true in the first case, and can be asserted.

    An exercise that is not filled in yet (None) has not passed, and is no error. An exercise is a function `check_…` that
    calls this one. When it passes, `helpers.progress` remembers that, but not for the solution of the course.
    """
    if passed and (exercise := _exercise(sys._getframe(1))):
        progress.passed(exercise)
    return Note(f"✓ {fact}" if passed else f"Not yet. {hint}", passed=bool(passed)).show()


def _exercise(caller: FrameType) -> str | None:
    """The exercise that the cell is about, if it checks the learner's own work."""
    shell = get_ipython()
    name = caller.f_code.co_name
    if not shell or not name.startswith(_PREFIX) or _SOLUTION in shell.user_ns["In"][-1]:
        return None
    return name.removeprefix(_PREFIX)


def _in_words(answer: object) -> str:
    return {"True": "yes", "False": "no"}.get(str(answer), str(answer))


def _meaning(answer: object) -> str | float:
    """The part of an answer that is compared: its number, else its text in small letters, without outer blanks."""
    said = _in_words(answer).strip().casefold()
    try:
        return float(said.replace(",", ""))
    except ValueError:
        return {"true": "yes", "false": "no"}.get(said, said)
