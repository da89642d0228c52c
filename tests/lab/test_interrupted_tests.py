# SPDX-License-Identifier: Apache-2.0
"""`lab test` ends on a signal, also if a shell started it in the background. Nothing of it is left."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from helpers import processes
from helpers.command.testing import PREFIX, SIDE_BY_SIDE
from helpers.waiting import wait_until
from tests.resources import LAB

SLOW = """
import pathlib, sys, time
from helpers import processes

def test_that_takes_long(tmp_path):
    waits = [sys.executable, "-c", "import threading; threading.Event().wait(600)", tmp_path / "a server"]
    processes.spawn(waits, cwd=tmp_path, log=tmp_path / "log")
    pathlib.Path({ready!r}).write_text(str(tmp_path))
    time.sleep(600)
"""
IN_THE_BACKGROUND = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("name", "workers"),
    [("SIGINT", SIDE_BY_SIDE), ("SIGTERM", []), ("SIGHUP", [])],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
def test_each_signal_ends_the_tests_and_what_they_started(name: str, workers: Sequence[str], tmp_path: Path) -> None:
    ready, slow = tmp_path / "ready", tmp_path / "test_slow.py"
    slow.write_text(SLOW.format(ready=str(ready)))
    command = [sys.executable, "-c", IN_THE_BACKGROUND, LAB, "test", "browser", str(slow), "-k", "takes_long", *workers]
    with (
        (tmp_path / "output").open("w+") as output,
        processes.start(command, output=output, errors=processes.STDOUT) as lab,
    ):
        wait_until(ready.exists, 120, "the test to run", last_seen=lambda: output.read())
        folder = next(path for path in Path(ready.read_text()).parents if path.name.startswith(PREFIX))
        assert processes.find_below(folder), "a server of the test runs"
        lab.send_signal(getattr(signal, name))
        assert processes.wait(lab, 90) == 130, (tmp_path / "output").read_text()
    assert processes.find_below(folder) == []
    assert not folder.exists()
    assert folder.parent == Path(tempfile.gettempdir()).resolve()
