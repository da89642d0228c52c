"""How the stack reports what it does: lines for the reader, and bars for what takes time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Say = Callable[[str], None]
"""Takes one line for the reader: a step that begins, a thing worth knowing."""


class Handle(Protocol):
    """One bar. `advance` is called from several threads, and takes bytes back when a download starts over."""

    def advance(self, size: int) -> object: ...


class Progress(Protocol):
    """Who shows how far things are: `add` opens a bar of `total` bytes, or of `total` things that `unit` names."""

    def add(self, description: str, total: int, unit: str = "bytes") -> Handle: ...


class Silent:
    """Shows nothing."""

    def add(self, description: str, total: int, unit: str = "bytes") -> Silent:
        """Return itself, as a bar that is not there."""
        return self

    def advance(self, size: int) -> None:
        """Do nothing."""
