# SPDX-License-Identifier: Apache-2.0
"""Where the files of this project are: the notebooks, the tests and the benchmarks are next to the package."""

from __future__ import annotations

from pathlib import Path

from helpers.errors import LabError

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "kafka-sync-lab"
"""The name under which this project is installed: what `importlib.metadata` and pip call it."""

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"

JUPYTER_CONFIG = ROOT / "helpers" / "command" / "jupyter_config"
"""The course's defaults of JupyterLab: no news, no questions. The reader's own settings win over them."""


def part(name: str) -> Path:
    """Return the folder or file `name` of the project. Raises `LabError` if only the package is there."""
    path = ROOT / name
    if not path.exists():
        raise LabError(
            f"{path} does not exist.",
            "Run `./lab` in a clone of the project: the notebooks and tests are not in the package.",
        )
    return path
