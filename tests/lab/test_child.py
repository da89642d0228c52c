# SPDX-License-Identifier: Apache-2.0
"""Programs that end with their parent: ours by the end of their input, any other by its guard."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from helpers import child, processes
from helpers.child import Child, Guarded
from helpers.errors import ServerFailed, TimedOut
from helpers.waiting import wait_until

ECHO = """
import sys
for line in sys.stdin:
    print("heard", line.strip(), flush=True)
print("the end", flush=True)
"""
DEAF = "import sys, time; print('ready', flush=True); time.sleep(60)"
STUBBORN = """
import signal, sys, time
for name in ("SIGINT", "SIGTERM"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
STOPS_SOMETHING_FIRST = """
import pathlib, sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.3)
    pathlib.Path(sys.argv[1]).touch()
    sys.exit(7)
"""


def python(code: str, *arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-c", code, *arguments]


def test_orders_are_the_first_line_and_the_output_is_heard() -> None:
    lines: list[str] = []
    ended: list[bool] = []
    with Child(python(ECHO), {"이름": 1}, heard=lines.append, ended=lambda: ended.append(True)) as program:
        wait_until(lambda: lines, 20, "the program to answer")
        assert program.running
        assert psutil.Process(program.pid).cmdline()[-1] == ECHO, "orders are in no command line"
    assert (program.code, program.killed, ended) == (0, False, [True])
    assert lines == ['heard {"\\uc774\\ub984": 1}\n', "the end\n"]
    assert program.stop() == 0, "a second stop does nothing"


MANY = """
import os, sys, threading
errors = threading.Thread(target=lambda: [os.write(2, b"%7|log\\n") for _ in range(3000)])
errors.start()
for _ in range(300):
    print("x" * 9000, flush=True)
errors.join()
sys.stdin.read()
"""


def test_what_it_writes_as_errors_comes_in_the_middle_of_no_line() -> None:
    lines: list[str] = []
    with Child(python(MANY), heard=lines.append):
        wait_until(lambda: len(lines) == 3300, 20, "all lines", last_seen=lambda: len(lines))
    assert set(lines) == {"x" * 9000 + "\n", "%7|log\n"}


def test_a_listener_that_fails_is_told_and_the_program_goes_on() -> None:
    def refuse(line: str) -> None:
        int(line)

    program = Child(python(MANY), heard=refuse).start()
    with pytest.raises(ValueError, match="invalid literal"):
        program.stop()
    assert program.stop() == 0, "it has written all, and the error is raised once"


def test_one_that_does_not_end_is_killed() -> None:
    with Child(python(DEAF), patience=0.3, heard=print) as program:
        pass
    assert program.killed and program.code


def test_a_frozen_one_can_be_stopped_and_killed() -> None:
    for end in (Child.stop, Child.kill):
        program = Child(python(ECHO), heard=print).start()
        process = psutil.Process(program.pid)
        program.freeze()
        wait_until(lambda it=process: it.status() == psutil.STATUS_STOPPED, 10, "it to be frozen")  # type: ignore[misc]
        end(program)
        assert not process.is_running()


def test_before_the_start_nothing_runs() -> None:
    program = Child(python(ECHO))
    assert (program.pid, program.code, program.running, program.wait(), program.stop()) == (
        None,
        None,
        False,
        None,
        None,
    )


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="nowhere cannot be run here"):
        Child([tmp_path / "nowhere"]).start()


PARENT = """
import sys
from helpers.child import Child, Guarded
program = {kind}([sys.executable, "-c", {code!r}], patience={patience}).start()
for line in sys.stdin:
    program.freeze()
"""


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(("kind", "code"), [("Child", ECHO), ("Guarded", DEAF), ("Guarded", STUBBORN)])
def test_none_outlives_a_parent_that_is_killed(kind: str, code: str, frozen: bool) -> None:
    with processes.start(
        python(PARENT.format(kind=kind, code=code, patience=5 if kind == "Child" else (0.2, 0.2))),
        output=processes.PIPE,
    ) as parent:
        assert parent.stdin and parent.stdout
        found = psutil.Process(parent.pid)
        wanted = 1 if kind == "Child" else 2
        wait_until(lambda: len(found.children(recursive=True)) == wanted, 20, "the program to run")
        if kind == "Guarded":
            assert parent.stdout.readline() == "ready\n"
        orphans = found.children(recursive=True)
        if frozen:
            print("freeze", file=parent.stdin, flush=True)
            wait_until(lambda: any(each.status() == psutil.STATUS_STOPPED for each in orphans), 20, "it to be frozen")
        parent.kill()
    try:
        wait_until(lambda: all(map(processes.is_gone, orphans)), 30, "all to end", last_seen=lambda: orphans)
    finally:
        for process in orphans:
            if not processes.is_gone(process):
                process.kill()


def test_a_guarded_command_is_interrupted_and_gets_its_time(tmp_path: Path) -> None:
    stopped, output = tmp_path / "stopped", tmp_path / "output"
    with output.open("w") as file:
        guarded = Guarded(python(STOPS_SOMETHING_FIRST, stopped), output=file, patience=(20, 20)).start()
        wait_until(lambda: output.read_text() == "ready\n", 20, "the program to be ready")
        assert guarded.stop() == 7
    assert stopped.exists()


def test_a_guarded_command_gives_its_output_and_exit_code() -> None:
    echo = python("import sys; print(sys.stdin.read()); print('문제', file=sys.stderr); sys.exit(3)")
    done = child.run(echo, timeout=20, words="김하늘")
    assert (done.returncode, done.stdout, done.stderr) == (3, "김하늘\n", "문제\n")


def test_a_guarded_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimedOut, match=r"did not end within 0\.5 s"):
        child.run(python(DEAF), timeout=0.5)


def test_a_guarded_command_that_a_signal_ended_says_which() -> None:
    done = child.run(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), timeout=20)
    assert done.returncode == 128 + 9
