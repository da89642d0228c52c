# SPDX-License-Identifier: Apache-2.0
"""What tests need from this computer: the cache of downloads, a `lab` command to run, labs to break."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from helpers import processes
from helpers.attaching import attach
from helpers.command.console import Terminal
from helpers.lab import Lab
from helpers.processes import PIPE, STDOUT, Finished, Process, is_gone
from helpers.settings import Settings, settings
from helpers.stack import local, training
from helpers.stack.home.place import Place
from helpers.stack.home.secrets import password_folder
from helpers.waiting import wait_until

LAB = str(Path(sys.executable).with_name("lab"))

SERVERS = ("kafka", "connect", "mariadb")
"""The servers of the usual lab."""


@cache
def cache_folder() -> Path:
    """Return the user's cache, complete, and with the caches for faster starts: else each start here would be slower.

    Downloads are shared with the learner's lab, state never is.
    """
    with Terminal() as report:
        training.prepare(settings(), report)
    return settings().cache


_ADDED = settings().home / "plugins"  # of the learner's lab: asked before any test sets another LAB_HOME


def copy_added_plugins(home: Path) -> None:
    """Add the learner's connectors (`lab plugins add`) to the lab in `home`, so that they are tested too."""
    if _ADDED.exists():
        shutil.copytree(_ADDED, home / "plugins")


_PLACES_OF_PASSWORDS = {"secrets/source.password", "secrets/sink.password", "connect/users.properties"}
"""The files that the worker reads. The folder of all passwords comes to these."""


@dataclass(frozen=True)
class OwnLab:
    """A test's own lab, run with the real `lab` command. `variables` are added to its environment."""

    home: Path
    cache: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "LAB_HOME": str(self.home), "LAB_CACHE": str(self.cache), **self.variables, **more}

    def run(self, *arguments: str, **environment: str) -> Finished:
        """Run `lab ARGUMENTS` to its end."""
        return processes.run([LAB, *arguments], environment=self.environment(**environment), timeout=240)

    def start(self, *arguments: str) -> Process:
        """Start `lab ARGUMENTS` and return it; it writes to one pipe."""
        return processes.start([LAB, *arguments], environment=self.environment(), output=PIPE, errors=STDOUT)

    def up(self, **environment: str) -> Finished:
        """Run `lab up`, which has to succeed."""
        done = self.run("up", **environment)
        assert done.returncode == 0, done.stderr
        return done

    def attach(self) -> Lab:
        """Return this lab as a notebook gets it."""
        return attach(where=Settings(self.home, self.cache))

    def kill(self, name: str) -> None:
        """End the server `name` with SIGKILL, and return when it is gone."""
        process = psutil.Process(self.pids()[name])
        process.kill()
        wait_until(lambda: is_gone(process), 10, f"{name} to end")

    def ports(self) -> dict[str, int]:
        """Return server name to its port, as this lab keeps them."""
        return dict(json.loads((self.home / "lab.json").read_text("utf-8"))["ports"])

    def passwords(self) -> dict[str, str]:
        """Return each password of this lab by the name of its account."""
        return {path.stem: path.read_text("ascii") for path in password_folder(self.home).iterdir()}

    def files_with_a_password(self) -> set[str]:
        """Return the files in this lab's home that hold a password, beside those whose place that is."""
        words = [word.encode() for word in self.passwords().values()]
        files = (path for path in self.home.rglob("*") if path.is_file())
        found = {path for path in files if any(word in path.read_bytes() for word in words)}
        names = {path.relative_to(self.home).as_posix() for path in found}
        assert names >= _PLACES_OF_PASSWORDS, "the search finds nothing"
        return {name for name in names - _PLACES_OF_PASSWORDS if not name.startswith("passwords/")}

    def pids(self) -> dict[str, int]:
        """Return server name to pid of those that run."""
        found = {name: Place(self.home, name).find() for name in local.KINDS}
        return {name: process.pid for name, process in found.items() if process}

    def processes(self) -> list[psutil.Process]:
        """Return every process that has this lab's home in its command line."""
        return [
            process
            for process in psutil.process_iter(["cmdline", "status"])
            if any(str(self.home) in argument for argument in process.info["cmdline"] or [])
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]
