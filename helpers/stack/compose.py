"""The lab in containers: `docker compose` and the project's docker-compose.yml."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from helpers import project
from helpers.errors import LabError, ServerFailed, TimedOut, Unsupported
from helpers.stack import state
from helpers.stack.process import can_bind
from helpers.stack.server import ServerStatus
from helpers.stack.state import State

TITLES = {"connect": "Kafka Connect", "kafka": "Apache Kafka", "mysql": "MySQL"}
"""The services of docker-compose.yml."""
INSIDE = {"connect": "http://connect:8083", "kafka": "kafka:19092", "mysql": "mysql:3306"}
"""Where each answers the others."""
SECRETS = PurePosixPath("/run/secrets")
"""The worker's folder of `<account>.password`."""

# Secrets from `.env`, configurations and a Dockerfile inside the file, `ps` with a line for each container.
_OLDEST = (2, 24)
_ASK, _STOP, _START = 60.0, 120.0, 3600.0
"""Seconds that a question, a stop, and a start with all its downloads may take."""

Measured = dict[str, tuple[int | None, float | None]]


class ComposeLab:
    """The lab in containers whose ports, passwords and cluster id are in the folder `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    # What follows changes the lab; one command at a time may.

    def up(self, say: Callable[[str], None], progress: object = None) -> None:
        """Build and fetch what is missing, start what does not run, and return when every server answers.

        Docker shows the progress itself, on standard error. Raises `Unsupported` without Docker Compose, `ServerFailed`
        with the end of the containers' logs if one does not start. If nothing ran before, nothing runs then.
        """
        check_engine()
        state.make_home(self.home)
        with state.locked(self.home):
            ran = self._running()
            known = State.load(self.home) or State.new()
            self._place(known, say, ran)
            text = project.part("docker-compose.yml").read_text("utf-8")
            known.versions = versions(text)
            changed = self._write_environment(known, text)
            known.save(self.home)
            say("Starting the containers; the first time Docker downloads about 2 GB.")
            try:
                self._start(["--build"] if changed else [])
            except BaseException:
                if not ran:
                    self._compose("stop", timeout=_STOP)
                raise

    def down(self) -> list[str]:
        """Stop what runs and return the names of the servers that ran; what they hold is kept."""
        ran = sorted(self._running())
        if ran:
            with state.locked(self.home):
                self._compose("stop", timeout=_STOP)
        return ran

    def reset(self) -> None:
        """Delete the containers, their volumes, and the lab's ports and passwords. Images stay."""
        with state.locked(self.home):
            self._compose("down", "--volumes", "--remove-orphans", timeout=_STOP)
            for name in ("logs", "secrets"):
                shutil.rmtree(self.home / name, ignore_errors=True)
            (self.home / "lab.json").unlink(missing_ok=True)
            environment_file(self.home).unlink()  # last: without it this is no lab of containers

    # What follows only looks.

    def status(self) -> dict[str, ServerStatus]:
        """Return server name to its status; empty where there is no lab yet. Takes a second or two: Docker measures."""
        known, running = State.load(self.home), self._running()
        if not known:
            return {}
        measured = _measure(sorted(running.values()))
        return {name: _status(name, known, running.get(name), measured) for name in TITLES}

    def log(self, name: str, lines: int) -> list[str]:
        """Return the last `lines` lines that the server `name` has logged."""
        return self._compose("logs", "--no-color", "--no-log-prefix", "--tail", str(lines), name).splitlines()

    def command(self, *arguments: str) -> list[str]:
        """Return the command `docker compose ARGUMENTS` for this lab."""
        file, environment = str(project.part("docker-compose.yml")), str(environment_file(self.home))
        name = f"kafka-sync-lab-{hashlib.sha256(str(self.home).encode()).hexdigest()[:8]}"
        return [*docker(), "compose", "--project-name", name, "--file", file, "--env-file", environment, *arguments]

    def _compose(self, *arguments: str, timeout: float = _ASK) -> str:
        return _ask(self.command(*arguments), f"compose {arguments[0]}", timeout)

    def _running(self) -> dict[str, str]:
        """Service to the id of its running container."""
        if not environment_file(self.home).exists():
            return {}
        found: list[dict[str, Any]] = [
            json.loads(line) for line in self._compose("ps", "--format", "json").splitlines()
        ]
        return {container["Service"]: container["ID"][:12] for container in found if container["State"] == "running"}

    def _place(self, known: State, say: Callable[[str], None], ran: dict[str, str]) -> None:
        """Give each server its port."""
        for name, title in TITLES.items():
            port = known.ports.get(name)
            if port and (name in ran or can_bind(port)):
                continue
            known.ports[name] = state.choose_port(set(known.ports.values()))
            if port:
                say(f"Port {port} is taken by another program; {title} moves to {known.ports[name]}")

    def _write_environment(self, known: State, text: str) -> bool:
        """Write the variables that docker-compose.yml needs, and return whether its `text` is new since the last start."""
        mark = f"# docker-compose.yml {hashlib.sha256(text.encode()).hexdigest()}"
        file = environment_file(self.home)
        before = file.read_text("ascii").splitlines() if file.exists() else []
        values = {f"{name}_port": port for name, port in known.ports.items()} | {"cluster_id": known.cluster_id}
        values |= {f"{account}_password": word for account, word in state.passwords(self.home).items()}
        lines = [f"LAB_{name.upper()}={value}" for name, value in values.items()]
        state.write_private(file, "\n".join([mark, *lines, ""]))
        return mark not in before

    def _start(self, options: list[str]) -> None:
        command = self.command("up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", "600", *options)
        try:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=_START, check=False).returncode
        except subprocess.TimeoutExpired as error:
            raise TimedOut(f"`docker compose up` did not end within {_START:.0f} s.", "Run `lab up` again.") from error
        if code:
            end = self._compose("logs", "--no-color", "--tail", "12")
            raise ServerFailed(
                f"`docker compose up` failed ({code}); its own words are above.", f"The end of the logs:\n{end}"
            )


