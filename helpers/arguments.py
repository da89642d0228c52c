# SPDX-License-Identifier: Apache-2.0
"""Check the arguments of a cell before a server or a client is asked: what cannot be right is refused, with the argument's name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sized
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any
from uuid import UUID

from helpers.errors import InvalidInput

_VALUES = (str, bytes, bytearray, Real, Decimal, date, time, timedelta, UUID, list, tuple, set)
"""What a statement takes as it is. Of anything else the client writes the text that Python prints: of a missing value `<NA>`."""


def check_several(argument: str, values: object, *, may_be_empty: bool = False) -> None:
    """Check that `values`, given as `argument`, is a list or another collection, and not a text, a number or a dictionary.

    Python would split a text into its letters, a dictionary into its keys, and a table of pandas into the names of its columns.
    Raises `InvalidInput`.
    """
    single = isinstance(values, str | bytes | Mapping) or hasattr(values, "columns")
    if single or not isinstance(values, Iterable):
        raise InvalidInput(
            f"`{argument}` must be a list, not {values!r:.60}.", "Put a single value in brackets: [ … ]."
        )
    if not may_be_empty and isinstance(values, Sized) and len(values) == 0:
        raise InvalidInput(f"`{argument}` is empty.", "Give at least one value.")


def check_text(argument: str, value: object, *, may_be_empty: bool = False) -> None:
    """Check that `value`, given as `argument`, is a text that can be written in UTF-8. Raises `InvalidInput`."""
    if not isinstance(value, str):
        raise InvalidInput(f"`{argument}` must be a text, not {value!r:.60}.", "Give a single text, in quotes.")
    if not value and not may_be_empty:
        raise InvalidInput(f"`{argument}` is empty.", "Give a text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = f"`{argument}` has half a character: {value[error.start]!r} at position {error.start}."
        raise InvalidInput(half, "It cannot be written in UTF-8. Write the whole character.") from error


def check_mapping(argument: str, values: object) -> None:
    """Check that `values`, given as `argument`, is a dictionary whose keys are texts, or None. Raises `InvalidInput`."""
    if values is None:
        return
    if not isinstance(values, Mapping):
        raise InvalidInput(f"`{argument}` must be a dictionary, not {values!r:.60}.", "Write it as {name: value, …}.")
    for key in values:
        check_text(f"{argument}: a key", key, may_be_empty=True)


def check_texts(argument: str, values: Mapping[str, object]) -> None:
    """Check that `values`, given as `argument`, is a dictionary whose texts can be written in UTF-8. Raises `InvalidInput`."""
    check_mapping(argument, values)
    for name, value in values.items():
        if isinstance(value, str):
            check_text(name, value, may_be_empty=True)


def check_rows(rows: Any) -> None:
    """Check that `rows` is a dictionary of values for an SQL statement, several of them, or None. Raises `InvalidInput`."""
    if rows is None:
        return
    if not isinstance(rows, Mapping):
        check_several("rows", rows, may_be_empty=True)
    for row in [rows] if isinstance(rows, Mapping) else rows:
        if not isinstance(row, Mapping):
            raise InvalidInput(f"A row must be a dictionary, not {row!r:.60}.", "Write it as {name: value, …}.")
        check_mapping("a row", row)
        for name, value in row.items():
            _check_value(name, value)


def _check_value(name: str, value: object) -> None:
    if isinstance(value, str):
        check_text(name, value, may_be_empty=True)
    elif not (value is None or isinstance(value, _VALUES)) or value != value or value in (math.inf, -math.inf):
        problem = f"`{name}` cannot be {value!r:.60} in a statement."
        raise InvalidInput(problem, "Give a text, a number, a time or None.")


def above_zero(number: Any, argument: str) -> None:
    """Check that `number`, given as `argument`, is a number above 0, and not without end. Raises `InvalidInput`."""
    if not is_number(number) or not 0 < number < math.inf:
        raise InvalidInput(f"`{argument}` must be above 0, not {number!r:.60}.", "Give another number.")


def whole_number(number: Any, argument: str, *, least: int = 1, most: int = 2**31 - 1) -> None:
    """Check that `number`, given as `argument`, is a whole number from `least` to `most`. Raises `InvalidInput`."""
    if not is_whole(number) or not least <= number <= most:
        problem = f"`{argument}` must be a whole number of {least} or more, not {number!r:.60}."
        raise InvalidInput(problem, "Give another number.")


def is_number(value: object) -> bool:
    """Return whether `value` is a number, whole or not, also one of NumPy. To Python True is one too; here it is not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Return whether `value` is a whole number, also one of NumPy. To Python True is one too; here it is not."""
    return isinstance(value, Integral) and not isinstance(value, bool)
