"""Which lab is in a folder: one of processes on this machine, or one of containers."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from helpers.errors import LabError, LabNotRunning
from helpers.stack.containers.compose import ComposeLab, holds_containers
from helpers.stack.local import LocalLab

AnyLab = LocalLab | ComposeLab


def lab_in(home: Path, cache: Path, database_server: Path | None = None, *, compose: bool = False) -> AnyLab:
    """Return the lab in `home`; where there is none yet, one of containers if `compose` says so, else one of processes.

    Raises `LabError` if containers are asked for where a lab of processes is.
    """
    if holds_containers(home):
        return ComposeLab(home)
    if not compose:
        return LocalLab(home, cache, database_server)
    if (home / "lab.json").exists():
        raise LabError(
            f"The lab in {home} is one without containers.", "Set LAB_HOME to another folder, or `lab reset` this one."
        )
    return ComposeLab(home)


def without_containers(lab: AnyLab, what: str) -> LocalLab:
    """Return `lab` as one of processes. Raises `LabError` for one of containers, where `what` is done in another way."""
    if isinstance(lab, ComposeLab):
        problem = f"`lab {what}` is not for the lab of containers in {lab.home}."
        raise LabError(problem, "What its worker has stands in docker-compose.yml.")
    return lab


def read_log(lab: AnyLab, name: str, lines: int) -> list[str]:
    """Return the last `lines` lines of the log of a server or of JupyterLab. Raises `LabNotRunning` where there is none."""
    if isinstance(lab, ComposeLab) and name != "jupyter":
        return lab.log(name, lines)
    path = lab.home / "logs" / f"{name}.log"
    if not path.exists():
        raise LabNotRunning(f"There is no log of {name} in {path.parent} yet.", "`lab up` starts the servers.")
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=lines)]