def environment_file(home: Path) -> Path:
    """Return the file of variables for docker-compose.yml; where it is, the lab in `home` is one of containers."""
    return home / ".env"


def check_engine() -> None:
    """Raise `Unsupported` unless Docker Compose is here and new enough, and `LabError` unless its engine answers."""
    program = docker()
    try:
        said = _ask([*program, "compose", "version", "--short"], "compose version")
    except LabError as error:
        raise Unsupported(
            "The `docker` of this machine has no Compose.",
            "Install its plugin docker-compose-plugin, or Docker Desktop.",
        ) from error
    version = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if version < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise Unsupported(
            f"Docker Compose {said.strip()} is too old for docker-compose.yml.", f"It needs {oldest} or newer."
        )
    _ask([*program, "version", "--format", "{{.Server.Version}}"], "version")


def docker() -> list[str]:
    """Return the command that `docker` is. Raises `Unsupported` where there is none."""
    found = shutil.which("docker")
    if not found:
        raise Unsupported(
            "No `docker` command was found on this machine.",
            "Install Docker with Compose, or use `lab up` without --compose in another LAB_HOME: it needs no containers.",
        )
    return [found]


def versions(text: str) -> dict[str, str]:
    """Return server name to the version that the text of docker-compose.yml pins for it."""
    kafka, mysql = (re.search(rf"image: {name}:(\S+)", text) for name in ("apache/kafka", "mysql"))
    assert kafka and mysql, "docker-compose.yml pins no Kafka or no MySQL"
    return {"connect": kafka[1], "kafka": kafka[1], "mysql": mysql[1]}


def _ask(command: list[str], verb: str, timeout: float = _ASK) -> str:
    """Run `command` and return what it prints. Raises `LabError` with its own words if it fails or takes too long."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"`docker {verb}` did not end within {timeout:.0f} s.", "Is Docker's engine well?") from error
    if done.returncode:
        raise LabError(
            f"`docker {verb}` failed: {done.stderr.strip()}", "Start Docker, or update it, and run this again."
        )
    return done.stdout


def _measure(containers: Sequence[str]) -> Measured:
    """Return container to its memory in bytes and its uptime in seconds, each None for one that has just ended."""
    if not containers:
        return {}
    weigh = ["stats", "--no-stream", "--format", "{{.ID}} {{.MemUsage}}"]
    memory = {id_[:12]: _bytes(used) for id_, used in _pairs(_ask([*docker(), *weigh, *containers], "stats"))}
    ask = ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}"]
    started = {id_[:12]: when for id_, when in _pairs(_ask([*docker(), *ask, *containers], "inspect"))}
    now = datetime.now(UTC)
    uptime = {id_: (now - datetime.fromisoformat(when)).total_seconds() for id_, when in started.items()}
    return {id_: (memory.get(id_), uptime.get(id_)) for id_ in containers}


def _pairs(lines: str) -> list[tuple[str, str]]:
    """The first two words of each line."""
    return [(words[0], words[1]) for words in map(str.split, lines.splitlines()) if len(words) > 1]


def _bytes(said: str) -> int | None:
    """What Docker says as 123.4MiB; None for the dashes of a container that has just ended."""
    found = re.fullmatch(r"([\d.]+)([KMGT]?)i?B", said)
    return round(float(found[1]) * 1024.0 ** " KMGT".index(found[2] or " ")) if found else None


def _status(name: str, known: State, container: str | None, measured: Measured) -> ServerStatus:
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
        log=f"`lab logs {name}`",
        container=container,
        inside=INSIDE[name],
    )
