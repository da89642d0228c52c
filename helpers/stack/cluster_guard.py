# SPDX-License-Identifier: Apache-2.0
"""Ends a cluster when its owner ends: the first line of its input is the cluster's folder. The end of its input is the order.

`cluster` starts it. It imports nothing of the lab. A `finally` of the owner is not enough: nobody runs it after a kill -9 of a
notebook's kernel, and brokers live apart from the kernel. The system closes the input when the owner ends, for any reason.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

_ROUNDS = 5
_PATIENCE = 5.0


def main() -> None:
    """Wait for the end of the input, then clear the folder that its first line names."""
    if hasattr(signal, "SIGHUP"):  # the end of the terminal is not the end of the owner
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    first = sys.stdin.readline()
    sys.stdin.read()
    if first:  # else the owner ended before it could make a folder
        clear(Path(json.loads(first)))


def clear(home: Path) -> None:
    """Kill the Java programs of the cluster in `home`, frozen ones too, and delete the folder.

    It looks again until it finds nothing: an owner that is killed may just have started one more. Raises `OSError` if the
    folder cannot be deleted.
    """
    for _ in range(_ROUNDS):
        found = _programs(home)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, _PATIENCE)
        shutil.rmtree(home, ignore_errors=True)
        if not found and not home.exists():
            return
    shutil.rmtree(home)


def _programs(home: Path) -> list[psutil.Process]:
    """What runs with a properties file of this cluster: brokers, and the tool that formats."""
    below = f"{home}{os.sep}"
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(
            argument.removeprefix("--config=").startswith(below) and argument.endswith(".properties")
            for argument in process.info["cmdline"] or []
        )
    ]


if __name__ == "__main__":
    main()
