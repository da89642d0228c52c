# SPDX-License-Identifier: Apache-2.0
"""How the stack reports its work: lines for the reader, and bars for long steps."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """One bar. `advance` is called from several threads, and with a negative number when a download starts again."""

    def advance(self, size: int) -> object: ...


class Reporter(Protocol):
    """Shows the progress: on a terminal, on a waiting page, or not at all."""

    def say(self, line: str) -> object:
        """Show one line: a step that begins, or a useful fact."""

    def bar(self, what: str, total: int, unit: str = "bytes") -> Bar:
        """Open a bar of `total` bytes, or of `total` of the things in `unit`, and return it."""


class Silent:
    """Shows nothing, and is its own bar."""

    def say(self, line: str) -> None:
        """Do nothing."""

    def bar(self, what: str, total: int, unit: str = "bytes") -> Silent:
        """Return itself."""
        return self

    def advance(self, size: int) -> None:
        """Do nothing."""
