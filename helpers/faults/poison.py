# SPDX-License-Identifier: Apache-2.0
"""Records that stop a reader: each kind is made of a good value, so that only one thing is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from helpers.errors import InvalidInput

Value = Mapping[str, Any]

_KINDS: dict[str, Callable[[Value], bytes]] = {
    "not JSON": lambda good: b"order " + _text(good).strip(b"{}"),
    "cut off": lambda good: _text(good)[:-3],
    "not UTF-8": lambda good: _text(good)[:-1] + b', "\xff": 1}',
    "empty": lambda good: b"",
    "a list": lambda good: b"[" + _text(good) + b"]",
    "a field missing": lambda good: _text(dict(list(good.items())[1:])),
    "null in every field": lambda good: _text(dict.fromkeys(good)),
    "too long": lambda good: _text({name: _longer(value) for name, value in good.items()}),
    "too large": lambda good: _text({name: _larger(value) for name, value in good.items()}),
    "text for a number": lambda good: _text({name: _worded(value) for name, value in good.items()}),
}

KINDS = tuple(_KINDS)
"""The kinds of poison."""


def poison(kind: str, good: Value) -> bytes:
    """Return `good`, the fields of a value, as the bytes of a record that has this kind of poison in it.

    "too long" changes only text, "too large" and "text for a number" only whole numbers. Raises `InvalidInput` for an
    unknown kind, and for a value without fields.
    """
    if kind not in _KINDS:
        raise InvalidInput(f"There is no poison {kind!r}.", f"Choose one of {', '.join(KINDS)}.")
    if not good:
        raise InvalidInput("A value without fields cannot be poisoned.", "Give a dictionary with at least one field.")
    return _KINDS[kind](good)


def _text(value: Value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _longer(value: object) -> object:
    return value * 1000 if isinstance(value, str) else value


def _larger(value: object) -> object:
    return 2**40 if _is_number(value) else value


def _worded(value: object) -> object:
    return "ten" if _is_number(value) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
