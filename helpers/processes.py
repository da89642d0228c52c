# SPDX-License-Identifier: Apache-2.0
"""Processes: start, find and stop them, and check the ports that they listen on. No other module starts a process."""

from __future__ import annotations

import os
import random
import socket
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil

from helpers.errors import LabError, ServerFailed, TimedOut
from helpers.waiting import wait_until

# Systems take the ports of outgoing connections from a higher range. So none can take the lab's ports while it is down.
_PORTS = range(20_000, 32_000)

Command = Sequence[str | Path]
Process = subprocess.Popen[str]
Finished = subprocess.CompletedProcess[str]
Output = int | IO[Any] | None
PIPE, STDOUT = subprocess.PIPE, subprocess.STDOUT

_DETACHED_WINDOWS = 0x00000008 | 0x00000200  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP


def find_all(*markers: str) -> list[psutil.Process]:
    """Return this user's running processes that have one of `markers` as a whole argument, the oldest first."""
    return _mine(lambda argument: argument in markers)


def find_below(folder: Path) -> list[psutil.Process]:
    """Return this user's running processes that have a path inside `folder` in an argument, the oldest first."""
    return _mine(lambda argument: f"{folder}{os.sep}" in argument)


def _mine(wanted: Callable[[str], bool]) -> list[psutil.Process]:
    me = psutil.Process().username()
    found = [
        process
        for process in psutil.process_iter(["cmdline", "username", "status", "create_time"])
        if any(map(wanted, process.info["cmdline"] or []))
        and process.info["username"] == me
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return sorted(found, key=lambda process: process.info["create_time"])


def run(
    command: Command,
    *,
    timeout: float,
    cwd: Path | None = None,
    words: str = "",
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run `command` to its end, with `words` as its standard input, and return its exit code and output (UTF-8).

    `environment` replaces that of this process. Raises `ServerFailed` if the command cannot be started. After `timeout`
    seconds it kills the command and raises `TimedOut`.
    """
    with _started(command, timeout):
        return subprocess.run(
            list(map(str, command)),
            input=words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            env=environment,
            timeout=timeout,
            check=False,
        )


def call(command: Command, *, timeout: float) -> int:
    """Run `command` to its end, with this process's own output and no input, and return its exit code.

    Raises as `run` does.
    """
    with _started(command, timeout):
        words = list(map(str, command))
        return subprocess.run(words, stdin=subprocess.DEVNULL, timeout=timeout, check=False).returncode


def timed_out(command: Command, timeout: float) -> TimedOut:
    """Return the error to raise for a `command` that did not end within `timeout` seconds."""
    problem = f"{Path(command[0]).name} did not end within {timeout:g} s."
    return TimedOut(problem, "The disk may be very slow. Run this again.")


def start(
    command: Command,
    *,
    output: Output = None,
    errors: Output = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """Start `command` with a pipe as its standard input and return it without waiting.

    `output` and `errors` are `PIPE` or an open file (`errors` also `STDOUT`), or None for those of this process. It has its
    own process group: a Ctrl-C in the terminal or in a notebook's kernel does not reach it, so its starter must end it.
    If the starter is gone, the system wakes a frozen process (POSIX wakes stopped groups that lose their parent).
    Raises `ServerFailed` if it cannot be started.
    """
    with _started(command):
        return subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            env=environment,
            process_group=0,
        )


def spawn(command: Command, *, cwd: Path, log: Path, environment: Mapping[str, str] | None = None) -> Process:
    """Start a server: `command` detached from this process, its output appended to `log`. Return it without waiting.

    It continues when this process ends, for any reason. `environment` replaces that of this process.
    Raises `ServerFailed` if it cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, _started(command):
        return subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=os.name == "posix",
            creationflags=0 if os.name == "posix" else _DETACHED_WINDOWS,
        )


@contextmanager
def _started(command: Command, timeout: float = 0) -> Iterator[None]:
    """Raise the lab's errors if `command` cannot be started, or does not end in time."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        raise timed_out(command, timeout) from error
    except OSError as error:
        problem = f"{command[0]} cannot be run here: {error.strerror}."
        raise ServerFailed(problem, "`./lab doctor` looks for the cause.") from error


def wait(process: Process, timeout: float) -> int | None:
    """Return the exit code of `process` once it has ended, or None if it still runs after `timeout` seconds."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None


def stop(process: psutil.Process, timeout: float) -> bool:
    """Ask `process` to end, kill it after `timeout` seconds, and return whether it ended by itself.

    psutil compares pid and start time before it sends a signal, so a process that later got the same pid is safe. Stopping
    a process that has ended does nothing. Raises `TimedOut` if even the kill has no effect.
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
    """Return whether `process` has ended. A zombie, which only waits for its parent to read its exit code, has ended too."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def tail(log: Path, lines: int = 12, *, since: int = 0) -> str:
    """Return the last `lines` lines of `log` after its first `since` bytes, or an empty text if there is no log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - 64_000))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something accepts connections at `host`:`port` (loopback refuses at once)."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def can_bind(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could use `port` now. Connections that are just closing do not count."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_soon(ports: Collection[int], timeout: float = 3.0) -> set[int]:
    """Return which of `ports` a server could use, now or within `timeout` seconds.

    It returns as soon as all of them are free. The system closes the sockets of a killed server up to 0.3 s after its end.
    """
    with suppress(TimedOut):
        wait_until(lambda: all(map(can_bind, ports)), timeout, "the ports to be free")
    return {port for port in ports if can_bind(port)}


def choose_port(taken: set[int]) -> int:
    """Return a port that no program listens on and that is not in `taken`. Raises `LabError` if a hundred tries find none."""
    for port in random.sample(_PORTS, 100):
        if port not in taken and can_bind(port):
            return port
    raise LabError(
        "No free port was found on 127.0.0.1 in a hundred tries.", "Close some of the programs that use ports there."
    )
