"""How the `lab` command shows what it does: lines, bars, tables; progress goes to standard error, results to standard output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from helpers.errors import LabError
from helpers.stack.server import ServerStatus

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class _Bar:
    progress: Progress
    task: TaskID

    def advance(self, size: int) -> None:
        self.progress.advance(self.task, size)


class Bars:
    """Download bars, for `artifacts.prepare`."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def add(self, description: str, total: int) -> _Bar:
        return _Bar(self.progress, self.progress.add_task(description, total=total))


@contextmanager
def bars() -> Iterator[Bars]:
    """Show the bars that are added while the block runs; on a terminal they move, in a file each is one line."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=False) as progress:
        yield Bars(progress)


def say(line: str) -> None:
    """Show one line of what goes on."""
    err.print(line, markup=False)


def tell(line: str) -> None:
    """Print one line of the result."""
    out.print(line, markup=False)


def complain(error: LabError) -> None:
    """Show what is wrong and what to do."""
    err.print("[bold red]lab:[/] ", end="")
    err.print(error.problem, markup=False)
    if error.remedy:
        err.print(error.remedy, markup=False)


def show_servers(servers: Iterable[ServerStatus]) -> None:
    """Print a table with a row a server."""
    table = Table("server", "version", "address", "pid", "memory", "up", box=None, header_style="bold", pad_edge=False)
    for server in servers:
        state = (
            [str(server.pid), f"{(server.memory or 0) / 1e6:.0f} MB", _duration(server.uptime or 0)]
            if server.pid
            else ["stopped", "", ""]
        )
        table.add_row(server.title, server.version, server.address, *state)
    out.print(table)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
