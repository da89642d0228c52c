# SPDX-License-Identifier: Apache-2.0
"""Starts of labs, one after the other: the first to sign in is served first, and there is room for each before it starts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from helpers import memory
from helpers.classroom.place import MB
from helpers.errors import LabError


class Turns:
    """The queue of one hub. `at_once` labs start at the same time: as many as there are processors.

    `taken` has the names of those whose lab starts or runs.
    """

    def __init__(self, at_once: int = os.cpu_count() or 1) -> None:
        self._free = asyncio.Semaphore(at_once)
        self.taken: set[str] = set()
        self._waiting = 0
        self._starting = 0

    def take(self, name: str, most: int) -> None:
        """Note that the lab of `name` starts or runs. Raises `LabError` if `most` others have theirs already."""
        if len(self.taken - {name}) >= most:
            raise LabError(
                f"{most} labs run, as many as this class may have.",
                "Ask your teacher to end a lab that nobody uses, then try again.",
            )
        self.taken.add(name)

    @asynccontextmanager
    async def turn(self, needed: int, say: Callable[[str], object]) -> AsyncIterator[None]:
        """Wait for a turn, for the length of the block. `say` hears how many are before. `needed` is in bytes.

        Raises `LabError` if there is less memory than this lab, and those that are starting, need.
        """
        if self._free.locked():
            say(f"{self._waiting + self._starting} labs start before yours. Yours starts by itself.")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            self._check(needed)
            self._starting += 1
            try:
                yield
            finally:
                self._starting -= 1
        finally:
            self._free.release()

    def _check(self, needed: int) -> None:
        free = memory.free() - self._starting * needed
        if free < needed:
            raise LabError(
                f"This server has {max(free, 0) // MB} MB of memory left, and your lab needs {needed // MB} MB.",
                "Your work is kept. Ask your teacher to end a lab that nobody uses, then try again.",
            )
