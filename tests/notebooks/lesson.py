# SPDX-License-Identifier: Apache-2.0
"""A notebook as the style rules see it: cells with numbers, sections by their labels, code as syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"(?:#{2,}\s+(?P<heading>.+)|\*\*(?P<bold>[^*]+)\*\*[.:]?(?P<rest>.*))$")
"""What begins a section: a heading below the title, or a line that begins in bold, as in `**Time:** 25 minutes`."""


@dataclass(frozen=True)
class Cell:
    """One cell; `str(cell)` is how a complaint names it, counted as JupyterLab's outline does, from 1."""

    number: int
    kind: str
    source: str
    tags: tuple[str, ...]
    hidden: bool
    ran: bool

    def __str__(self) -> str:
        first = next((line for line in self.source.splitlines() if line.strip()), "empty")
        return f"cell {self.number} ({first.strip()[:50]})"

    @property
    def is_code(self) -> bool:
        return self.kind == "code"

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return sum(bool(line.strip()) for line in self.source.splitlines())

    @property
    def prose(self) -> str:
        """The text without code blocks; empty for a code cell."""
        return FENCE.sub("", self.source) if self.kind == "markdown" else ""

    @cached_property
    def tree(self) -> ast.Module:
        """The code, IPython's magics translated. Raises `SyntaxError` where it is none."""
        magics = TransformerManager()  # type: ignore[no-untyped-call]
        return ast.parse(magics.transform_cell(self.source))


@dataclass(frozen=True)
class Lesson:
    """One notebook: its file name and its text as it is stored."""

    file: str
    text: str

    @cached_property
    def cells(self) -> list[Cell]:
        return [
            Cell(
                number=number,
                kind=cell.cell_type,
                source=cell.source,
                tags=tuple(cell.metadata.get("tags", ())),
                hidden=cell.metadata.get("jupyter", {}).get("source_hidden", False),
                ran=bool(cell.get("outputs") or cell.get("execution_count")),
            )
            for number, cell in enumerate(nbformat.v4.reads(self.text).cells, 1)
        ]

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_code]

    @property
    def prose(self) -> str:
        return "\n\n".join(cell.prose for cell in self.cells)

    @property
    def words(self) -> int:
        """How many words there are outside code."""
        return len(re.findall(r"[\w'\u2019-]+", self.prose))

    @property
    def english_words(self) -> int:
        """How many of these are English. The lines in Korean say shortly what the English text says."""
        english = re.sub(r"^>\s*\*\*한국어.*$", "", self.prose, flags=re.MULTILINE)
        return len(re.findall(r"[\w'\u2019-]+", english))

    @property
    def opening(self) -> list[Cell]:
        """The cells before the first code cell."""
        return self.cells[: self.code[0].number - 1] if self.code else self.cells

    @property
    def closing(self) -> list[Cell]:
        """The cells from the last heading «Clean up» on."""
        starts = [cell.number for cell in self.cells if any(label.startswith("clean up") for label in sections([cell]))]
        return self.cells[starts[-1] - 1 :] if starts else []


def sections(cells: list[Cell]) -> dict[str, str]:
    """Return label (lower case, letters only) to the text below it, for the Markdown in `cells`."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in "\n".join(cell.prose for cell in cells).splitlines():
        label = LABEL.match(line)
        if label:
            words = re.findall(r"\w+", (label["heading"] or label["bold"]).lower())
            lines = found.setdefault(" ".join(words), [])
        lines.append((label["rest"] or "") if label else line)
    return {label: "\n".join(text).strip() for label, text in found.items()}


def bullets(text: str) -> list[str]:
    """Return the items of the list in `text`, numbered or not, each as one line."""
    items = re.split(r"^(?:[-*+]|\d+\.)\s+", text, flags=re.MULTILINE)[1:]
    return [" ".join(item.split("\n\n")[0].split()) for item in items]


def words(text: str) -> list[str]:
    """Return the words in `text`, without HTML tags and the targets of links."""
    return re.findall(r"[^\W_]+(?:['\u2019_.-][^\W_]+)*", re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text))


def nodes(cells: list[Cell]) -> Iterator[tuple[Cell, ast.AST]]:
    """Yield every node of the code in `cells` with its cell. Raises `SyntaxError`."""
    for cell in cells:
        for node in ast.walk(cell.tree):
            yield cell, node
