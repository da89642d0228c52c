# SPDX-License-Identifier: Apache-2.0
"""The lab in containers: `docker compose` and the project's docker-compose.yml."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from helpers import processes, project
from helpers.errors import LabError, ServerFailed, TimedOut
from helpers.stack.containers import docker
from helpers.stack.home import folder, ports, secrets
from helpers.stack.home.state import State
from helpers.stack.progress import Reporter, Silent
from helpers.stack.shop import Shop
from helpers.stack.status import ServerStatus

TITLES = {"connect": "Kafka Connect", "kafka": "Apache Kafka", "mysql": "MySQL"}
"""The services of docker-compose.yml."""
INSIDE = {"connect": "http://connect:8083", "kafka": "kafka:19092", "mysql": "mysql:3306"}
"""The address of each for the others."""
SECRETS = PurePosixPath("/run/secrets")
"""The worker's folder of `<account>.password`."""

# The first line of a lab's `.env`: this, then the hash of the last docker-compose.yml that started, or one of the next two.
_MARK = "# docker-compose.yml "
_NEVER, _UNKNOWN = "has not started yet", "has started, it is not known which"
_DONE = "init process done"
"""MySQL's image logs this when the accounts are made."""
_STOP, _START = 120.0, 3600.0
"""Seconds that a stop may take, and a start with all its downloads."""


class ComposeLab:
    """The lab in containers whose ports, passwords and cluster id are in the folder `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    # The next methods change the lab. Only one command at a time may do that.

    def up(self, report: Reporter | None = None, *, wait_connect: bool = True) -> dict[str, ServerStatus]:
        """Build and download what is missing, start what does not run, and return the status when every server answers.

        Docker shows the progress itself, on standard error. Raises `Unsupported` without Docker Compose, `LabError`
        if the folder has another program's `.env`, `ServerFailed` with the end of the containers' logs if one does not
        start. Then, if nothing ran before, everything is stopped again.
        """
        report = report or Silent()
        _check_free(environment_file(self.home))
        docker.check_engine()
        folder.make_home(self.home)
        with folder.locked(self.home):
            last = self._last_start(report)
            ran = self._running()
            known = State.load(self.home) or State.new()
            idle = {name: title for name, title in TITLES.items() if name not in ran}
            known.ports = ports.keep_or_choose(known.ports, idle, report)
            text = project.part("docker-compose.yml").read_text("utf-8")
            known.versions = versions(text)
            self._write_environment(known, last)
            known.save(self.home)
            report.say("Starting the containers.")
            if not _images(text, self._project) <= docker.images():
                report.say("Docker downloads their images first, which may take minutes.")
            now = hashlib.sha256(text.encode()).hexdigest()
            try:
                self._start(["--build"] if now != last else [])
            except BaseException:
                if not ran:
                    self._compose("stop", timeout=_STOP)
                raise
            self._write_environment(known, now)
        return self.status()

    def down(self) -> list[str]:
        """Stop what runs, first the shop, and return the names of the servers that ran. Their data is kept."""
        shop = Shop(self.home).down()
        ran = sorted(self._running())
        if ran:
            with folder.locked(self.home):
                self._compose("stop", timeout=_STOP)
        return [*shop, *ran]

    def reset(self) -> None:
        """Delete the containers, their volumes, the shop, and the lab's ports and passwords. Images stay."""
        if not holds_containers(self.home):
            return
        Shop(self.home).reset()
        with folder.locked(self.home):
            self._delete()
            folder.forget(self.home, ["secrets", "passwords", "logs"])
            (self.home / "lab.json").unlink(missing_ok=True)
            environment_file(self.home).unlink()  # last: without this file it is not a lab in containers

    # The next methods change nothing.

    def answering(self) -> dict[str, ServerStatus]:
        """Return where each server answers, by its name; empty if there is no lab, or if nothing listens on Kafka's port.

        It needs milliseconds, and no right to ask Docker. What only Docker knows is None: memory, uptime, container.
        """
        known = State.load(self.home)
        if not known or not processes.is_listening(known.ports["kafka"]):
            return {}
        return {name: _status(name, known, None, {}) for name in TITLES}

    def status(self) -> dict[str, ServerStatus]:
        """Return the status of each server by its name; empty if there is no lab yet. Docker needs a second or two for it."""
        known, running = State.load(self.home), self._running()
        if not known:
            return {}
        measured = docker.measure(sorted(running.values()))
        return {name: _status(name, known, running.get(name), measured) for name in TITLES}

    def log(self, name: str, count: int) -> list[str]:
        """Return the last `count` lines that the server `name` has logged, or JupyterLab, which is not in a container."""
        if name not in TITLES:
            return folder.read_log(self.home, name, count)
        return self._compose("logs", "--no-color", "--no-log-prefix", "--tail", str(count), name).splitlines()

    def command(self, *arguments: str) -> list[str]:
        """Return the command `docker compose ARGUMENTS` for this lab."""
        file, environment = str(project.part("docker-compose.yml")), str(environment_file(self.home))
        lab = ["--project-name", self._project, "--file", file, "--env-file", environment]
        return [*docker.program(), "compose", *lab, *arguments]

    @property
    def _project(self) -> str:
        """The lab's name among the projects of Docker Compose."""
        return f"kafka-sync-lab-{hashlib.sha256(str(self.home).encode()).hexdigest()[:8]}"

    def _compose(self, *arguments: str, timeout: float = docker.ASK) -> str:
        """What it prints, without the escape codes that would colour it: some of it becomes part of an error."""
        return docker.ask(self.command("--ansi", "never", *arguments), f"compose {arguments[0]}", timeout)

    def _running(self) -> dict[str, str]:
        """The id of the running container of each service."""
        if not holds_containers(self.home):
            return {}
        found: list[dict[str, Any]] = [
            json.loads(line) for line in self._compose("ps", "--format", "json").splitlines()
        ]
        return {container["Service"]: container["ID"][:12] for container in found if container["State"] == "running"}

    def _last_start(self, report: Reporter) -> str:
        """What was last started here. If the first start was interrupted, it deletes what that has left.

        MySQL's image makes the accounts only in an empty volume. After an interruption it would never make them.
        """
        last = _started(self.home)
        if last != _NEVER:
            return last or _NEVER
        if _DONE in self._compose("logs", "--no-color", "mysql"):
            return _UNKNOWN  # only the `lab` command was killed; the containers may have worked since then
        report.say("The first start was interrupted. Deleting what it left.")
        self._delete()
        return _NEVER

    def _delete(self) -> None:
        self._compose("down", "--volumes", "--remove-orphans", timeout=_STOP)

    def _write_environment(self, known: State, started: str) -> None:
        """Write the variables that docker-compose.yml needs, below a line that says which version of it was last `started`."""
        values = {f"{name}_port": port for name, port in known.ports.items()} | {"cluster_id": known.cluster_id}
        values |= {f"{account}_password": word for account, word in secrets.passwords(self.home).items()}
        values["connect_users"] = secrets.connect_users(self.home)
        lines = [f"LAB_{name.upper()}={value}" for name, value in values.items()]
        lines = [_MARK + started, f"COMPOSE_PROJECT_NAME={self._project}", *lines]
        secrets.write_private(environment_file(self.home), "\n".join([*lines, ""]))

    def _start(self, options: list[str]) -> None:
        command = self.command("up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", "600", *options)
        try:
            code = processes.call(command, timeout=_START)
        except TimedOut as error:
            raise TimedOut(
                f"`docker compose up` did not end within {_START:.0f} s.", "Run `./lab up` again."
            ) from error
        if code:
            end = self._compose("logs", "--no-color", "--tail", "12")
            raise ServerFailed(
                f"`docker compose up` failed ({code}); Docker's messages are above.", f"The end of the logs:\n{end}"
            )


