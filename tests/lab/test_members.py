# SPDX-License-Identifier: Apache-2.0
"""Members as processes: they end with their parent, say why they failed, and their events become history."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from helpers import processes
from helpers.errors import InvalidInput, KafkaFailed
from helpers.experiments import members
from helpers.experiments.members import Member, owners, ownership, without_owner
from helpers.lab import Lab
from helpers.processes import is_gone
from helpers.records import produce
from helpers.waiting import wait_until


@pytest.fixture
def member(mock: Lab) -> Member:
    produce(mock, "orders", ["there is such a topic"])
    return Member(mock, "group", "orders", name="A")


def children(parent: int | None = None) -> list[psutil.Process]:
    found = [child for child in psutil.Process(parent).children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in found if "member_program.py" in " ".join(child.cmdline())]


def child(parent: int | None = None) -> psutil.Process:
    (process,) = children(parent)
    return process


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that only starts the real one and waits for it, as python.exe in a venv on Windows is already."""
    if os.name == "posix":
        program = tmp_path / "python"
        program.write_text(f'#!/bin/sh\n"{sys.executable}" "$@"\nexit $?\n')
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))


def test_a_member_is_a_process_of_its_own_that_leaves_when_told(member: Member) -> None:
    with member:
        process = child()
        assert process.pid != os.getpid()
        assert member.running
    assert not member.running
    assert not process.is_running()
    member.stop()


def test_a_killed_member_is_no_failure(member: Member) -> None:
    marks: list[str] = []
    member._mark = marks.append
    with member:
        member.kill()
        assert not member.running
        member.kill()
    assert marks == ["A killed"]


def test_a_killed_member_is_no_failure_on_windows_either(member: Member) -> None:
    with member:
        member.kill()
        assert member._child._process
        member._child._process.returncode = 1  # what TerminateProcess leaves, and what an error does
        assert not member.running
    member._child._orders["config"]["no.such.setting"] = 1  # type: ignore[index]
    member.start()
    with pytest.raises(KafkaFailed, match=r"no\.such\.setting"):
        wait_until(lambda: not member.running, 10, "the member to fail, killed before or not")
    with pytest.raises(KafkaFailed):
        member.stop()


def test_pause_and_kill_reach_the_process_behind_a_launcher(launcher: None, member: Member) -> None:
    with member:
        (real,) = wait_until(lambda: children(child().pid), 10, "the launcher to start the member")
        member.pause()
        wait_until(lambda: real.status() == psutil.STATUS_STOPPED, 5, "the member to be frozen", last_seen=real.status)
        member.resume()
        wait_until(lambda: real.status() != psutil.STATUS_STOPPED, 5, "the member to go on", last_seen=real.status)
        member.kill()
        wait_until(lambda: is_gone(real), 5, "the member to end", last_seen=real.status)


def test_no_password_is_in_the_list_of_processes(mock: Lab) -> None:
    produce(mock, "orders", ["there is such a topic"])
    # The mock broker waits for further members longer than a session lasts by our settings.
    config = {"sasl.password": "hush", "session.timeout.ms": 10_000}
    with Member(mock, "keeps a secret", "orders", name="A", config=config) as member:
        assert "hush" not in str([child().cmdline(), child().environ()])
        wait_until(lambda: member.assignment, 20, "the member to have its orders all the same")


def test_a_frozen_member_can_be_stopped(member: Member) -> None:
    with member:
        process = child()
        member.pause()
        wait_until(
            lambda: process.status() == psutil.STATUS_STOPPED, 5, "the process to be frozen", last_seen=process.status
        )
        member.resume()
        wait_until(
            lambda: process.status() != psutil.STATUS_STOPPED, 5, "the process to go on", last_seen=process.status
        )
        member.pause()
    assert not process.is_running()


ORPHANS = """
from helpers.lab import Lab
from helpers.experiments.members import Member
members = [Member(Lab({address!r}), "group", "orders", name=name).start() for name in "AB"]
members[1].pause()
print("started", flush=True)
input()
"""


