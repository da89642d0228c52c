# SPDX-License-Identifier: Apache-2.0
"""The names of a run and the file that remembers them, without servers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from helpers import processes
from helpers.errors import InvalidInput, LabError
from helpers.lab import Lab
from helpers.workspace import WELL_KNOWN, Workspace, names
from helpers.workspace.runs import Run, Thing, all_of


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab of which nothing answers: what a test asks for may ask no server."""
    return Lab("127.0.0.1:9", "http://127.0.0.1:9", home=tmp_path)


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was to be removed, which no server hears of."""
    found: list[str] = []

    def remove(_: Lab, things: list[Thing]) -> list[Thing]:
        found.extend(map(str, things))
        return []

    monkeypatch.setattr(names, "remove", remove)
    return found


@contextmanager
def another_process() -> Iterator[int]:
    with processes.start([sys.executable, "-c", "input()"]) as child:
        yield child.pid
        child.kill()


def kept(lab: Lab) -> list[Run]:
    assert lab.home
    return all_of(lab.home / "workspaces", str(lab.home))


def left_behind(lab: Lab, lesson: str, *things: Thing, pid: int | None = None) -> Run:
    """Write the file of another process's run; without a pid, of one that has ended."""
    assert lab.home
    folder = lab.home / "workspaces"
    folder.mkdir(exist_ok=True)
    started = psutil.Process(pid).create_time() if pid else 1.0
    run = Run(lesson, str(lab.home), pid or psutil.Process().pid, started)
    run.remember(folder, things)
    return run


def test_a_name_is_unique_and_valid_for_what_it_names(lab: Lab) -> None:
    workspace = Workspace(lab, "01")
    groups = {workspace.group("reader") for _ in range(20)}
    assert len(groups) == 20 and all(re.fullmatch(r"reader-[0-9a-f]{8}", name) for name in groups)
    assert re.fullmatch(r"orders-source-[0-9a-f]{8}", workspace.connector("orders-source"))
    assert re.fullmatch(r"orders-[0-9a-f]{8}", workspace.topic_name("orders"))
    assert re.fullmatch(r"users_[0-9a-f]{8}", workspace.table("users")), "a hyphen would be a minus in SQL"


