"""Running servers as processes: the one room that starts and ends them.

There are no pid files. A server is known by an argument of its command line that names its lab's home, and the
process table is asked each time; so a pid that now belongs to somebody else can never be ended by mistake.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from helpers.errors import LabError, ServerFailed, TimedOut
from helpers.waiting import wait_until

# Below the range from which systems take the ports of outgoing connections, so that none is lost to one while the lab is down.
_PORTS = range(20_000, 32_000)

_DETACHED_WINDOWS = 0x00000008 | 0x00000200  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP


def find(marker: str) -> psutil.Process | None:
    """Return this user's live process that has `marker` as one whole argument, the oldest if several, or None."""
    return next(iter(find_all(marker)), None)


def find_all(marker: str) -> list[psutil.Process]:
    """Return this user's live processes that have `marker` as one whole argument, the oldest first."""
    me = psutil.Process().username()
    found = [
        process
        for process in psutil.process_iter(["cmdline", "username", "status", "create_time"])
        if marker in (process.info["cmdline"] or [])
        and process.info["username"] == me
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return sorted(found, key=lambda process: process.info["create_time"])


def run(
    command: Sequence[str | Path], *, timeout: float, cwd: Path | None = None, words: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end, with `words` at its standard input, and return its exit code and what it said (UTF-8).

    Raises `ServerFailed` if it cannot be started, and `TimedOut` after `timeout` seconds, when it is killed.
    """
    try:
        return subprocess.run(
            [str(part) for part in command],
            input=words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise ServerFailed(
            f"{command[0]} cannot be run here: {error.strerror}.", "`lab doctor` looks for the cause."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise TimedOut(
            f"{Path(command[0]).name} did not end within {timeout:.0f} s.", "Is the disk very slow? Run this again."
        ) from error


def spawn(command: Sequence[str | Path], *, cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start `command` detached from this terminal, its output appended to `log`, and return it without waiting.

    A Ctrl-C in the terminal or in a notebook's kernel does not reach it. Raises `ServerFailed` if it cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=os.name == "posix",
                creationflags=0 if os.name == "posix" else _DETACHED_WINDOWS,
            )
        except OSError as error:
            raise ServerFailed(
                f"{command[0]} could not be started: {error.strerror}.", "`lab doctor` looks for the cause."
            ) from error


def stop(process: psutil.Process, timeout: float) -> bool:
    """Ask `process` to end, kill it after `timeout` seconds, and return whether it ended by itself.

    psutil compares pid and start time before it signals, so a pid used again in between is safe. Stopping a process
    that is gone does nothing. Raises `TimedOut` if even the kill has no effect.
    """
    try:
        process.terminate()
        _wait_gone(process, timeout)
    except psutil.NoSuchProcess:
        return True
    except TimedOut:
        process.kill()
        _wait_gone(process, timeout)
        return False
    return True


def _wait_gone(process: psutil.Process, timeout: float) -> None:
    wait_until(lambda: is_gone(process), timeout, f"process {process.pid} to end", pause=0.02)


def is_gone(process: psutil.Process) -> bool:
    """Return whether `process` has ended. One that only waits for its parent to take notice, a zombie, has ended too."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def tail(log: Path, lines: int = 12) -> str:
    """Return the last `lines` lines of `log`, or an empty text where there is no log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something accepts connections at `host`:`port` (a refusal is answered at once on loopback)."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def can_bind(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could take `port` now. Connections that are only closing down do not count."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(taken: set[int]) -> int:
    """Return a port that nobody listens on and that is not in `taken`. Raises `LabError` if a hundred tries find none."""
    for port in random.sample(_PORTS, 100):
        if port not in taken and can_bind(port):
            return port
    raise LabError(
        "No free port was found on 127.0.0.1 in a hundred tries.", "End some of the programs that listen there."
    )
