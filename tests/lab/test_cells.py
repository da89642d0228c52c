# SPDX-License-Identifier: Apache-2.0
"""What a cell shows and stores, in a real kernel without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nbformat
import pytest
from nbclient import NotebookClient

RunCell = Callable[[str], list[nbformat.NotebookNode]]


@pytest.fixture(scope="session")
def run_cell() -> Iterator[RunCell]:
    """Run a cell in its own notebook, all in one kernel, and return its outputs as they would be stored."""
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=60)
    with client.setup_kernel():

        def run(source: str) -> list[nbformat.NotebookNode]:
            client.nb.cells.append(nbformat.v4.new_code_cell(source))
            outputs: list[nbformat.NotebookNode] = client.execute_cell(
                client.nb.cells[-1], len(client.nb.cells) - 1
            ).outputs
            return outputs

        yield run


def test_in_a_notebook_the_line_stands_there_once_and_is_escaped(run_cell: RunCell) -> None:
    (output,) = run_cell("from helpers.checks import check\ncheck(True, fact='a < b', hint='')")
    assert "a &lt; b" in output.data["text/html"]
    assert output.data["text/plain"] == "✓ a < b"


NOTEBOOK = """
import time
from helpers import plots
from tests.unit.plots.test_plots import Recorded
recorded = Recorded()
with plots.LivePlot(recorded, hz=5) as plot:
    for second in range(10):
        recorded.take(second, second)
        end = time.monotonic() + 0.2
        while time.monotonic() < end: pass
print(plot.frames)
"""


def test_a_notebook_stores_the_last_picture_and_frames_come_while_it_computes(run_cell: RunCell) -> None:
    drawn, printed = run_cell(NOTEBOOK)
    assert int(printed.text) > 5, "of the ten frames of two seconds"
    (same,) = run_cell("import base64; print(base64.b64encode(plot.png).decode())")
    assert drawn.data["image/png"].strip() == same.text.strip()
    (still,) = run_cell("plots.bars({'a': 1.0}, title='One', unit='records')")
    assert set(still.data) == {"text/html", "image/png", "text/plain"}
