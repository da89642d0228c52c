# SPDX-License-Identifier: Apache-2.0
"""A reporter that keeps what is said."""

from __future__ import annotations

from helpers.stack.progress import Silent


class Heard(Silent):
    """Keeps each line that the stack says, in `lines`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Keep `line`."""
        self.lines.append(line)
