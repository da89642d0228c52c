# SPDX-License-Identifier: Apache-2.0
"""What is taken away at the end of a block, also when the block failed, without hiding why it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpers.errors import LabError


@contextmanager
def afterwards(remove: Callable[[], object], what: str) -> Iterator[None]:
    """Call `remove` after the block. If both fail, the block's error is raised, with a note that `what` is still there."""
    try:
        yield
    except BaseException as error:
        try:
            remove()
        except LabError as left:
            error.add_note(f"{what} could not be removed: {left}")
        raise
    remove()
