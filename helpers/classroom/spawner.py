# SPDX-License-Identifier: Apache-2.0
"""A learner's lab and JupyterLab, started at sign-in and ended when the learner leaves, is idle, or the class ends.

JupyterHub makes a spawner for each learner, in its own process.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from jupyterhub.spawner import SimpleLocalProcessSpawner
from tornado.web import HTTPError

from helpers.child import Child
from helpers.classroom import copies
from helpers.classroom.place import MB, WORK, Place, Room
from helpers.classroom.turns import Turns
from helpers.errors import LabError, TimedOut
from helpers.processes import STDOUT, Command
from helpers.project import JUPYTER_CONFIG
from helpers.settings import settings, variables

START_TIMEOUT = 1800
"""Seconds from sign-in to a ready lab, the queue included: thirty learners on two cores take about four minutes."""

_LAB_TIMEOUT = 300.0  # seconds that one `lab up` or `lab down` may take on a busy server
_REPORTS = "10"  # seconds until the hub knows that a learner is at work; JupyterHub's own default is 300
_LINES = 9  # about as many as `lab up` prints: the waiting page's bar is full then
_turns = Turns()


class Refused(HTTPError):
    """A lab that does not start. The waiting page shows `jupyterhub_message`."""

    def __init__(self, message: str) -> None:
        super().__init__(503, "%s", message)
        self.jupyterhub_message = message


class LabSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]  # JupyterHub comes without types
    """Starts `lab up` with the learner's own `LAB_HOME`, then JupyterLab at the first lesson."""

    def __init__(self, *arguments: Any, **traits: Any) -> None:
        super().__init__(*arguments, **traits)
        self._place = Place(settings())
        self._said: list[str] = []
        self._news = asyncio.Event()

    @property
    def _home(self) -> Path:
        return self._place.home(self.user.name)

    @property
    def _room(self) -> Room:
        room = self._place.room()
        assert room, "`lab class up` saves it before it starts the hub"
        return room

    def say(self, line: str) -> None:
        """Show one line on the waiting page. Only for the hub's own thread."""
        self._said.append(line)
        self._news.set()
        self._news = asyncio.Event()

    async def progress(self) -> AsyncIterator[dict[str, object]]:
        """Yield each line that was said since the sign-in. The hub ends this when the lab is ready."""
        shown = 0
        while True:
            news = self._news
            for line in self._said[shown:]:
                shown += 1
                yield {"progress": min(95, 100 * shown // _LINES), "message": line}
            await news.wait()

    async def start(self) -> object:
        self._said.clear()
        try:
            _turns.take(self.user.name, self._room.learners)
            async with _turns.turn(self._room.memory * MB, self.say):
                self.say("Copying the notebooks that you have not changed.")
                for name in await asyncio.to_thread(copies.refresh, self._home / WORK):
                    self.say(f"Yours is kept: {name}")
                await self._lab("up")
                self.say("Starting JupyterLab")
                started = await self._start_jupyter()
        except LabError as error:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._place.refusal(self.user.name).write_text(str(error), "utf-8")
            raise Refused(str(error)) from error
        self._place.refusal(self.user.name).unlink(missing_ok=True)
        return started

    async def _start_jupyter(self) -> object:
        log = self._home / "lab" / "logs" / "jupyter.log"
        # What the marker names is not read: it makes the process one that `lab class down` finds.
        self.args = [f"--ServerApp.root_dir={self._home / WORK}", *(["--allow-root"] if os.geteuid() == 0 else [])]
        with log.open("ab") as output:
            self.popen_kwargs = {"stdout": output, "stderr": STDOUT}
            return await super().start()

    async def run_post_stop_hook(self) -> None:
        """End the lab, also when JupyterLab ended by itself, or when the start failed."""
        try:
            await self._lab("down")
        finally:
            _turns.taken.discard(self.user.name)

    def load_state(self, state: dict[str, object]) -> None:
        """Know the JupyterLab of a hub that was killed, but not a process that has its pid by chance."""
        pid = state.get("pid")
        mine = isinstance(pid, int) and _names(pid, self._home)
        super().load_state(state if mine else {})
        if mine:
            _turns.taken.add(self.user.name)

    def user_env(self, environment: dict[str, str]) -> dict[str, str]:
        """Add what a learner's programs need: a home, a lab of their own, the course's settings of JupyterLab."""
        mine = replace(self._place.settings, home=self._home / "lab")
        return {
            **super().user_env(environment),
            **variables(mine),
            "HOME": str(self._home),
            "JUPYTERHUB_ACTIVITY_INTERVAL": _REPORTS,
            "JUPYTER_CONFIG_PATH": str(JUPYTER_CONFIG),
        }

    async def _lab(self, verb: str) -> None:
        """Run `lab VERB` for the learner. Raises `LabError` with what it complains about."""
        kept = {name: os.environ[name] for name in self.env_keep if name in os.environ}
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        loop, lines = asyncio.get_running_loop(), list[str]()

        def heard(line: str) -> None:
            lines.append(line.rstrip("\n"))
            if not re.search("━|  ", line):  # bars and tables are for terminals
                loop.call_soon_threadsafe(self.say, lines[-1])

        command: Command = [Path(sys.executable).with_name("lab"), verb]
        with Child(command, heard=heard, cwd=self._home, environment=self.user_env(kept)) as child:
            code = await asyncio.to_thread(child.wait, _LAB_TIMEOUT)
            if code is None:
                child.kill()
                raise TimedOut(
                    f"`./lab {verb}` did not end within {_LAB_TIMEOUT:g} s.", "Ask your teacher, then try again."
                )
        if code:
            raise LabError(
                _complaint(lines) or f"`./lab {verb}` ended with code {code}.", "Ask your teacher, then try again."
            )


def _complaint(lines: list[str]) -> str:
    """What `lab` complained about in its output: from the line that begins with its name to the end."""
    first = next((number for number, line in enumerate(lines) if line.startswith("lab: ")), len(lines))
    return " ".join(lines[first:]).removeprefix("lab: ")


def _names(pid: int, folder: Path) -> bool:
    """Whether the process `pid` runs and has a path inside `folder` in its command."""
    try:
        return any(f"{folder}{os.sep}" in argument for argument in psutil.Process(pid).cmdline())
    except psutil.NoSuchProcess:
        return False
