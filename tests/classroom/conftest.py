# SPDX-License-Identifier: Apache-2.0
"""A class in a temporary folder, run with the real `lab class`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers import processes
from helpers.classroom.sessions import Session
from helpers.settings import Settings
from tests.classroom.learner import Learner
from tests.resources import LAB, cache_folder

MEMORY = 300
"""Megabytes that a learner needs by the tests' own class: the computers of CI are small, and three learners run."""


@dataclass(frozen=True)
class School:
    """The class of the lab in `home`, and the commands that a teacher types."""

    home: Path

    @property
    def session(self) -> Session:
        """The class as the command sees it."""
        return Session(Settings(self.home, cache_folder()))

    def environment(self) -> dict[str, str]:
        """The variables of a teacher who types a command."""
        return {**os.environ, "LAB_HOME": str(self.home), "LAB_CACHE": str(cache_folder())}

    def run(self, *arguments: str) -> processes.Finished:
        """Run `lab class ARGUMENTS` to its end."""
        return processes.run([LAB, "class", *arguments], environment=self.environment(), timeout=300)

    def well(self, *arguments: str) -> str:
        """Run `lab class ARGUMENTS`, which has to succeed, and return its output."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def learner(self, name: str) -> Learner:
        """A new browser, in front of somebody called `name`."""
        room = self.session.running()
        assert room
        return Learner(room.url, name)

    def roster(self) -> dict[str, Any]:
        """What `lab class roster --json` says of each learner, by name."""
        return {it["name"]: it for it in json.loads(self.well("roster", "--json"))["learners"]}

    def processes(self) -> list[psutil.Process]:
        """Return every process that has the class's folder in its command or its environment."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            said = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(self.home) in it for it in said):
                found.append(process)
        return found


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A class that runs. After the tests of the file it is ended, and nothing of it runs."""
    found = School(tmp_path_factory.mktemp("class") / "home 교실")
    found.well("up", "--memory", str(MEMORY))
    yield found
    found.well("down")
    assert found.processes() == []
