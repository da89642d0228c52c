# SPDX-License-Identifier: Apache-2.0
"""What asks about groups, or compares a topic with a table, survives when a server is killed and started again."""

from __future__ import annotations

import socket
import sys

import pytest

from helpers import database, processes, records, topics
from helpers.errors import KafkaFailed, LabNotRunning
from helpers.reconcile import Difference, Reconciler
from helpers.waiting import wait_until
from tests.resources import OwnLab

ASKS = """
import sys
from helpers import clients, groups
from helpers.errors import LabNotRunning
from helpers.lab import Lab
from helpers.lag import LagRecorder, measure_lag, observer

clients.PATIENCE = 2
lab, group = Lab(sys.argv[1]), sys.argv[2]
kept = observer(lab, group)
QUESTIONS = {
    "lag": lambda: measure_lag(lab, group, [group]).total,
    "lag, kept": lambda: measure_lag(lab, group, [group], consumer=kept).total,
    "lag of all": lambda: measure_lag(lab, group).total,
    "names": lambda: group in groups.names(lab),
    "members": lambda: groups.count_members(lab, group),
}
for name, ask in QUESTIONS.items():
    print(name, ask(), flush=True)
print("ready", flush=True)
input()
for name, ask in QUESTIONS.items():
    try:
        print(name, ask(), "though the broker is away", flush=True)
    except LabNotRunning as error:
        print(name, "away", flush=True)
print("asked", flush=True)
input()
for name, ask in QUESTIONS.items():
    print(name, ask(), flush=True)
input()
print("survived", flush=True)
"""


@pytest.fixture
def asking(own_lab: OwnLab) -> processes.Process:
    """A program that has asked about a group with a lag of 2."""
    lab, name = own_lab.attach(), topics.unique_name("away")
    topics.create(lab, name)
    records.produce(lab, name, ["a", "b", "c"])
    records.consume(lab, name, 1, group=name)
    program = [sys.executable, "-c", ASKS, lab.bootstrap_servers, name]
    return processes.start(program, output=processes.PIPE)


def until(program: processes.Process, word: str) -> list[str]:
    """Let the program continue, and return its output before `word`."""
    assert program.stdout
    lines: list[str] = []
    for line in program.stdout:
        if line.strip() == word:
            return lines
        lines.append(line.strip())
    pytest.fail(f"the program ended with {program.wait()} before it said {word!r}, after {lines}")


def go_on(program: processes.Process) -> None:
    assert program.stdin
    program.stdin.write("\n")
    program.stdin.flush()


def test_questions_about_a_group_outlive_a_broker_that_is_killed(own_lab: OwnLab, asking: processes.Process) -> None:
    """If the admin client is kept, it ends the process when the broker is back (librdkafka's issue 4605)."""
    right = ["lag 2", "lag, kept 2", "lag of all 2", "names True", "members 0"]
    address = own_lab.attach().bootstrap_servers
    with asking:
        assert until(asking, "ready") == right
        own_lab.kill("kafka")
        go_on(asking)
        assert until(asking, "asked") == [f"{line.rpartition(' ')[0]} away" for line in right]
        wait_until(lambda: is_free(address), 10, "the killed broker's port to be free")
        own_lab.up()
        assert own_lab.attach().bootstrap_servers == address
        go_on(asking)
        go_on(asking)
        assert until(asking, "survived") == right
    assert asking.returncode == 0


def is_free(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that were closed do not count
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True


@pytest.mark.parametrize(
    ("server", "said"), [("mariadb", "No database answers at"), ("kafka", "No Kafka broker answers")]
)
def test_a_comparison_outlives_a_server_that_is_killed_in_its_middle(own_lab: OwnLab, server: str, said: str) -> None:
    lab, name = own_lab.attach(), topics.unique_name("away")
    topics.create(lab, name)
    records.produce(lab, name, [("1", b""), ("2", b"")])
    database.execute(lab, f"CREATE TABLE mydb2.`{name}` (id INT)")
    with Reconciler(lab, name, f"mydb2.{name}", "id", by="buckets") as reconciler:
        read = reconciler.topic.read

        def read_and_kill() -> None:
            read()
            own_lab.kill(server)

        with pytest.MonkeyPatch.context() as patch, pytest.raises(LabNotRunning, match=said):
            patch.setattr(reconciler.topic, "read", read_and_kill)
            reconciler.look()
            reconciler.look()
        own_lab.up()
        found = wait_until(lambda: again(reconciler), 20, "a look")
        assert found and (found.lost.keys, found.in_topic) == (("1", "2"), 2)


def again(reconciler: Reconciler) -> Difference | None:
    """Look, or return None while the broker has no leaders yet."""
    try:
        return reconciler.look()
    except (KafkaFailed, LabNotRunning):
        return None
