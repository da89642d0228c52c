# SPDX-License-Identifier: Apache-2.0
"""pytest plugin that times notebooks: each one's cells and its kernel's start, and not the lab's."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.shared_lab import start_shared_lab

_seconds: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says where the times go."""
    parser.addoption("--stopwatch", type=Path, help="the file to write: JSON, notebook to seconds")


def pytest_collection_finish() -> None:
    """Start the lab before the first cell, which would have its time added otherwise."""
    start_shared_lab()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add one step of one cell to its notebook's time."""
    _seconds[Path(report.nodeid.partition("::")[0]).stem] += report.duration  # type: ignore[assignment]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the times."""
    session.config.getoption("--stopwatch").write_text(json.dumps(_seconds), "utf-8")
