# SPDX-License-Identifier: Apache-2.0
"""Which lab is in a folder: one of processes on this computer, or one of containers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from helpers.errors import LabError
from helpers.settings import Settings
from helpers.stack import training
from helpers.stack.containers.compose import ComposeLab, holds_containers
from helpers.stack.local import LocalLab
from helpers.stack.progress import Reporter
from helpers.stack.status import ServerStatus


class AnyLab(Protocol):
    """What every kind of lab can do."""

    home: Path

    def up(self, report: Reporter | None = None, *, wait_connect: bool = True) -> dict[str, ServerStatus]:
        """Start the servers that do not run, and return the status of all when all of them answer.

        Without `wait_connect` it need not wait for Kafka Connect.
        """

    def down(self) -> list[str]:
        """Stop the servers that run, and return their names."""

    def reset(self) -> None:
        """Delete everything that the lab wrote."""

    def status(self) -> dict[str, ServerStatus]:
        """Return the status of each server by its name; empty if there is no lab yet."""

    def log(self, name: str, count: int) -> list[str]:
        """Return the last `count` lines of the log of the server `name`."""


def lab_in(settings: Settings, *, compose: bool = False) -> AnyLab:
    """Return the lab in the home of `settings`. If there is none yet, `compose` makes it a lab in containers.

    Raises `LabError` if `compose` is true and the folder has a lab without containers.
    """
    if holds_containers(settings.home):
        return ComposeLab(settings.home)
    if not compose:
        return LocalLab(settings)
    if (settings.home / "lab.json").exists():
        raise LabError(
            f"{settings.home} already holds a lab without containers.",
            "Set LAB_HOME to another folder, or run `./lab reset` here first.",
        )
    return ComposeLab(settings.home)


def make_faster(lab: AnyLab) -> bool:
    """Start to make what lets the servers of `lab` start faster, if that is missing, and return whether. Nobody waits for it."""
    return isinstance(lab, LocalLab) and training.begin(lab.settings)


def without_containers(lab: AnyLab, what: str, remedy: str) -> LocalLab:
    """Return `lab` as a lab of processes. Raises `LabError` for a lab in containers, because `./lab what` does not work there."""
    if not isinstance(lab, LocalLab):
        problem = f"`./lab {what}` does not work for the lab in containers in {lab.home}."
        raise LabError(problem, remedy)
    return lab
