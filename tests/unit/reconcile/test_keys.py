# SPDX-License-Identifier: Apache-2.0
"""The key of a record, in all the ways that a record may have it, or not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.reconcile.keys import KeyFinder, as_text, lives

CONNECT_KEY = b'{"schema": {"type": "struct"}, "payload": {"id": 7}}'
CONNECT_VALUE = b'{"schema": {"type": "struct"}, "payload": {"id": 7, "name": "x"}}'


def found(*records: tuple[bytes | None, bytes | None], name: str = "id") -> tuple[str, list[bytes | None]]:
    finder = KeyFinder(name)
    finder.decide(records)
    return finder.place, [finder.find(record) for record in records]


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        (CONNECT_KEY, CONNECT_VALUE, "field 'id' of the record's key"),
        (b'{"id": 7}', None, "field 'id' of the record's key"),
        (b'{"id": "7", "x": 1}', b'{"id": 8}', "field 'id' of the record's key"),
        (None, CONNECT_VALUE, "field 'id' of the record's value"),
        (b"customer 1", b'{"id": 7}', "field 'id' of the record's value"),
        (b'{"customer": 1}', b'{"id": "7"}', "field 'id' of the record's value"),
        (b"7", b"anything", "the record's whole key"),
        (b'"7"', None, "the record's whole key"),
        (b'{"schema": {"type": "int32"}, "payload": 7}', b"x", "the record's whole key"),
    ],
)
def test_where_a_key_is(key: bytes | None, value: bytes | None, place: str) -> None:
    assert found((key, value)) == (place, [b"7"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, None),
        (None, b"not JSON"),
        (None, b'{"name": "x"}'),
        (b'{"name": "x"}', b"{broken"),
        (None, b'{"id": null}'),
        (None, b'{"id": {"a": 1}}'),
        (None, b"[1]"),
        (None, b"{" * 100_000),
        (None, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        (None, b'{"id": "\xff"}'),
        (None, b""),
        (b'{"schema": null, "payload": null}', b""),
    ],
)
def test_a_record_without_a_key(key: bytes | None, value: bytes | None) -> None:
    assert found((key, value)) == ("", [None])


def test_poison_does_not_decide_and_is_left_out() -> None:
    place, keys = found((b"customer", b"{broken"), (b"customer", b'{"id": 1}'), (b"customer", b'{"name": "x"}'))
    assert (place, keys) == ("field 'id' of the record's value", [None, b"1", None])


def test_it_is_decided_once() -> None:
    finder = KeyFinder("id")
    finder.decide([(None, b"poison")])
    assert not finder.place
    finder.decide([(b"9", b'{"id": 9}')])
    finder.decide([(b'{"id": 1}', None)])
    assert finder.place == "field 'id' of the record's value"
    assert not finder.is_whole


def test_a_tombstone_has_the_key_of_the_row_if_the_records_are_keyed_by_it() -> None:
    assert found((b"7", b'{"id": 7}'), (b"7", None))[1] == [b"7", b"7"]
    assert found((b"customer", b'{"id": 7}'), (b"customer", None))[1] == [b"7", None]


@pytest.mark.parametrize(
    "value", [None, b"null", b'{"schema":null,"payload":null}', b'{"schema": {}, "payload": null}']
)
def test_tombstones(value: bytes | None) -> None:
    assert not lives(value)


@pytest.mark.parametrize("value", [b"", b"{}", b'{"payload":null}', b'{"a":null}', b"null}", b"{null}", b"x"])
def test_what_is_no_tombstone(value: bytes) -> None:
    assert lives(value)


@given(st.text() | st.integers())
def test_a_key_is_found_as_it_was_sent(key: str | int) -> None:
    text = as_text(key)
    for ascii_only in (True, False):
        try:
            value = json.dumps({"id": key}, ensure_ascii=ascii_only).encode()
        except UnicodeEncodeError:  # half a character, which UTF-8 cannot have
            continue
        assert found((None, value))[1] == [text]


def test_texts_of_keys() -> None:
    values: list[object] = [7, "7", True, 1.5, None, [1], {}]
    assert list(map(as_text, values)) == [b"7", b"7", b"1", b"1.5", None, None, None]