def environment_file(home: Path) -> Path:
    """Return the file of variables for docker-compose.yml."""
    return home / ".env"


def holds_containers(home: Path) -> bool:
    """Return whether the lab in `home` is in containers: whether it has a `.env` that `up` has written."""
    return _started(home) is not None


def _started(home: Path) -> str | None:
    """The text in the first line of the lab's `.env`, or None if there is none, or it belongs to another program."""
    try:
        with environment_file(home).open(encoding="utf-8", errors="replace") as file:
            first = file.readline()
    except OSError:  # it does not exist, is a folder, or may not be read
        return None
    return first.removeprefix(_MARK).strip() if first.startswith(_MARK) else None


def _check_free(file: Path) -> None:
    if os.path.lexists(file) and not holds_containers(file.parent):
        raise LabError(
            f"{file} belongs to another program, and a lab in containers keeps its passwords in a file with that name.",
            "Set LAB_HOME to another folder. This file stays as it is.",
        )


def versions(text: str) -> dict[str, str]:
    """Return the version of each server that the text of docker-compose.yml pins, by its name."""
    kafka, mysql = (re.search(rf"image: {name}:(\S+)", text) for name in ("apache/kafka", "mysql"))
    assert kafka and mysql, "docker-compose.yml pins no Kafka or no MySQL"
    return {"connect": kafka[1], "kafka": kafka[1], "mysql": mysql[1]}


def _images(text: str, project_name: str) -> set[str]:
    """The images that the text of docker-compose.yml runs: those that it names, and the worker's, which it builds."""
    return {*re.findall(r"^    image: (\S+)", text, re.MULTILINE), f"{project_name}-connect:latest"}


def _status(name: str, known: State, container: str | None, measured: docker.Measured) -> ServerStatus:
    address = f"{'http://' if name == 'connect' else ''}127.0.0.1:{known.ports[name]}"
    memory, uptime = measured.get(container or "", (None, None))
    return ServerStatus(
        name,
        TITLES[name],
        known.versions[name],
        address,
        pid=None,
        memory=memory,
        uptime=uptime,
        log=f"`./lab logs {name}`",
        container=container,
        inside=INSIDE[name],
    )
