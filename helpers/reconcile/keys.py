# SPDX-License-Identifier: Apache-2.0
"""The key of a record as text: a field of its JSON key or value, or the whole key. JSON is Connect's with a schema, or plain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

_decode = json.JSONDecoder().decode  # `json.loads` of bytes guesses their encoding first, in half as much time again

Parts = tuple[bytes | None, bytes | None]
"""The key and the value of a record."""


class KeyFinder:
    """Finds the key of each record. Where it is, is decided once, by the first records of a topic.

    It is the field `name` of the JSON key if one of them has it there, else that field of the JSON value, else the whole key.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = ""
        """Where the keys are, in words. Empty as long as no record had one."""
        self._find: Callable[[Parts], bytes | None] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the whole key is taken, because no record had the field."""
        return self._find is _whole_of

    def decide(self, records: Iterable[Parts]) -> None:
        """Decide where the keys are, if that is still open. A record that is no JSON does not count."""
        records = list(records) if self._find is None else []
        ways: list[tuple[str, Callable[[Parts], bytes | None]]] = [
            (f"field {self.name!r} of the record's key", self._in_key),
            (f"field {self.name!r} of the record's value", self._in_value),
            ("the record's whole key", _whole_of),
        ]
        for words, find in ways:
            if first := next((it for it in records if find(it) is not None), None):
                self.place, self._find = words, find
                if find == self._in_value and _whole_of(first) == find(first):
                    self._find = self._in_value_or_whole
                return

    def find(self, record: Parts) -> bytes | None:
        """Return the key as text in UTF-8, or None if the record has none."""
        return self._find(record) if self._find else None

    def _in_key(self, record: Parts) -> bytes | None:
        return _field(record[0], self.name)

    def _in_value(self, record: Parts) -> bytes | None:
        return _field(record[1], self.name)

    def _in_value_or_whole(self, record: Parts) -> bytes | None:
        """A tombstone has no field. If the records' keys are the same as the field, its key says which row it deletes."""
        return _whole_of(record) if record[1] is None else _field(record[1], self.name)


def lives(value: bytes | None) -> bool:
    """Return whether a record with this value is no tombstone. JSON's null is one too, alone or as Connect's payload."""
    if value is None or value == b"null":
        return False
    if value[-5:] != b"null}":
        return True  # most are so, and need not be parsed
    parsed = _parsed(value)
    return parsed is None or _payload(parsed) is not None


def as_text(value: object) -> bytes | None:
    """Return a key as the text that a table shows for it, in UTF-8. None for what can be no key: null, a list, an object."""
    if isinstance(value, bool):
        value = int(value)  # as a BOOLEAN column has it
    return str(value).encode(errors="replace") if isinstance(value, str | int | float) else None


def _whole_of(record: Parts) -> bytes | None:
    key = record[0]
    if key is None or key[:1] not in (b"{", b'"'):
        return key
    parsed = _parsed(key)
    return key if parsed is None else as_text(_payload(parsed))


def _field(data: bytes | None, name: str) -> bytes | None:
    if not data or data[:1] != b"{":
        return None
    found = _payload(_parsed(data))
    return as_text(found.get(name)) if isinstance(found, dict) else None


def _payload(parsed: Any) -> Any:
    """What Connect's JSON wraps, or the JSON itself."""
    wrapped = isinstance(parsed, dict) and parsed.keys() == {"schema", "payload"}
    return parsed["payload"] if wrapped else parsed


def _parsed(data: bytes) -> Any:
    try:
        return _decode(data.decode())
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or thousands of brackets
        return None
