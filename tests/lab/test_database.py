# SPDX-License-Identifier: Apache-2.0
"""Statements and names, against the real database: what looks like a parameter and is none, what is no table."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import database, topics
from helpers.errors import DatabaseFailed, InvalidInput, LabNotRunning
from helpers.experiments.changes import Changes
from helpers.experiments.poller import Poller
from helpers.lab import Lab


@pytest.mark.parametrize("text", ['{"a":1}', "(?:a|b)", "50%:d", "at 12:30:00"])
def test_a_text_with_a_colon_or_a_percent_sign_is_a_text(lab: Lab, text: str) -> None:
    assert database.frame(lab, f"SELECT '{text}' AS found")["found"].tolist() == [text]


def test_a_name_stands_for_a_value(lab: Lab) -> None:
    found = database.frame(lab, "SELECT :number AS number, '50%' AS share", {"number": 7})
    assert found.to_dict("records") == [{"number": 7, "share": "50%"}]


def test_a_name_without_a_value_is_told(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match="required for bind parameter 'second'"):
        database.frame(lab, "SELECT :first, :second", {"first": 1})
    with pytest.raises(InvalidInput, match="required for bind parameter 'name'"):
        database.execute(lab, "INSERT INTO users (name) VALUES (:name)", [{"user_id": "kim"}])


def test_a_statement_without_rows_is_not_for_a_frame(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match=r"returns no rows: SET @a = 1\. Use `database\.execute`"):
        database.frame(lab, "SET @a = 1")


def test_strange_names_are_names_and_several_in_one_text_are_refused_or_one(lab: Lab) -> None:
    for name in ("my-table", "order", "users"):
        database.create_users(lab, name)
    try:
        assert database.execute(lab, "INSERT INTO `my-table` (name) VALUES (:name)", []) == 0, (
            "no rows, nothing changed"
        )
        database.drop(lab, "nosuch, users", "order", "mydb1.my-table")
        assert {"my-table", "order", "users"} & set(database.tables(lab)) == {"users"}
    finally:
        database.drop(lab, "my-table", "order", "users")


@pytest.mark.parametrize("name", ["", "a`b", ".users", "mydb1."])
def test_what_cannot_be_a_name_is_refused(lab: Lab, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be named"):
        database.drop(lab, name)


def test_a_table_that_another_connection_reads_is_not_waited_for_without_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LOCK_PATIENCE", 1)
    database.create_users(lab, "held")
    try:
        with database.engine(lab).connect() as reader:
            reader.exec_driver_sql("SELECT * FROM held").all()  # its transaction stays open
            with pytest.raises(DatabaseFailed, match="Another connection uses the table"):
                database.drop(lab, "held")
    finally:
        database.drop(lab, "held")


def test_a_server_that_is_frozen_is_not_waited_for_without_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 1)
    with pytest.raises(LabNotRunning, match="No database answers"):
        database.frame(lab, "SELECT SLEEP(3)")


@pytest.mark.parametrize("table", ["order", "my-table"])
def test_a_table_of_any_name_is_changed_and_polled(lab: Lab, table: str) -> None:
    database.create_users(lab, table)
    try:
        with (
            Changes(lab, table) as done,
            topics.temporary(lab, "any") as topic,
            Poller(lab, table, "bulk", topic) as poller,
        ):
            done.update(done.insert(["kim", "lee"])[:1], "kim 2")
            assert poller.poll() == 2
            for ids in ("12", 1, ["1"], [None]):
                with pytest.raises(InvalidInput, match="`ids`"):
                    done.delete(ids)  # type: ignore[arg-type]
            with pytest.raises(InvalidInput, match="`names`"):
                done.insert(["park", 5])  # type: ignore[list-item]
            assert [name for _, _, name in done.made] == ["kim", "lee", "kim 2"]
    finally:
        database.drop(lab, table)


def test_a_connection_can_be_used_again_after_an_error(lab: Lab) -> None:
    database.create_users(lab, "changed")
    try:
        with Changes(lab, "changed") as done:
            names: list[Any] = ["kim", "x" * 100]
            with pytest.raises(DatabaseFailed, match="Data too long"):
                done.insert(names)
            assert done.made == [("INSERT", 1, "kim")], "what was made before is counted"
            number = database.ask(done.connection, "SELECT CONNECTION_ID() AS id").scalar_one()
            database.execute(lab, f"KILL {number}")
            with pytest.raises(LabNotRunning, match="No database answers"):
                done.insert(["lee"])
            assert len(done.insert(["park"])) == 1
    finally:
        database.drop(lab, "changed")
