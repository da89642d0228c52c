# SPDX-License-Identifier: Apache-2.0
"""How the `lab` command shows its work: lines, bars, tables. Progress goes to standard error, results to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from helpers.errors import LabError
from helpers.stack.status import ServerStatus

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class _Amount(ProgressColumn):
    """How far a bar is, in its own unit: bytes, or a number of things."""

    _bytes = DownloadColumn()

    def render(self, task: Task) -> Text:
        if task.fields["unit"] == "bytes":
            return self._bytes.render(task)
        return Text(f"{task.completed:.0f} of {task.total or 0:.0f} {task.fields['unit']}", style="progress.download")


@dataclass
class _Bar:
    progress: Progress
    task: TaskID

    def advance(self, size: int) -> None:
        self.progress.advance(self.task, size)


class Terminal:
    """Reports on standard error. On a terminal its bars move. In a file each bar is one line, at the end of the `with` block."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), _Amount(), TimeElapsedColumn(), console=err
        )

    def say(self, line: str) -> None:
        """Show one line about the progress."""
        say(line)

    def bar(self, what: str, total: int, unit: str = "bytes") -> _Bar:
        """Open a bar of `total` bytes, or of `total` of the things in `unit`, and return it."""
        self._progress.start()
        return _Bar(self._progress, self._progress.add_task(what, total=total, unit=unit))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.tasks:
            self._progress.stop()


def say(line: str) -> None:
    """Show one line about the progress, on standard error."""
    err.print(line, markup=False)


def result(line: str) -> None:
    """Print one line of the result, on standard output."""
    out.print(line, markup=False)


def complain(error: LabError) -> None:
    """Show what is wrong, and what to do."""
    err.print("[bold red]lab:[/] ", end="")
    err.print(error.problem, markup=False)
    if error.remedy:
        err.print(error.remedy, markup=False)


def confirm_deletion(question: str) -> None:
    """Ask, and return after a "yes". After a "no" nothing is deleted, and the command ends: that is no interruption."""
    if not click.confirm(question):
        say("Nothing was deleted.")
        sys.exit(LabError.exit_code)


def show_servers(servers: Iterable[ServerStatus]) -> None:
    """Print a table with a row for each server."""
    columns = ("server", "version", "address", "process", "memory", "up")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for server in servers:
        memory = f"{server.memory / 1e6:.0f} MB" if server.memory else ""
        up = _duration(server.uptime) if server.uptime else ""
        process = f"{server.pid or server.container or 'stopped'}{' (starting)' if server.starting else ''}"
        table.add_row(server.title, server.version, server.address, process, memory, up)
    out.print(table)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
