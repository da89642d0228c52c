# SPDX-License-Identifier: Apache-2.0
"""Poison: each kind is wrong in its own way, and in no other."""

from __future__ import annotations

import json

import pytest

from helpers.errors import InvalidInput
from helpers.faults.poison import KINDS, poison

GOOD = {"order_id": "주문 1", "qty": 3, "paid": True}


@pytest.mark.parametrize("kind", ["not JSON", "cut off", "empty"])
def test_not_json(kind: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(poison(kind, GOOD))


def test_not_utf_8() -> None:
    with pytest.raises(UnicodeDecodeError):
        poison("not UTF-8", GOOD).decode()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("a list", [GOOD]),
        ("a field missing", {"qty": 3, "paid": True}),
        ("null in every field", {"order_id": None, "qty": None, "paid": None}),
        ("too long", {**GOOD, "order_id": "주문 1" * 1000}),
        ("too large", {**GOOD, "qty": 2**40}),
        ("text for a number", {**GOOD, "qty": "ten"}),
    ],
)
def test_json_with_one_thing_wrong(kind: str, value: object) -> None:
    assert json.loads(poison(kind, GOOD)) == value


def test_every_kind_differs_from_the_good_value() -> None:
    made = {poison(kind, GOOD) for kind in KINDS}
    assert len(made) == len(KINDS)
    assert json.dumps(GOOD, ensure_ascii=False).encode() not in made


def test_an_unknown_kind_and_nothing_to_poison() -> None:
    with pytest.raises(InvalidInput, match=r"There is no poison 'arsenic'.+Choose one of not JSON, cut off"):
        poison("arsenic", GOOD)
    with pytest.raises(InvalidInput, match="without fields"):
        poison("cut off", {})
