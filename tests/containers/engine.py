# SPDX-License-Identifier: Apache-2.0
"""The container engine for the tests: Docker's on this computer, or one that they make, start and end.

That one runs in namespaces of its own. It needs root rights, on Linux with overlayfs. When its owner ends, so do it and all
its containers, and its mounts, networks and firewall rules are gone with them.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from helpers import processes
from helpers.child import Child, Guarded
from helpers.errors import LabError
from helpers.processes import STDOUT, Command, Finished
from helpers.stack.containers import docker
from helpers.waiting import wait_until
from tests.containers import debian, images

_PACKAGES = (
    "docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables", "iproute2", "bash", "coreutils", "mount",
    "util-linux", "grep", "sed",
)  # fmt: skip
_PROGRAMS = (*debian.PROGRAMS, "unshare", "nsenter")
_NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child=KILL", "--cgroup", "--uts", "--net")
_START, _STOP = 60.0, (20.0, 5.0)


@dataclass(frozen=True)
class Engine:
    """An engine that answers. `real` is whether it has the real images; `into` and `variables` lead a command to it."""

    real: bool
    into: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, *words: str | Path) -> Command:
        """Return the command that runs `words` where the ports of this engine's containers are."""
        return [*self.into, *words]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of such a command."""
        return {**os.environ, **self.variables}

    def run(self, *words: str | Path, timeout: float = 240.0, **environment: str) -> Finished:
        """Run `words` there to their end."""
        return processes.run(self.command(*words), environment={**self.environment, **environment}, timeout=timeout)

    def ask(self, *words: str) -> list[str]:
        """Return the lines that `docker WORDS` prints."""
        done = self.run("docker", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


def missing() -> str | None:
    """Return why no engine can be made here, in one sentence, or None if one can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64") or os.geteuid() != 0:
        return "making one needs root rights on Linux x86-64"
    lacking = [name for name in _PROGRAMS if not shutil.which(name)]
    if lacking:
        return f"making one needs {', '.join(lacking)}"
    return None if "overlay" in Path("/proc/filesystems").read_text("ascii") else "making one needs overlayfs"


def answers() -> bool:
    """Return whether a Docker engine that is new enough for the lab answers on this computer."""
    try:
        docker.check_engine()
    except LabError:
        return False
    return True


@contextmanager
def made(cache: Path, work: Path) -> Iterator[Engine]:
    """Start an engine with images for docker-compose.yml, in the folder `work`, and end it after the `with` block."""
    root = debian.unpacked(_PACKAGES, cache / f"{debian.SUITE}-for-engine")
    config = work / "client"
    (work / "engine").mkdir()
    shutil.copytree(root / "usr/libexec/docker/cli-plugins", config / "cli-plugins")
    (config / "docker").symlink_to(root / "usr" / "bin" / "docker")
    command: Command = ["unshare", *_NAMESPACES, Path(__file__).with_name("parts") / "engine", root, work / "engine"]
    variables = {
        "DOCKER_HOST": f"unix://{work / 'engine' / 'docker.sock'}",
        "DOCKER_CONFIG": str(config),
        "PATH": f"{config}{os.pathsep}{os.environ['PATH']}",
    }
    with (
        _no_groups_left(),
        (work / "log").open("wb") as log,
        Guarded(command, output=log, errors=STDOUT, patience=_STOP) as guard,
    ):
        client = [str(config / "docker")]
        environment = {**os.environ, **variables}
        wait_until(lambda: not guard.running or _is_up(client, environment), _START, "the engine")
        assert guard.running, (work / "log").read_text("utf-8", errors="replace")[-2000:]
        images.make(client, environment, cache, work / "images")
        yield Engine(False, _into(guard), variables)


@contextmanager
def _no_groups_left() -> Iterator[None]:
    """Remove the empty control groups that an engine leaves: no namespace ends with them."""
    before = _groups()
    try:
        yield
    finally:
        for folder in _groups() - before:
            inner = sorted(path for path in [folder, *folder.rglob("*")] if path.is_dir())
            if not any((path / "cgroup.procs").read_text("ascii") for path in inner):  # else another engine's
                for path in reversed(inner):
                    path.rmdir()


def _groups() -> set[Path]:
    return set(Path("/sys/fs/cgroup").glob("**/docker"))


def _is_up(client: list[str], environment: Mapping[str, str]) -> bool:
    return processes.run([*client, "version"], environment=environment, timeout=30).returncode == 0


def _into(guard: Child) -> tuple[str, ...]:
    """The beginning of a command that runs in the network of the engine below `guard`."""
    (engine,) = (it for it in psutil.Process(guard.pid).children(recursive=True) if it.name() == "dockerd")
    return ("nsenter", f"--net=/proc/{engine.pid}/ns/net", "--")
