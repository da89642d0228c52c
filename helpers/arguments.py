# SPDX-License-Identifier: Apache-2.0
"""Check the arguments of a cell: a single value where a list is needed is refused, with the name of the argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized

from helpers.errors import InvalidInput


def check_several(argument: str, values: object, *, may_be_empty: bool = False) -> None:
    """Check that `values`, given as `argument`, is a list or another collection, and not a text, a number or a dictionary.

    Python would split a text into its letters, and a dictionary into its keys. Raises `InvalidInput`.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidInput(
            f"`{argument}` must be a list, not {values!r:.60}.", "Put a single value in brackets: [ … ]."
        )
    if not may_be_empty and isinstance(values, Sized) and len(values) == 0:
        raise InvalidInput(f"`{argument}` is empty.", "Give at least one value.")


def above_zero(number: float, argument: str) -> None:
    """Check that `number`, given as `argument`, is above 0. Raises `InvalidInput`."""
    if not number > 0:
        raise InvalidInput(f"`{argument}` must be above 0, not {number}.", "Give another number.")
