# SPDX-License-Identifier: Apache-2.0
"""The only way to wait here: for a fact, with a deadline, and with a message that says what was last seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from helpers.arguments import is_number
from helpers.errors import InvalidInput, TimedOut

Fact = TypeVar("Fact")


def wait_until(
    condition: Callable[[], Fact],
    timeout: float,
    message: str,
    *,
    remedy: str = "",
    last_seen: Callable[[], object] | None = None,
    pause: float = 0.05,
) -> Fact:
    """Call `condition` again and again until its answer is true, and return that answer.

    `timeout` and `pause` are in seconds. `message` says what is expected, as in "topic orders to have 4 partitions".
    `last_seen` is called once, after the deadline, and returns what to report. Without it the last answer is reported.

    Raises `TimedOut` after `timeout` seconds, and `InvalidInput` for a timeout that is not above 0.
    It does not catch what `condition` raises.
    """
    if not is_number(timeout) or not timeout > 0:
        raise InvalidInput(f"The timeout for {message} must be above 0 s, not {timeout}.", "Give a number of seconds.")
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        left = deadline - time.monotonic()
        if left <= 0:
            seen = last_seen() if last_seen else answer
            raise TimedOut(f"Waited {timeout:g} s for {message}; last seen: {seen}.", remedy)
        time.sleep(min(pause, left))
