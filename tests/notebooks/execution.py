# SPDX-License-Identifier: Apache-2.0
"""A notebook run from its first cell to its last, with its outputs and with what it left in the lab."""

from __future__ import annotations

import runpy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from helpers import topics
from helpers.errors import TimedOut
from helpers.lab import Lab
from helpers.project import ROOT
from helpers.waiting import wait_until
from tests.notebooks.teaching import names_bound

CELL_TIMEOUT = 120  # seconds, as nbval has it
ATTEMPT = "attempt"
"""The metadata of a cell that a test put into a lesson: the number of the wrong answer that it tries."""
PATIENCE = 10.0  # seconds until what was deleted, or has left, is gone for everybody


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs; `left` names what is in the lab since, and what is there no longer."""

    name: str
    content: NotebookNode
    left: frozenset[str] = frozenset()

    def outputs(self) -> Iterator[tuple[str, NotebookNode]]:
        """Yield each output with the name of its cell."""
        for name, cell in self.cells():
            yield from ((name, output) for output in cell.get("outputs", ()))

    def cells(self) -> Iterator[tuple[str, NotebookNode]]:
        """Yield each cell with its name: its number in the file, or the wrong answer that it was tried with."""
        number = 0
        for cell in self.content.cells:
            attempt = cell.metadata.get(ATTEMPT)
            number += attempt is None
            yield f"{self.name}, {f'cell {number}' if attempt is None else f'wrong answer {attempt}'}", cell

    def shown(self, tag: str) -> dict[str, str]:
        """Return the name of each cell with `tag`, and the text that it shows."""
        texts = {name: "" for name, cell in self.cells() if tag in cell.metadata.get("tags", ())}
        for cell, output in self.outputs():
            if cell in texts:
                texts[cell] += output.get("text", "") + output.get("data", {}).get("text/plain", "")
        return texts

    def attempts(self) -> dict[int, str]:
        """Return what the checks say of each wrong answer, by its number from 1 on."""
        texts: dict[int, str] = {}
        for cell in self.content.cells:
            if attempt := cell.metadata.get(ATTEMPT):
                said = [
                    output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs
                ]
                texts[attempt] = texts.get(attempt, "") + "".join(said)
        return texts


def wrong_answers(path: Path) -> list[tuple[str, str]]:
    """Return the wrong answers to the exercises of the lesson at `path`: the stub's source, a part of the hint it gets."""
    answers = ROOT / "tests" / "notebooks" / "answers" / f"{path.name[:2]}.py"
    return list(runpy.run_path(str(answers))["WRONG"]) if answers.exists() else []


def try_answers(content: NotebookNode, answers: Sequence[tuple[str, str]]) -> None:
    """Put each wrong answer, with the checks of its exercise, before the stub that gives the same name a value.

    So a learner works: the answer is typed, checked, typed again. No other cell notices.
    """
    tried: list[NotebookNode] = []
    for place, cell in enumerate(content.cells):
        if "exercise-stub" in cell.metadata.get("tags", ()):
            checks = _checks(content.cells[place:])
            for number, (source, _) in enumerate(answers, 1):
                if names_bound(source) & names_bound(cell.source):
                    tried += [new_code_cell(text, metadata={ATTEMPT: number}) for text in [source, *checks]]
        tried.append(cell)
    content.cells = tried


def _checks(cells: Sequence[NotebookNode]) -> list[str]:
    """The sources of the checks of the first exercise in `cells`."""
    tags = [set(cell.metadata.get("tags", ())) for cell in cells]
    end = next((place for place, tag in enumerate(tags) if "exercise-solution" in tag), len(cells))
    return [cell.source for cell, tag in zip(cells[:end], tags, strict=False) if "exercise-check" in tag]


def execute(path: Path, lab: Lab, copies: Path, *, patience: float = PATIENCE) -> Executed:
    """Run the notebook at `path` on `lab`, and keep the executed copy in `copies`.

    What is still in the lab `patience` seconds later was left behind.

    Raises `nbclient.exceptions.CellExecutionError` for the first cell that fails and is not tagged `raises-exception`.
    """
    before = remains(lab)
    content = nbformat.read(path, as_version=4)
    try_answers(content, wrong_answers(path))
    client = NotebookClient(content, timeout=CELL_TIMEOUT, resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    finally:
        nbformat.write(content, copies / path.name)
    return Executed(path.name, content, _left(lab, before, patience))


def remains(lab: Lab) -> frozenset[str]:
    """Return what a notebook may leave behind: its topics, its consumer groups, the processes that it started.

    A server of the lab goes by its name: a lesson may kill it, if it starts it again.
    """
    groups = lab.admin.list_consumer_groups(request_timeout=10).result().valid
    return frozenset(
        [f"topic {name}" for name in topics.names(lab)]
        + [f"group {group.group_id}" for group in groups]
        + [f"server {server.name}" for server in lab.servers() if server.running]
        + [f"process {process.pid} {process.info['name']}" for process in _processes(lab)]
    )


def _processes(lab: Lab) -> list[psutil.Process]:
    """Return what was started with `lab` in its environment: an orphan has no parent left by which to find it."""
    everything = psutil.process_iter(["name", "environ"])  # environ is None for other users' processes
    servers = {server.pid for server in lab.servers()}
    mine = [process for process in everything if (process.info["environ"] or {}).get("LAB_HOME") == str(lab.home)]
    return [process for process in mine if process.pid not in servers]


def _left(lab: Lab, before: frozenset[str], patience: float) -> frozenset[str]:
    try:
        wait_until(lambda: not changes(before, remains(lab)), patience, "the lab to be as it was found")
    except TimedOut:
        return changes(before, remains(lab))
    return frozenset()


def changes(before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """Return what came and what went; but every ten minutes the broker itself forgets the groups whose topics are gone."""
    return frozenset(it for it in before ^ after if it in after or not it.startswith("group "))
