# SPDX-License-Identifier: Apache-2.0
"""What lesson 11 says of sinks that meet what they cannot write, and that it could be otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from helpers import connectors, database
from helpers.experiments import deductions, sink_failures
from helpers.experiments.sink_failures import bad_row, changes
from helpers.experiments.sink_failures.bad_row import REPAIRED
from helpers.lab import Lab
from helpers.workspace import Workspace


@pytest.fixture
def workspace(lab: Lab) -> Iterator[Workspace]:
    with Workspace(lab, "11") as workspace:
        yield workspace


def test_one_bad_row_keeps_out_a_batch_and_repeats_the_others(
    lab: Lab, workspace: Workspace, present: set[str]
) -> None:
    rows = sink_failures.one_bad_row(lab, workspace)
    assert rows["insert, batch 500"].tolist() == [0, 0, 0, 200]
    assert rows["insert, batch 50"].tolist() == [150, 300, 450, 650]
    assert rows["upsert, batch 50, no primary key"].tolist() == [150, 300, 450, 650]
    assert rows["upsert, batch 50"].tolist() == [150, 150, 150, 200]
    assert (set(bad_row.CLASSIC_WAYS) <= set(rows)) == (connectors.CLASSIC_SINK in present)
    if connectors.CLASSIC_SINK in present:
        assert rows["classic, insert, batch 50"].tolist() == [0, 0, 0, 200], "one transaction a poll"
        assert rows["classic, with a queue"].tolist() == [199, 199, 199, 199]


def test_a_bad_row_in_the_first_batch_lets_nothing_be_repeated(
    lab: Lab, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_row, "WAYS", {"insert": bad_row.WAYS["insert, batch 50"]})
    rows = sink_failures.one_bad_row(lab, workspace, count=60, bad=40)
    assert rows["insert"].tolist() == [0, 0, 0, 60]
    assert rows.index[-1] == REPAIRED


SAID = {
    "a field is added, optional": "",
    "a field is added, required": "because field 'note' is not optional but has no default value",
    "a field is dropped": "",
    "a field is dropped, its column is NOT NULL": "Field 'name' doesn't have a default value",
    "a field is renamed": "",
    "a text is longer than its column": "Data too long for column 'name'",
    "a number becomes the text 'ten'": "Incorrect integer value: 'ten'",
    "a number becomes the text '12'": "",
    "int32 becomes int64, and the number large": "Out of range value for column 'qty'",
    "a Korean name, and the column is latin1": "Incorrect string value",
}


def test_what_each_change_of_a_schema_does(lab: Lab, workspace: Workspace, present: set[str]) -> None:
    found = sink_failures.schema_changes(lab, workspace)
    for change, words in SAID.items():
        assert words in found["it says"][change]
        assert found["task"][change] == ("FAILED" if words else "RUNNING")
        assert (found["row 1"][change] == "Kim, 5") == bool(words)
        assert (found["row 2"][change] == "") == bool(words)
    first, second = found["row 1"], found["row 2"]
    assert first["a field is dropped"] == "Kim, 7", "an old value stays"
    assert second["a field is dropped"] == "NULL, 7"
    assert first["a field is renamed"] == "Kim, 7, Lee", "the old column stays"
    assert second["a field is renamed"] == "NULL, 7, Lee"
    assert first["a number becomes the text '12'"] == "Lee, 12"
    assert (changes.SAME in found) == (connectors.CLASSIC_SINK in present)
    assert set(found.get(changes.SAME, ["yes"])) == {"yes"}


def test_a_wider_column_takes_the_long_text(lab: Lab, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    long = changes.CHANGES["a text is longer than its column"]
    wider = changes.Change(long.schema, long.values, "id INT PRIMARY KEY, name VARCHAR(40), qty INT")
    monkeypatch.setattr(changes, "CHANGES", {"wider": wider})
    found = sink_failures.schema_changes(lab, workspace)
    assert found.T["wider"].tolist()[:4] == ["RUNNING", "", "Lee of the long name, 7", "Lee of the long name, 7"]


def test_a_table_that_a_sink_made_and_what_upsert_hides(lab: Lab, workspace: Workspace) -> None:
    members = sink_failures.Members(lab, workspace)
    members.send(1, "kim@lab", 100, "10:00")
    made = database.frame(lab, f"SHOW CREATE TABLE {members.table}")["Create Table"][0]
    for words in ("`email` longtext NOT NULL", "`paid` decimal(38,2)", "PRIMARY KEY (`id`)", "CHARSET=utf8mb4"):
        assert words in made
    members.send(3, "kim@lab", 300, "10:06")
    assert set(members.rows["id"]) == {1, 3}, "without a second key each id is a row"
    database.execute(lab, f"DELETE FROM {members.table} WHERE id = 3")
    database.execute(lab, f"ALTER TABLE {members.table} ADD UNIQUE (email(40))")
    members.send(3, "kim@lab", 300, "10:06")
    members.send(1, "kim@lab", 100, "10:00")
    assert members.rows[["id", "points", "changed"]].to_numpy().tolist() == [[1, 100, "10:00"]]


REMEMBER = "INSERT IGNORE INTO deductions VALUES (:order_id)"
PAY = "UPDATE points SET points = points - :points WHERE customer = :customer"


@pytest.mark.parametrize(
    ("rule", "two_commits", "said"),
    [
        (" AND points >= :points", True, "put both statements into one transaction"),
        ("", False, "Take only what is there"),
    ],
)
def test_a_listener_that_pays_wrongly_gets_its_hint(
    lab: Lab, workspace: Workspace, rule: str, two_commits: bool, said: str
) -> None:
    def deduct(connection: Connection, order: dict[str, Any]) -> None:
        known = not connection.execute(text(REMEMBER), order).rowcount
        if two_commits:
            connection.commit()
        if not known:
            connection.execute(text(PAY + rule), order)
        connection.commit()

    result = deductions.deliver_twice(lab, workspace, deduct)
    assert said in result.hint
    assert not result.right