@pytest.mark.parametrize("name", ["my-table", "", "1st", "users; DROP TABLE users", "mydb2.users", "주문"])
def test_a_table_that_would_need_quotes(lab: Lab, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be named"):
        Workspace(lab, "01").table(name)


def test_a_topic_that_kafka_refuses_and_a_lesson_that_is_no_file(lab: Lab) -> None:
    workspace = Workspace(lab, "01")
    with pytest.raises(InvalidInput, match="Kafka refuses the topic name"):
        workspace.topic_name("my topic")
    with pytest.raises(InvalidInput, match=r"'\.\./01'"):
        Workspace(lab, "../01")
    assert kept(lab) == []


def test_each_name_is_in_the_file_before_it_is_used(lab: Lab) -> None:
    workspace = Workspace(lab, "01")
    assert kept(lab) == [], "no names, no file"
    topic, table = workspace.topic_name("orders"), workspace.table("users", database="mydb2")
    [run] = kept(lab)
    assert run.things == [Thing("topic", topic), Thing("table", f"mydb2.{table}")]
    assert (run.lesson, run.pid, run.is_alive()) == ("01", psutil.Process().pid, True)
    assert repr(workspace) == f"Workspace of lesson 01: topic {topic}, table mydb2.{table}"


def test_well_known_names_are_used_as_they_are_by_their_own_lesson(lab: Lab, removed: list[str]) -> None:
    assert Workspace(lab, "02").topic_name("quickstart") == "quickstart"
    assert removed == ["topic quickstart"], "what has the name is cleared first"
    assert Workspace(lab, "07").topic_name("quickstart").startswith("quickstart-")
    workspace = Workspace(lab, "05")
    assert (workspace.table("users"), workspace.connector("my-source-connect")) == ("users", "my-source-connect")
    assert workspace.table("my_topic_users", database="mydb2") == "my_topic_users"
    assert workspace.table("my_topic_users").startswith("my_topic_users_"), "it is well known in the other database"
    assert {thing.partition(" ")[0] for known in WELL_KNOWN.values() for thing in known} <= {
        "connector",
        "topic",
        "group",
        "table",
    }


def test_a_topic_that_a_connector_names_after_a_table(lab: Lab, removed: list[str]) -> None:
    with Workspace(lab, "07") as workspace:
        table = workspace.table("users")
        assert workspace.expect_topic(f"log_{table}") == f"log_{table}"
        assert removed == []
    assert f"topic log_{table}" in removed


def test_an_end_clears_what_was_named_and_forgets_it(lab: Lab, removed: list[str]) -> None:
    with Workspace(lab, "01") as workspace:
        named = [f"topic {workspace.topic_name('orders')}", f"group {workspace.group('reader')}"]
    assert removed == named and kept(lab) == []
    workspace.clear()
    assert removed == named


def test_a_run_that_was_interrupted_is_cleared_by_the_next_of_any_lesson(lab: Lab, removed: list[str]) -> None:
    left_behind(lab, "05", Thing("topic", "left"))
    Workspace(lab, "01")
    assert removed == ["topic left"] and kept(lab) == []


def test_a_run_that_is_still_going_is_left_alone(lab: Lab, removed: list[str]) -> None:
    with another_process() as pid:
        other = left_behind(lab, "02", Thing("topic", "quickstart"), pid=pid)
        workspace = Workspace(lab, "02")
        assert removed == [] and [run.token for run in kept(lab)] == [other.token]
        with pytest.raises(
            LabError, match=rf"topic quickstart is in use by another run of lesson 02 \(process {pid}\)"
        ):
            workspace.topic_name("quickstart")
        assert workspace.topic_name("orders").startswith("orders-")
        assert removed == []


def test_a_lesson_that_kills_a_server_is_alone(lab: Lab, removed: list[str]) -> None:
    mine = Workspace(lab, "01")
    mine.alone("kafka")
    mine.alone("kafka")
    assert repr(mine) == "Workspace of lesson 01: server kafka"
    with another_process() as pid:
        left_behind(lab, "03", Thing("topic", "sales"), pid=pid)
        with pytest.raises(
            LabError, match=rf"^Lesson 03 uses this lab too \(process {pid}\), and this lesson kills its kafka\."
        ):
            mine.alone("kafka")
    mine.alone("kafka")


def test_the_second_of_two_lessons_that_kill_names_nothing(lab: Lab, removed: list[str]) -> None:
    with another_process() as pid:
        left_behind(lab, "01", Thing("server", "kafka"), pid=pid)
        with pytest.raises(LabError, match="Lesson 01 uses this lab too"):
            Workspace(lab, "01").alone("kafka")
        assert [run.pid for run in kept(lab)] == [pid]
    assert removed == []


def test_the_first_cell_run_again_clears_what_it_named_before(lab: Lab, removed: list[str]) -> None:
    name = Workspace(lab, "01").topic_name("orders")
    other = Workspace(lab, "02")
    other.group("reader")
    Workspace(lab, "01")
    assert removed == [f"topic {name}"]
    assert [run.lesson for run in kept(lab)] == ["02"]


def test_a_number_that_another_process_has_now_is_no_life(lab: Lab) -> None:
    mine = Run.of_this_process("01", "lab")
    assert mine.is_alive()
    assert not replace(mine, started=mine.started - 60).is_alive()
    with another_process() as pid:
        run = left_behind(lab, "01", Thing("topic", "x"), pid=pid)
        assert run.is_alive()
    assert not run.is_alive()


def test_servers_elsewhere_have_their_files_in_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    one, two = Lab("127.0.0.1:9"), Lab("127.0.0.1:10")
    Workspace(one, "01").group("reader")
    assert [run.lab for run in all_of(tmp_path / "home" / "workspaces", "127.0.0.1:9")] == ["127.0.0.1:9"]
    assert all_of(tmp_path / "home" / "workspaces", two.bootstrap_servers) == []


def test_a_damaged_file_is_named(lab: Lab) -> None:
    assert lab.home
    (lab.home / "workspaces").mkdir()
    (lab.home / "workspaces" / "01-ab.json").write_text('{"things": 3}')
    with pytest.raises(LabError, match=r"01-ab\.json is damaged.*Delete it"):
        Workspace(lab, "01")
