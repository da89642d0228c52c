# SPDX-License-Identifier: Apache-2.0
"""Committed notebooks, normalised: no outputs, no counts, and only the metadata that a reader or a test uses.

python -m tests.notebooks.tidy notebooks/*.ipynb            rewrite
python -m tests.notebooks.tidy --check notebooks/*.ipynb    change nothing, end with 1 if one needs it
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FOLDED = "exercise-solution"
"""Cells with this tag are folded: JupyterLab shows their output and hides their source until it is asked for."""


def tidy(text: str) -> str:
    """Return the notebook in `text` as it is to be committed.

    A cell's id is made from its text: whatever wrote the file, a diff shows the cells that have changed and no others.

    Raises `ValueError` or `nbformat.ValidationError` where `text` is no notebook of format 4.
    """
    notebook = nbformat.v4.reads(text)  # `nbformat.reads` warns of ids, which are made again here
    notebook.metadata, notebook.nbformat_minor = METADATA, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        _tidy_cell(cell)
        digest = hashlib.sha256(f"{cell.cell_type} {cell.source}".encode()).hexdigest()[:12]
        cell.id = f"{digest}-{seen[digest]}" if seen[digest] else digest
        seen[digest] += 1
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _tidy_cell(cell: NotebookNode) -> None:
    cell.metadata = _metadata(cell.metadata)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def _metadata(found: NotebookNode) -> dict[str, object]:
    tags = found.get("tags", [])
    folded = FOLDED in tags or found.get("jupyter", {}).get("source_hidden", False)
    return {**({"tags": tags} if tags else {}), **({"jupyter": {"source_hidden": True}} if folded else {})}


def main(arguments: Sequence[str] | None = None) -> int:
    """Tidy the files named in `arguments` (those of the command line) and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.tidy", description="Normalise notebooks.")
    parser.add_argument("--check", action="store_true", help="change nothing, end with 1 if a notebook needs it")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    untidy = {path: new for path in options.files if (new := tidy(old := path.read_text("utf-8"))) != old}
    for path, new in untidy.items():
        print(f"{'needs tidying' if options.check else 'tidied'}: {path}")
        if not options.check:
            path.write_text(new, "utf-8", newline="\n")
    return int(bool(untidy) and options.check)


if __name__ == "__main__":
    sys.exit(main())
