"""Every notebook once more, from the last to the first: nbval ran them in order before, on the same lab.

Restart-and-run-all has to leave the lab as it was found, whatever ran before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from helpers.lab import Lab
from helpers.project import ROOT
from tests.notebooks.example import EXAMPLE, notebook
from tests.resources import Remains

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"), reverse=True)
CELL_TIMEOUT = 120  # seconds, as nbval has it


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs, and what there was in the lab before and after it."""

    name: str
    content: NotebookNode
    before: Remains
    after: Remains

    def outputs(self, tag: str | None = None) -> Iterator[tuple[str, NotebookNode]]:
        """Yield cell and output, of the cells with `tag` only if one is given."""
        for number, cell in enumerate(self.content.cells, 1):
            if tag is None or tag in cell.metadata.get("tags", []):
                for output in cell.get("outputs", []):
                    yield f"{self.name}, cell {number}", output

    def shown(self, tag: str) -> dict[str, str]:
        """Return cell to the text that it shows, of the cells with `tag`."""
        texts: dict[str, str] = {}
        for cell, output in self.outputs(tag):
            texts[cell] = texts.get(cell, "") + output.get("text", "") + output.get("data", {}).get("text/plain", "")
        return texts
