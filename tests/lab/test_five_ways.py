# SPDX-License-Identifier: Apache-2.0
"""The five ways on real servers: what is lost and doubled whoever runs it, and that it can be otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from helpers import processes
from helpers.experiments import five_ways
from helpers.experiments.five_ways import WAYS, orders, stage, taker_program, upsert_program
from helpers.experiments.five_ways.programs import Program
from helpers.lab import Lab
from helpers.processes import PIPE, STDOUT
from helpers.waiting import wait_until
from helpers.workspace import Workspace
from tests.leftovers import everything

COUNT = 60
PROGRAMS = [str(Path(program.__file__ or "")) for program in (taker_program, upsert_program)]


@pytest.fixture
def workspace(lab: Lab) -> Iterator[Workspace]:
    before = everything(lab)
    with Workspace(lab, "11") as workspace:
        yield workspace
    assert not everything(lab) - before


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that have really been killed in this test."""
    seen: list[str] = []
    wait = Program.wait

    def watched(program: Program, timeout: float, *, killed: bool = False) -> None:
        wait(program, timeout, killed=killed)
        assert program._child
        if program._child.code in (-9, 137):
            seen.append(type(program).__name__)

    monkeypatch.setattr(Program, "wait", watched)
    return seen


def outcome(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Lost and doubled orders, by way."""
    return {row["way"]: (row["lost"], row["doubled"]) for _, row in table.iterrows()}


def test_only_a_dual_write_loses_and_nobody_doubles(lab: Lab, workspace: Workspace, killed: list[str]) -> None:
    table = five_ways.compare(lab, workspace, COUNT)
    assert list(table.columns) == five_ways.COLUMNS
    assert outcome(table) == {way: (int(way == "dual write"), 0) for way in WAYS}
    assert table["accepted"].tolist() == [COUNT] * len(WAYS)
    assert (table["rows"] + table["lost"] == COUNT).all()
    assert killed == ["Taker", "Taker", "Taker", "Taker", "Upserter"], "each way has one real death"
    late = table.set_index("way")["median ms"]
    assert late["direct"] <= late.drop("direct").min()
    assert (table["median ms"] <= table["95 % ms"]).all()
    assert processes.find_all(*PROGRAMS) == []


def test_a_dual_write_that_dies_after_both_loses_nothing(
    lab: Lab, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(WAYS["dual write"], dies=taker_program.BEFORE_ANSWER)
    monkeypatch.setitem(WAYS, "dual write", later)
    assert outcome(five_ways.run(lab, workspace, "dual write", COUNT)) == {"dual write": (0, 0)}


def test_without_a_primary_key_what_comes_again_is_there_twice(
    lab: Lab, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "TARGET", orders.TARGET.replace("PRIMARY KEY", "NOT NULL"))
    table = five_ways.compare(lab, workspace, COUNT, ways=["direct", "topic first", "by hand"])
    doubled = {way: doubled for way, (lost, doubled) in outcome(table).items() if not lost}
    assert doubled["direct"] == doubled["topic first"] == 1, "the order whose customer got no answer"
    assert doubled["by hand"] >= 1, "the records that were read again"


KILLED = """
import sys
from helpers import attach
from helpers.experiments import five_ways
from helpers.workspace import Workspace

lab = attach()
print("now", flush=True)
five_ways.compare(lab, Workspace(lab, "11"), 20_000, ways=["by hand"])
"""


def test_a_comparison_that_is_killed_leaves_nothing(lab: Lab) -> None:
    before = everything(lab)
    variables = {**os.environ, "LAB_HOME": str(lab.home)}
    with processes.start([sys.executable, "-c", KILLED], output=PIPE, errors=STDOUT, environment=variables) as running:
        assert running.stdout
        assert running.stdout.readline() == "now\n"
        wait_until(lambda: len(processes.find_all(*PROGRAMS)) == 2, 60, "both programs to run")
        running.kill()
    wait_until(lambda: not processes.find_all(*PROGRAMS), 15, "its programs to end")
    with Workspace(lab, "11"):  # what an interrupted run has left is cleared by the next one
        assert not everything(lab) - before
