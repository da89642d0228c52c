# SPDX-License-Identifier: Apache-2.0
"""After anything that ends a server, or `lab` itself, the next `lab up` starts a working lab."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import ExitStack

import pytest

from helpers import processes, records, topics
from helpers.waiting import wait_until
from tests.resources import SERVERS, OwnLab


@pytest.mark.parametrize("name", SERVERS)
def test_a_killed_server_is_started_again_and_the_others_stay(own_lab: OwnLab, name: str) -> None:
    before, ports = own_lab.pids(), own_lab.ports()
    own_lab.kill(name)
    assert own_lab.run("status").returncode == 3, "status must say that a server is missing"
    own_lab.up()
    after = own_lab.pids()
    assert after[name] != before[name]
    assert own_lab.ports() == ports, "whoever has written a server's address down finds it there again"
    assert {other: pid for other, pid in after.items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }


def test_what_kafka_acknowledged_survives_a_kill(own_lab: OwnLab) -> None:
    lab = own_lab.attach()
    with topics.temporary(lab, "survivor") as name:
        records.produce(lab, name, [f"record {number}" for number in range(100)])
        own_lab.kill("kafka")
        own_lab.up()
        values = [message.value() for message in records.consume(own_lab.attach(), name, 100)]
    assert values == [b"record %d" % number for number in range(100)]


def test_up_twice_changes_nothing(own_lab: OwnLab) -> None:
    before = own_lab.pids()
    own_lab.up()
    assert own_lab.pids() == before


def test_all_servers_killed_at_once(own_lab: OwnLab) -> None:
    ports = own_lab.ports()
    for name in own_lab.pids():
        own_lab.kill(name)
    own_lab.up()
    assert set(own_lab.pids()) == set(SERVERS)
    assert own_lab.ports() == ports


def test_ports_that_are_taken_are_left_to_their_owners(own_lab: OwnLab) -> None:
    before = own_lab.ports()
    assert before.keys() == {*SERVERS, "controller"}
    own_lab.run("down")
    with ExitStack() as others:
        for port in before.values():
            other = others.enter_context(socket.socket())
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
        done = own_lab.up()
    after = own_lab.ports()
    for name, port in before.items():
        assert f"Port {port} is used by another program" in done.stderr
        assert after[name] != port
    assert set(own_lab.pids()) == set(SERVERS)


def test_a_stale_pid_file_harms_nobody(own_lab: OwnLab) -> None:
    own_lab.kill("mariadb")
    with processes.start([sys.executable, "-c", "input()"]) as innocent:
        (own_lab.home / "mariadb" / "data" / "mariadb.pid").write_text(f"{innocent.pid}\n")
        own_lab.up()
        own_lab.run("down")
        assert innocent.poll() is None, "a process that only had the old pid was ended"
        innocent.kill()
    own_lab.up()


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("Starting Kafka Connect", signal.SIGINT),
        ("Starting MariaDB", signal.SIGTERM),
        ("Apache Kafka answers", signal.SIGINT),
    ],
)
def test_ctrl_c_while_starting_leaves_nothing(new_lab: OwnLab, line: str, end: signal.Signals) -> None:
    starting = new_lab.start("up")
    assert starting.stdout
    seen = next((text for text in starting.stdout if text.startswith(line)), None)
    assert seen, f"`lab up` never said {line!r}"
    starting.send_signal(end)
    output, _ = starting.communicate(timeout=60)
    assert starting.returncode == 130, output
    assert "Traceback" not in output
    assert new_lab.processes() == []
    new_lab.up()


def test_lab_up_itself_killed_while_starting(new_lab: OwnLab) -> None:
    starting = new_lab.start("up")
    assert starting.stdout
    assert any(text.startswith("Starting") for text in starting.stdout)
    os.kill(starting.pid, signal.SIGKILL)
    starting.communicate(timeout=60)
    new_lab.up()
    assert len(new_lab.processes()) == len(SERVERS), "what the killed command had started was taken over or replaced"


def test_two_commands_at_once_in_one_home(new_lab: OwnLab) -> None:
    starting = new_lab.start("up")
    wait_until(lambda: (new_lab.home / "lab.json").exists(), 60, "the first command to be at work")
    second = new_lab.run("up")
    starting.communicate(timeout=120)
    assert starting.returncode == 0
    assert second.returncode == 1
    assert "Another `./lab` command is running" in second.stderr
