# SPDX-License-Identifier: Apache-2.0
"""The crash matrix on a lab of its own: what must be lost, doubled or neither, on any computer; and that it can be otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

from helpers import database, processes, topics
from helpers.connect import Config, ConnectClient
from helpers.errors import ConnectorFailed, InvalidInput, LabNotRunning
from helpers.experiments.crash_matrix import PLACES, WAYS, Matrix, Stage, order_program, orders, stage, writer_program
from helpers.faults import servers, waker
from helpers.lab import Lab
from helpers.processes import PIPE, STDOUT
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until
from helpers.workspace import Workspace
from tests.resources import SERVERS, OwnLab

COUNT = 40
SENT = COUNT * 3 // 4
CERTAIN = [place for place in PLACES if "mid-work" not in place]
WORKER = "PYTEST_XDIST_WORKER"
PROGRAMS = [str(Path(program.__file__ or "")) for program in (order_program, writer_program, waker)]


@pytest.fixture(scope="module")
def lab(file_lab: OwnLab) -> Lab:
    return file_lab.attach()


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> Iterator[Workspace]:
    with Workspace(lab, "12") as workspace:
        yield workspace


@pytest.fixture(scope="module")
def matrix(lab: Lab, workspace: Workspace) -> Iterator[Matrix]:
    with Matrix(lab, workspace, count=COUNT) as matrix:
        yield matrix


@pytest.fixture(scope="module")
def doubled(matrix: Matrix) -> pd.DataFrame:
    """Every row whose outcome no luck decides, really killed; the rows that are too many. Lesson 12 runs the others too."""
    for place in CERTAIN:
        matrix.run(place)
    return matrix.table("doubled").loc[CERTAIN]


def test_each_row_killed_whom_it_names(matrix: Matrix, doubled: pd.DataFrame) -> None:
    assert {place: died for place, died in matrix.died.items() if died} == {
        "sink, between the two commits": ["connect"]
    }


def test_only_what_never_reached_kafka_is_lost_except_by_a_wrong_key(matrix: Matrix, doubled: pd.DataFrame) -> None:
    lost = matrix.table("lost").loc[CERTAIN]
    assert (lost.pop("wrong key") >= 0).all()
    assert (lost.loc["program, before produce"] == COUNT - SENT).all()
    assert (lost.drop("program, before produce") == 0).all(axis=None)


def test_a_program_that_starts_again_doubles_where_the_key_is_not_the_orders(doubled: pd.DataFrame) -> None:
    assert dict(doubled.loc["program, before acknowledgement"]) == {
        "insert": COUNT,
        "upsert": 0,
        "wrong key": 0,
        "coordinates": COUNT,
        "by hand": COUNT,
    }


@pytest.mark.parametrize("place", ["sink, between the two commits", "nowhere, but an answer is lost"])
def test_between_the_commits_only_insert_doubles_and_all_of_it(doubled: pd.DataFrame, place: str) -> None:
    assert doubled.loc[place, "insert"] == COUNT
    assert doubled.loc[place].drop("insert").sum() == 0


def test_the_frame_has_every_cell(matrix: Matrix, doubled: pd.DataFrame) -> None:
    frame = matrix.frame()
    assert len(frame) == len(CERTAIN) * len(WAYS)
    assert matrix.table("rows").isna().any(axis=1).sum() == len(PLACES) - len(CERTAIN), "what has not run is not known"
    assert frame.loc["program, before acknowledgement"]["in topic"].tolist() == [2 * COUNT] * len(WAYS)
    assert (frame["rows"] - frame["doubled"] == frame["produced"] - frame["lost"]).all()


def test_the_window_is_hit_again(matrix: Matrix) -> None:
    """Deterministic by construction; `python -m tests.lab.test_crash_matrix` does it twenty times."""
    row = matrix.run("sink, between the two commits")
    assert row["doubled"].to_dict() == {"insert": COUNT, **dict.fromkeys(WAYS[1:], 0)}


def test_without_the_held_answer_the_same_kill_doubles_nothing(matrix: Matrix) -> None:
    def too_late(stage: Stage, place: str) -> None:
        stage.sender(place).run()
        stage.settle()
        with servers.kill(stage.lab, "connect"):
            stage.writer.kill()

    assert matrix.run("too late", too_late)["doubled"].sum() == 0


def test_a_database_that_dies_while_all_rest_stops_nobody_for_good(matrix: Matrix) -> None:
    """A sink notices only at its next record that its connection is dead. Once that stopped the next row for ever."""
    with servers.kill(matrix.lab, matrix.database):
        pass
    row = matrix.run("nowhere, but an answer is lost")
    assert row["doubled"].to_dict() == {"insert": COUNT, **dict.fromkeys(WAYS[1:], 0)}


def test_without_its_key_upsert_doubles_too(matrix: Matrix) -> None:
    owner = database.engine(matrix.lab, "owner", database=SINK_DATABASE)
    database.execute(owner, f"ALTER TABLE {matrix.tables['upsert']} DROP PRIMARY KEY")
    row = matrix.run("program, before acknowledgement")
    assert row.loc["upsert", "doubled"] == COUNT


def test_unknown_places_columns_and_a_matrix_of_zero_orders(lab: Lab, matrix: Matrix, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match=r"no place 'lunch'. Choose one of nowhere, program"):
        matrix.run("lunch")
    with pytest.raises(InvalidInput, match=r"does not count 'late'. Choose one of produced"):
        matrix.table("late")
    with pytest.raises(InvalidInput, match="A matrix of 0 orders shows nothing"):
        Matrix(lab, workspace, count=0)


def test_a_second_matrix_ends_the_first(lab: Lab, workspace: Workspace, matrix: Matrix) -> None:
    with Matrix(lab, workspace, count=COUNT) as second:
        assert not processes.is_listening(matrix.relay.port)
        assert processes.is_listening(second.relay.port)
        assert len([process for process in programs() if process.ppid() == os.getpid()]) == 1


def test_a_connector_that_never_runs_ends_the_matrix(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: object, **more: object) -> Config:
        return {**orders.sink(*arguments, **more), "connection.username": "nobody"}  # type: ignore[arg-type]

    monkeypatch.setattr(stage, "sink", wrong)
    before = programs()
    with Workspace(lab, "12") as own:
        broken = Matrix(lab, own, count=COUNT)
        with pytest.raises(ConnectorFailed, match=r"failed: .*Access denied"):
            broken.start()
        assert not processes.is_listening(broken.relay.port)
        assert set(programs()) <= set(before)


def test_a_fault_asked_of_a_server_that_is_not_there(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match=r"no server 'zookeeper'. It has connect, kafka, mariadb"):
        servers.running(lab, "zookeeper")
    with servers.kill(lab, "mariadb"):
        for fault in (servers.kill, servers.freeze):
            with pytest.raises(LabNotRunning, match=r"MariaDB does not run in .* Start it"), fault(lab, "mariadb"):
                pass
    assert len(servers.running(lab, *SERVERS)) == len(SERVERS), "after the block it runs again"


def test_a_frozen_server_is_silent_and_continues(lab: Lab) -> None:
    (frozen,) = servers.running(lab, "kafka").values()
    with servers.freeze(lab, "kafka"):
        assert frozen.status() == psutil.STATUS_STOPPED
    wait_until(lambda: frozen.status() != psutil.STATUS_STOPPED, 10, "the broker to continue")
    assert topics.names(lab)


KILLED = """
import sys
from helpers import attach
from helpers.experiments.crash_matrix import Matrix
from helpers.faults import servers
from helpers.workspace import Workspace

