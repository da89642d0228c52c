# SPDX-License-Identifier: Apache-2.0
"""The notebook with the live plot, in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from helpers.lab import Lab
from helpers.project import ROOT
from tests.browser import jupyterlab

NOTEBOOK = "notebooks/03_keys_groups_and_delivery.ipynb"
MOVED = 10  # distinct pictures: two seconds of a plot that is drawn five times a second


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """The folder for pictures of the page: `LAB_SCREENSHOTS`, else a temporary one."""
    folder = Path(os.environ.get("LAB_SCREENSHOTS") or tmp_path / "screenshots").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_live_plot_moves_and_stays(lab: Lab, tmp_path: Path, screenshots: Path) -> None:
    program = jupyterlab.chromium()
    before = (ROOT / NOTEBOOK).read_bytes()
    with jupyterlab.lab_open(tmp_path) as address, jupyterlab.page(program) as page:
        jupyterlab.open_notebook(page, address, NOTEBOOK)
        jupyterlab.start_all_cells(page)
        jupyterlab.wait_for_pictures(page, MOVED)
        seen = jupyterlab.pictures(page)
        live = seen.index(max(seen))
        cell = page.locator(f"{jupyterlab.PANEL} .jp-Notebook-cell").nth(live)
        cell.scroll_into_view_if_needed()
        page.screenshot(path=screenshots / "live.png")
        wrong = jupyterlab.wait_for_all_cells(page)
        page.screenshot(path=screenshots / "done.png")
        cells = jupyterlab.outputs(page)
        assert wrong == []
        assert max(seen) >= MOVED, "no plot moved while its cell ran"
        assert any("image/png" in output.get("data", {}) for output in cells[live]), "the last picture did not stay"
        cell.locator(".jp-OutputArea-output img").last.screenshot(path=screenshots / "plot.png")
    assert (ROOT / NOTEBOOK).read_bytes() == before, "the test has changed the notebook"


def test_without_chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not run: no Chromium"):
        jupyterlab.chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="not run: no Chromium"):
        jupyterlab.chromium()
