# SPDX-License-Identifier: Apache-2.0
"""One single thing where several belong is refused wherever a list is taken, before any server is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import connectors, records
from helpers.arguments import check_several
from helpers.errors import InvalidInput
from helpers.experiments import keys
from helpers.lab import Database, Lab
from helpers.lag import LagRecorder, measure_lag
from helpers.records import Record

LAB = Lab("127.0.0.1:9", "http://127.0.0.1:9", Database("127.0.0.1", 9, "mydb1", "owner", "/secrets/owner.password"))
JDBC = {"source": "Confluent JDBC source", "sink": "Confluent JDBC sink"}

Ask = Callable[[Any], object]
SEVERAL: dict[str, tuple[str, Ask]] = {
    "produce": ("records", lambda one: records.produce(LAB, "t", one)),
    "measure_lag": ("topics", lambda one: measure_lag(LAB, "g", one)),
    "LagRecorder": ("topics", lambda one: LagRecorder(LAB, "g", one)),
    "partitions_of": ("keys", lambda one: keys.partitions_of(LAB, one)),
    "source": ("tables", lambda one: connectors.source(LAB, "n", one, family=JDBC["source"])),
    "jdbc_source": ("tables", lambda one: connectors.jdbc_source(LAB, "n", one)),
    "debezium_source": ("tables", lambda one: connectors.debezium_source(LAB, "n", one)),
    "sink": ("topics", lambda one: connectors.sink(LAB, "n", one, family=JDBC["sink"])),
    "jdbc_sink": ("topics", lambda one: connectors.jdbc_sink(LAB, "n", one)),
    "debezium_sink": ("topics", lambda one: connectors.debezium_sink(LAB, "n", one)),
    "file_sink": ("topics", lambda one: connectors.file_sink("n", Path("out"), one)),
    "jdbc_sink by fields": ("key_fields", lambda one: connectors.jdbc_sink(LAB, "n", ["t"], key_fields=one)),
    "debezium_sink by fields": ("key_fields", lambda one: connectors.debezium_sink(LAB, "n", ["t"], key_fields=one)),
}


@pytest.mark.parametrize("single", ["users", b"users", {"id": 1}, 3, Record("users")], ids=repr)
@pytest.mark.parametrize("what", SEVERAL)
def test_one_where_many_belong(what: str, single: object) -> None:
    argument, ask = SEVERAL[what]
    with pytest.raises(InvalidInput, match=f"^`{argument}` must be a list, not "):
        ask(single)


MAY_BE_EMPTY = {"produce", "partitions_of", "jdbc_sink by fields", "debezium_sink by fields"}


@pytest.mark.parametrize("what", sorted(SEVERAL.keys() - MAY_BE_EMPTY))
def test_none_where_one_is_needed(what: str) -> None:
    argument, ask = SEVERAL[what]
    with pytest.raises(InvalidInput, match=f"^`{argument}` is empty"):
        ask([])


def test_a_collection_of_any_kind_is_taken() -> None:
    for values in (["a"], ("a",), {"a"}, range(3), (it for it in "ab")):
        check_several("values", values)
    check_several("values", [], may_be_empty=True)
