# SPDX-License-Identifier: Apache-2.0
"""The poller's format and the count of what was seen, without servers."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from pymysql.constants import FIELD_TYPE

from helpers.errors import LabNotRunning, Unsupported
from helpers.experiments.changes import Change, Changes, tally
from helpers.experiments.poller import Poller, as_connect_json
from helpers.lab import Database, Lab

DESCRIPTION = [
    ("id", FIELD_TYPE.LONG, None, 11, 11, 0, False),
    ("name", FIELD_TYPE.VAR_STRING, None, 80, 80, 0, True),
    ("created_at", FIELD_TYPE.DATETIME, None, 26, 26, 6, True),
]


def test_a_row_has_its_schema_and_its_payload() -> None:
    [value] = as_connect_json("users", DESCRIPTION, [(1, "김 😀", datetime(1970, 1, 2, 0, 0, 1, 5999))])
    told = json.loads(value)
    assert "김 😀" in value
    assert told["payload"] == {"id": 1, "name": "김 😀", "created_at": 86_401_005}
    assert told["schema"]["name"] == "users"
    assert [(field["field"], field["type"], field["optional"]) for field in told["schema"]["fields"]] == [
        ("id", "int32", False),
        ("name", "string", True),
        ("created_at", "int64", True),
    ]
    assert told["schema"]["fields"][2]["name"] == "org.apache.kafka.connect.data.Timestamp"


def test_null_stays_null_and_times_before_1970_are_negative() -> None:
    rows = [(1, None, None), (2, "", datetime(1969, 12, 31, 23, 59, 59))]
    payloads = [json.loads(value)["payload"] for value in as_connect_json("users", DESCRIPTION, rows)]
    assert payloads == [{"id": 1, "name": None, "created_at": None}, {"id": 2, "name": "", "created_at": -1000}]


def test_a_type_that_is_not_known_is_named() -> None:
    with pytest.raises(Unsupported, match="'price'"):
        as_connect_json("users", [("price", FIELD_TYPE.NEWDECIMAL, None, 10, 10, 2, True)], [])


def test_a_number_above_int32_makes_an_int64_of_its_column() -> None:
    [value] = as_connect_json("users", DESCRIPTION, [(3_000_000_000, None, None)])
    told = json.loads(value)
    assert (told["schema"]["fields"][0]["type"], told["payload"]["id"]) == ("int64", 3_000_000_000)


@pytest.mark.parametrize("row", [(2**63, None, None), (1, None, "0000-00-00 00:00:00")])
def test_a_value_that_fits_no_type_is_named_with_its_column(row: tuple[object, ...]) -> None:
    with pytest.raises(Unsupported, match=r"Column '(id|created_at)' has the value"):
        as_connect_json("users", DESCRIPTION, [row])


def test_a_text_that_looks_like_a_zero_date_stays() -> None:
    [value] = as_connect_json("users", DESCRIPTION, [(1, "0000-00-00", None)])
    assert json.loads(value)["payload"]["name"] == "0000-00-00"


def test_a_lab_without_a_database_is_refused() -> None:
    with pytest.raises(LabNotRunning):
        Poller(Lab("127.0.0.1:9"), "users", "bulk", "topic")


def test_the_tally_counts_each_kind_for_each_reader() -> None:
    made: list[Change] = [("INSERT", 1, "a"), ("INSERT", 2, "b"), ("UPDATE", 1, "c"), ("DELETE", 2, None)]
    found = tally(made, {"poll": {(1, "c"), (2, "b")}, "log": {row[1:] for row in made}, "blind": set()})
    assert list(found.index) == ["INSERT", "UPDATE", "DELETE", "all"]
    assert found["made"].tolist() == [2, 1, 1, 4]
    assert found["poll"].tolist() == [1, 1, 0, 2]
    assert found["log"].tolist() == [2, 1, 1, 4]
    assert found["blind"].tolist() == [0, 0, 0, 0]


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    for role in ("owner", "source"):
        (tmp_path / f"{role}.password").write_text("secret")
    away = Lab("127.0.0.1:9", database=Database("127.0.0.1", 9, "mydb1", "owner", str(tmp_path / "owner.password")))
    with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9"):
        Poller(away, "users", "bulk", "topic")
    with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9"):
        Changes(away, "users")
