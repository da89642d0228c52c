# SPDX-License-Identifier: Apache-2.0
"""Programs that end when their parent ends, for any reason: our own programs, and any command under a guard.

The lifeline is the child's standard input, a pipe. The system closes it when the parent ends, also after a kill -9 of a
notebook's kernel. Then the child ends. This needs no special rights and works on every platform.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import psutil

from helpers import processes
from helpers.background import Kept
from helpers.processes import PIPE, Command, Finished, Output, Process

_GUARD = Path(__file__).with_name("child_guard.py")
_SPARE = 5.0  # seconds that a guard gets in addition to those for its command


class Child:
    """A program that ends when its input ends, from `start` to `stop` or for a `with` block.

    The first line of its input is `orders`, as JSON: in the command, `ps` would show them. Each line of its output and of
    its errors goes to `heard`, which is called in a thread for each of the two; what it raises, `stop` raises. Without `heard`
    they go to `output` and `errors`: open files, or None for those of this process. `ended` is called when the output ends,
    because the program has ended then. `stop` kills it `patience` seconds after its input has ended.
    """

    def __init__(
        self,
        command: Command,
        orders: object = None,
        *,
        patience: float = 5.0,
        heard: Callable[[str], None] | None = None,
        ended: Callable[[], None] = lambda: None,
        output: Output = None,
        errors: Output = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.killed = False
        self._command = command
        self._orders = orders
        self._patience = patience
        self._heard = heard
        self._ended = ended
        # Two pipes, because what a C library writes to the second may come in the middle of a line in the first.
        self._output, self._errors = (PIPE, PIPE) if heard else (output, errors)
        self._cwd = cwd
        self._environment = environment
        self._process: Process | None = None
        self._listeners: list[threading.Thread] = []
        self._kept = Kept()

    @property
    def pid(self) -> int | None:
        """The id of the process, or None before the start."""
        return self._process.pid if self._process else None

    @property
    def code(self) -> int | None:
        """The exit code; None before the start and while it runs."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self.code is None

    def start(self) -> Child:
        """Start the program. Returns itself at once. Raises `ServerFailed` if it cannot be started."""
        self.killed = False
        self._process = processes.start(
            self._command, output=self._output, errors=self._errors, cwd=self._cwd, environment=self._environment
        )
        if self._heard:
            self._listeners = [
                threading.Thread(
                    target=self._listen, args=(self._process.stderr, self._heard, lambda: None), daemon=True
                ),
                threading.Thread(
                    target=self._listen, args=(self._process.stdout, self._heard, self._ended), daemon=True
                ),
            ]
            for listener in self._listeners:
                listener.start()
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it has already ended, and its exit code shows that
            self._process.stdin.write(json.dumps(self._orders) + "\n")
            self._process.stdin.flush()
        return self

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code once the program has ended, or None if it still runs after `timeout` seconds."""
        if not self._process:
            return None
        return self._process.wait() if timeout is None else processes.wait(self._process, timeout)

    def stop(self) -> int | None:
        """End the program's input, kill the program if it does not end in time, and return its exit code (None before the start).

        May be called twice, and on a frozen program. Raises what `heard` raised: that is raised once.
        """
        self.resume()
        code = self._end(self._patience)
        self._kept.raise_it()
        return code

    def kill(self) -> None:
        """End the program at once (SIGKILL). Does nothing if it does not run."""
        self._signal(psutil.Process.kill)
        self._end(self._patience)

    def freeze(self) -> None:
        """Pause the program (SIGSTOP) until `resume` or `stop`: its connections stay open, and it sends nothing."""
        self._signal(psutil.Process.suspend)

    def resume(self) -> None:
        """Let a frozen program continue. Does nothing to a program that runs."""
        self._signal(psutil.Process.resume)

    def __enter__(self) -> Child:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, timeout: float) -> int | None:
        if not self._process:
            return None
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if self.wait(timeout) is None:
            self._signal(psutil.Process.kill)
        code = self._process.wait()
        for listener in self._listeners:
            listener.join(_SPARE)  # not forever: a process below it may still hold the output
        return code

    def _signal(self, send: Callable[[psutil.Process], None]) -> None:
        """Signal the children first: in a venv on Windows python.exe only starts the real Python, and ends with it."""
        if not self.running:
            return
        self.killed = self.killed or send is psutil.Process.kill
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.pid)
            for each in [*found.children(recursive=True)[::-1], found]:
                send(each)

    def _listen(self, lines: IO[str], heard: Callable[[str], None], ended: Callable[[], None]) -> None:
        with lines:
            with self._kept:
                for line in lines:
                    heard(line)
            for _ in lines:  # after an error too: a full pipe would stop the program
                pass
        ended()


class Guarded(Child):
    """Any command, with `words` as its input, run by a guard that ends it when this process ends.

    `patience` is the seconds that it has to end after SIGINT, and then after SIGTERM. After that it is killed.
    """

    def __init__(
        self,
        command: Command,
        *,
        words: str = "",
        patience: Sequence[float] = (5.0, 5.0),
        output: Output = None,
        errors: Output = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        orders = {"command": list(map(str, command)), "words": words, "patience": list(patience)}
        super().__init__(
            [sys.executable, "-I", "-S", _GUARD],
            orders,
            patience=sum(patience) + _SPARE,
            output=output,
            errors=errors,
            cwd=cwd,
            environment=environment,
        )


def run(command: Command, *, timeout: float, words: str = "") -> Finished:
    """Do what `processes.run` does, but end the command when this process ends. For example, for a tool that a lesson runs."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        with Guarded(command, words=words, output=output, errors=errors) as child:
            code = child.wait(timeout)
        if code is None:
            raise processes.timed_out(command, timeout)
        return Finished(list(map(str, command)), code, _text(output), _text(errors))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")
