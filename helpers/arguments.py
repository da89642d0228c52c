# SPDX-License-Identifier: Apache-2.0
"""Arguments as a cell gives them: one single thing where several belong is refused at the door, by the argument's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized

from helpers.errors import InvalidInput


def check_several(argument: str, values: object, *, may_be_empty: bool = False) -> None:
    """Check that `values`, given as `argument`, is a list or another collection, and not one text, number or dictionary.

    Python would take a text apart into its letters, and a dictionary into its keys. Raises `InvalidInput`.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidInput(f"`{argument}` must be a list, not {values!r:.60}.", "Put a single one in brackets: [ … ].")
    if not may_be_empty and isinstance(values, Sized) and len(values) == 0:
        raise InvalidInput(f"`{argument}` is empty.", "Give at least one.")
