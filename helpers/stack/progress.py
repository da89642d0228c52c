# SPDX-License-Identifier: Apache-2.0
"""How the stack reports what it does: lines for the reader, and bars for what takes time."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """One bar. `advance` is called from several threads, and takes bytes back when a download starts over."""

    def advance(self, size: int) -> object: ...


class Reporter(Protocol):
    """Who shows what goes on: a terminal, a waiting page, nobody."""

    def say(self, line: str) -> object:
        """Show one line: a step that begins, a thing worth knowing."""

    def bar(self, what: str, total: int, unit: str = "bytes") -> Bar:
        """Open a bar of `total` bytes, or of `total` things that `unit` names, and return it."""


class Silent:
    """Shows nothing; it is its own bar."""

    def say(self, line: str) -> None:
        """Do nothing."""

    def bar(self, what: str, total: int, unit: str = "bytes") -> Silent:
        """Return itself."""
        return self

    def advance(self, size: int) -> None:
        """Do nothing."""
