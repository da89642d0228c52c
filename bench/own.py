# SPDX-License-Identifier: Apache-2.0
"""Labs of the benchmark's own: in temporary homes, with the downloads of everybody, ended whatever happens."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.rows import Row
from helpers.attaching import attach
from helpers.command.console import Terminal
from helpers.lab import Lab
from helpers.settings import settings
from helpers.stack import training
from helpers.stack.local import LocalLab
from helpers.stack.status import ServerStatus

_LEARNERS = {"LAB_BOOTSTRAP_SERVERS", "LAB_CONNECT_URL", "LAB_DATABASE_URL", "LAB_REGISTRY_URL"}


@contextmanager
def home(cache: Path | None = None) -> Iterator[LocalLab]:
    """Yield a lab that does not exist yet. What runs of it at the end is stopped, and its folder deleted."""
    where = settings()
    with tempfile.TemporaryDirectory(prefix="kafka-sync-lab-bench-") as folder:
        local = LocalLab(replace(where, home=Path(folder), cache=cache or where.cache))
        try:
            yield local
        finally:
            local.down()


@contextmanager
def running(*, added: bool = False) -> Iterator[Lab]:
    """Yield a lab whose servers run; if `added`, with the learner's added connectors (`lab plugins add`) too."""
    with home() as local:
        plugins = settings().home / "plugins"
        if added and plugins.exists():
            shutil.copytree(plugins, local.home / "plugins")
        local.up(Terminal())
        yield attach(where=replace(settings(), home=local.home, bootstrap_servers=None))


def prepare() -> None:
    """Fetch and make what the cache lacks, so that no measurement waits for it."""
    with home() as local, Terminal() as report:
        training.prepare(local.settings, report)


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without servers of the learner's, and with `more`."""
    return {name: value for name, value in os.environ.items() if name not in _LEARNERS} | more


def memory(servers: Iterable[ServerStatus], when: str) -> Iterator[Row]:
    """Yield the resident memory of each server and of all."""
    sizes = {server.title: (server.memory or 0) / 1e6 for server in servers}
    for title, size in sizes.items():
        yield Row(f"memory {when}: {title}", size, "MB")
    yield Row(f"memory {when}: whole lab", sum(sizes.values()), "MB", at_most=1200)