def test_no_member_outlives_a_parent_that_is_killed(mock: Lab) -> None:
    program = [sys.executable, "-c", ORPHANS.format(address=mock.bootstrap_servers)]
    with processes.start(program, output=processes.PIPE) as parent:
        assert parent.stdout and parent.stdout.readline() == "started\n"
        orphans = psutil.Process(parent.pid).children()
        assert len(orphans) == 2
        parent.kill()
    # Who adopts them may never ask how they ended, as in a container whose first process is no init: zombies have ended.
    try:
        wait_until(lambda: all(map(is_gone, orphans)), 15, "both members to end", last_seen=lambda: orphans)
    finally:
        for process in orphans:
            if not is_gone(process):
                process.kill()


def test_a_member_that_fails_says_why(mock: Lab) -> None:
    member = Member(mock, "group", "orders", name="A", config={"no.such.setting": 1}).start()
    with pytest.raises(KafkaFailed, match=r'Member A failed: .*No such configuration property: "no\.such\.setting"'):
        wait_until(lambda: not member.running, 10, "the member to fail")
    with pytest.raises(KafkaFailed):
        member.stop()


@pytest.mark.parametrize("config", [["debug"], {"stats_cb": print}, {"group.id": ""}])
def test_a_configuration_that_no_process_can_get(mock: Lab, config: Any) -> None:
    with pytest.raises(InvalidInput):
        Member(mock, "group", "orders", name="A", config=config)


def test_events_become_assignment_records_and_history(member: Member) -> None:
    marks: list[str] = []
    member._mark = marks.append
    member._take("assigned", 100.0, partitions=[0, 1])
    member._take("handled", 101.0, records=[[0, 5], [1, 7]])
    member._take("revoked", 102.0, partitions=[1])
    assert member.assignment == [0]
    assert (member.handled, member.records) == (2, [(0, 5), (1, 7)])
    other = Member(Lab("127.0.0.1:9"), "group", "orders", name="B")
    other._take("assigned", 103.0, partitions=[1])
    assert owners([member, other]) == {0: "A", 1: "B"}
    assert marks == ["A gets 0, 1"]
    frame = ownership([member, other])
    assert frame[["member", "partition", "since"]].values.tolist() == [["A", 0, 0.0], ["A", 1, 0.0], ["B", 1, 3.0]]
    assert frame["until"].tolist()[1] == 2.0
    assert frame["until"].iloc[2] > 3.0, "what lasts, lasts until now"


def test_the_time_without_an_owner_ends_with_the_last_partition_taken_over() -> None:
    stretches = [["A", 0, 0.0, 9.0], ["B", 1, 0.0, 1.0], ["B", 1, 1.5, 4.0], ["B", 2, 1.5, 4.0], ["A", 1, 6.0, 9.0]]
    frame = pd.DataFrame([*stretches, ["C", 2, 7.0, 9.0]], columns=["member", "partition", "since", "until"])
    assert without_owner(frame, "B") == 3.0
    assert math.isnan(without_owner(frame[frame["member"] != "C"], "B")), "nobody has taken over partition 2"
    with pytest.raises(InvalidInput, match="D never had a partition"):
        without_owner(frame, "D")


def test_nobody_has_anything() -> None:
    assert owners([]) == {}
    assert ownership([]).empty


@pytest.mark.parametrize(
    "settings", [{"commit": "during"}, {"protocol": "newest"}, {"rate": 0}, {"rate": -1}, {"batch": 0}, {"batch": -1}]
)
def test_settings_that_cannot_be(mock: Lab, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"Member A cannot|`(rate|batch)` must be"):
        Member(mock, "group", "orders", name="A", **settings)


def test_a_member_starts_without_the_heavy_libraries() -> None:
    program = "import runpy, sys; runpy.run_path(sys.argv[1]); sys.exit('pandas' in sys.modules)"
    done = processes.run([sys.executable, "-c", program, members._PROGRAM], timeout=60)
    assert done.returncode == 0
