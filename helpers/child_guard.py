# SPDX-License-Identifier: Apache-2.0
"""Runs one command and ends it when standard input ends: so the command ends when the program that started it does.

`child` starts it. It imports nothing of the lab. The first line of its input is its orders. The system closes that input
when the owner ends, for any reason. Its exit code is that of the command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

KILLED = 128
"""Added to the number of the signal that ended the command, as in a shell."""


def main() -> int:
    """Run the command that the orders name, with `words` as its input. `patience` is the seconds to wait after each signal."""
    orders = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # background jobs of a shell ignore it, and so would their children
    if hasattr(signal, "SIGHUP"):  # the system sends it to wake a frozen guard whose owner has ended
        signal.signal(signal.SIGHUP, lambda *_: None)
    command = subprocess.Popen(orders["command"], stdin=subprocess.PIPE, encoding="utf-8", start_new_session=True)
    threading.Thread(target=_watch, args=(command, orders["patience"]), name="owner", daemon=True).start()
    try:
        command.communicate(orders["words"])
    except BrokenPipeError:  # it ended without reading its input, which is allowed
        command.wait()
    return command.returncode if command.returncode >= 0 else KILLED - command.returncode


def _watch(command: subprocess.Popen[str], patience: list[float]) -> None:
    """Wait for the end of the owner, then end the command and its whole group: SIGINT as Ctrl-C does, SIGTERM, then kill."""
    sys.stdin.read()
    if command.poll() is not None:
        return
    if sys.platform == "win32":
        command.terminate()
        return
    with suppress(ProcessLookupError):  # it has just ended
        os.killpg(command.pid, signal.SIGCONT)  # it may be frozen
        for number, seconds in zip((signal.SIGINT, signal.SIGTERM), patience, strict=True):
            os.killpg(command.pid, number)
            if _has_ended(command, seconds):
                return
        os.killpg(command.pid, signal.SIGKILL)


def _has_ended(command: subprocess.Popen[str], timeout: float) -> bool:
    try:
        command.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