def fault(stage, place):
    with stage.sender(place, rate=1), servers.freeze(stage.lab, "connect"):
        print("now", flush=True)
        sys.stdin.read()

lab = attach()
with Matrix(lab, Workspace(lab, "12")) as matrix:
    matrix.run("killed", fault)
"""


def programs() -> list[psutil.Process]:
    """Those of a crash matrix that run now. Beside us another worker may run lesson 12, which has them too."""
    return [process for process in processes.find_all(*PROGRAMS) if worker_of(process) == os.environ.get(WORKER)]


def worker_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(WORKER)
    except psutil.NoSuchProcess:
        return "none"


def test_a_matrix_that_is_killed_leaves_nothing(file_lab: OwnLab, lab: Lab) -> None:
    before, known = programs(), set(topics.names(lab))
    (worker,) = servers.running(lab, "connect").values()
    command = [sys.executable, "-c", KILLED]
    with processes.start(command, output=PIPE, errors=STDOUT, environment=file_lab.environment()) as running:
        assert running.stdout
        assert running.stdout.readline() == "now\n"
        assert worker.status() == psutil.STATUS_STOPPED
        running.kill()
    wait_until(lambda: len(programs()) <= len(before), 15, "its programs to end", last_seen=programs)
    wait_until(lambda: worker.status() != psutil.STATUS_STOPPED, 10, "the frozen worker to continue")
    assert set(topics.names(lab)) > known
    with Workspace(lab, "12"):  # what an interrupted run has left is cleared by the next one
        assert set(topics.names(lab)) <= known
        with ConnectClient(lab) as client:
            assert len([name for name in client.connectors() if name.startswith("insert")]) <= 1


def twenty_times(lab: Lab) -> None:
    """Hit the window twenty times, and print each row."""
    with Workspace(lab, "12") as workspace, Matrix(lab, workspace, count=COUNT) as matrix:
        for number in range(1, 21):
            row = matrix.run("sink, between the two commits")
            print(number, row["doubled"].to_dict(), flush=True)
            assert row["doubled"].tolist() == [COUNT, 0, 0, 0, 0]


if __name__ == "__main__":
    from helpers import attach

    twenty_times(attach())
