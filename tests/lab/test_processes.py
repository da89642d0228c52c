# SPDX-License-Identifier: Apache-2.0
"""Processes: found by what only they have, ended for sure, never somebody else's."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpers import processes
from helpers.errors import ServerFailed, TimedOut
from helpers.waiting import wait_until

STUBBORN = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); sys.stdin.read()"
)


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A process that does not end when it is asked to, with a marker of its own."""
    marker = f"--datadir={tmp_path}/data"
    command = [sys.executable, "-c", STUBBORN, marker]
    with processes.start(command, output=processes.PIPE) as child:
        assert child.stdout and child.stdout.readline() == "ready\n"
        yield marker, psutil.Process(child.pid)
        child.kill()


def test_found_by_a_whole_argument_only(stubborn: tuple[str, psutil.Process]) -> None:
    marker, wanted = stubborn
    assert processes.find_all(marker) == [wanted]
    assert processes.find_all(marker[:-1]) == []
    assert processes.find_all(marker + "2") == []


def test_what_another_user_runs_is_not_found(
    stubborn: tuple[str, psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of the same arguments that belongs to somebody else is neither shown nor ended."""
    marker, theirs = stubborn
    assert processes.find_all(marker) == [theirs]
    real = psutil.Process.username
    monkeypatch.setattr(psutil.Process, "username", lambda it: "kim" if it.pid == theirs.pid else real(it))
    assert processes.find_all(marker) == []


def test_what_does_not_end_is_killed(stubborn: tuple[str, psutil.Process]) -> None:
    marker, wanted = stubborn
    assert processes.stop(wanted, timeout=1) is False  # as long as the kill may take, on a busy machine
    assert processes.find_all(marker) == []
    assert processes.stop(wanted, timeout=1) is True, "stopping what is gone does nothing"


def test_a_zombie_is_gone() -> None:
    """What has ended stays in the process table until its parent asks, and who adopts an orphan may never ask."""
    with processes.start([sys.executable, "-c", ""]) as child:
        ended = psutil.Process(child.pid)
        wait_until(lambda: ended.status() == psutil.STATUS_ZOMBIE, 20, "the program to end", last_seen=ended.status)
        assert processes.is_gone(ended)
    assert processes.is_gone(ended)


def test_every_process_with_the_marker_is_found_and_ended(tmp_path: Path) -> None:
    """MySQL on Windows is two processes with one command line."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", marker := f"--datadir={tmp_path}/twins"]
    twins = [processes.start(command) for _ in range(2)]
    wait_until(lambda: len(processes.find_all(marker)) == 2, 20, "both to run")
    for found in processes.find_all(marker):
        processes.stop(found, timeout=5)
    assert processes.find_all(marker) == []
    for twin in twins:
        assert twin.stdin
        twin.stdin.close()
        twin.wait()


def test_a_command_is_run_to_its_end() -> None:
    echo = [sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.exit(3)"]
    done = processes.run(echo, timeout=20, words="김하늘")
    assert (done.returncode, done.stdout) == (3, "김하늘")
    with pytest.raises(TimedOut, match=r"did not end within 0\.1 s.*slow"):
        processes.run([sys.executable, "-c", "import threading; threading.Event().wait(30)"], timeout=0.1)


def test_what_starts_is_detached_and_leaves_its_words(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "it.log"
    child = processes.spawn(
        [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"], cwd=tmp_path, log=log
    )
    wait_until(lambda: child.poll() is not None, 20, "the program to end")
    assert processes.tail(log) == "True", "it leads a session of its own: Ctrl-C in this one does not reach it"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="nothing cannot be run here: No such file"):
        processes.spawn([tmp_path / "nothing"], cwd=tmp_path, log=tmp_path / "log")


def test_tail(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert processes.tail(log) == ""
    log.write_text("\n".join(map(str, range(100_000))))
    assert processes.tail(log, 2) == "99998\n99999"


def test_a_process_that_cannot_be_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    me = psutil.Process()
    monkeypatch.setattr(me, "terminate", lambda: None)
    monkeypatch.setattr(me, "kill", lambda: None)
    with pytest.raises(TimedOut, match=f"process {me.pid} to end"):
        processes.stop(me, timeout=0.05)


def test_a_port_that_is_being_let_go_is_waited_for() -> None:
    """The system closes a killed server's sockets a moment after its process is gone."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert processes.free_soon([port], 0.2) == set(), "somebody has it still"
        asked = threading.Event()

        def close() -> None:
            asked.wait(20)
            server.close()

        closing = threading.Thread(target=close)
        closing.start()
        assert not processes.can_bind(port)
        asked.set()
        assert processes.free_soon([port]) == {port}
        closing.join()
