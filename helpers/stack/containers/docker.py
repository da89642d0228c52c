# SPDX-License-Identifier: Apache-2.0
"""The `docker` of this computer: whether it is new enough for the lab, what it answers, what its containers use."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime

from helpers import processes
from helpers.errors import LabError, TimedOut, Unsupported

# Compose needs secrets from `.env`, configurations and a Dockerfile inside the file, `ps` with a line for each container.
# The engine needs `start_interval`. With an older engine Compose refuses the file.
_OLDEST = {"Docker Compose": (2, 24), "Docker Engine": (25,)}
ASK = 60.0
"""Seconds that a question may take."""

Measured = dict[str, tuple[int | None, float | None]]


def program() -> list[str]:
    """Return the `docker` command. Raises `Unsupported` if there is none."""
    found = shutil.which("docker")
    if not found:
        raise Unsupported(
            "No `docker` command was found on this computer.",
            "Install Docker with Compose, or use `./lab up` without --compose in another LAB_HOME: it needs no containers.",
        )
    return [found]


def check_engine() -> str:
    """Return the names and versions of Docker here, as text.

    Raises `Unsupported` if Docker Compose or its engine is missing or too old, and `LabError` if the engine does
    not answer.
    """
    docker = program()
    try:
        compose = ask([*docker, "compose", "version", "--short"], "compose version").strip()
    except LabError as error:
        _refuse_podman(docker)
        raise Unsupported(
            "The `docker` of this computer has no Compose.",
            "Install its plugin docker-compose-plugin, or Docker Desktop.",
        ) from error
    engine = ask([*docker, "version", "--format", "{{.Server.Version}}"], "version").strip()
    if _is_older("Docker Compose", compose) or _is_older("Docker Engine", engine):
        _refuse_podman(docker)
    _check_version("Docker Compose", compose)
    _check_version("Docker Engine", engine)
    return f"Docker Engine {engine}, Compose {compose}"


def _is_older(name: str, said: str) -> bool:
    oldest = _OLDEST[name]
    return tuple(int(number) for number in re.findall(r"\d+", said)[: len(oldest)]) < oldest


def _check_version(name: str, said: str) -> None:
    if _is_older(name, said):
        needed = ".".join(map(str, _OLDEST[name]))
        raise Unsupported(f"{name} {said} is too old for docker-compose.yml.", f"It needs {needed} or newer.")


def _refuse_podman(docker: Sequence[str]) -> None:
    """Raise `Unsupported` if `docker` is Podman, or asks Podman's engine. Its versions count differently from Docker's."""
    done = processes.run([*docker, "version"], timeout=ASK)
    if "podman" in f"{done.stdout}{done.stderr}".lower():
        raise Unsupported(
            "The `docker` of this computer is Podman, and docker-compose.yml was written for Docker Engine.",
            "Install Docker with Compose, or use `./lab up` without --compose in another LAB_HOME: it needs no containers.",
        )


def images() -> set[str]:
    """Return the images that are on this computer, as "name:tag"."""
    return set(ask([*program(), "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], "image ls").split())


def ask(command: list[str], verb: str, timeout: float = ASK) -> str:
    """Run `command` and return what it prints.

    Raises `LabError` with its message if it fails, and `TimedOut` after `timeout` seconds.
    """
    try:
        done = processes.run(command, timeout=timeout)
    except TimedOut as error:
        problem = f"`docker {verb}` did not end within {timeout:.0f} s."
        raise TimedOut(problem, "Check that the Docker engine is running.") from error
    if done.returncode:
        raise LabError(
            f"`docker {verb}` failed: {done.stderr.strip()}", "Start Docker, or update it, and run this again."
        )
    return done.stdout


def measure(containers: Sequence[str]) -> Measured:
    """Return the memory (bytes) and uptime (seconds) of each container by its id; None for one that has just ended."""
    if not containers:
        return {}
    weigh = ["stats", "--no-stream", "--format", "{{.ID}} {{.MemUsage}}"]
    memory = {id_[:12]: _bytes(used) for id_, used in _pairs(ask([*program(), *weigh, *containers], "stats"))}
    inspect = ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}"]
    started = {id_[:12]: when for id_, when in _pairs(ask([*program(), *inspect, *containers], "inspect"))}
    now = datetime.now(UTC)
    uptime = {id_: (now - datetime.fromisoformat(when)).total_seconds() for id_, when in started.items()}
    return {id_: (memory.get(id_), uptime.get(id_)) for id_ in containers}


def _pairs(lines: str) -> list[tuple[str, str]]:
    """The first two words of each line."""
    return [(words[0], words[1]) for words in map(str.split, lines.splitlines()) if len(words) > 1]


def _bytes(said: str) -> int | None:
    """Bytes from Docker's text such as 123.4MiB, or None for the dashes of a container that has just ended."""
    found = re.fullmatch(r"([\d.]+)([KMGT]?)i?B", said)
    return round(float(found[1]) * 1024.0 ** " KMGT".index(found[2] or " ")) if found else None
