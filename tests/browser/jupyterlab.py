# SPDX-License-Identifier: Apache-2.0
"""JupyterLab as the reader has it, started by the real `lab open`, and a page of Chromium that shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

from helpers import processes
from tests.resources import LAB

START_TIMEOUT = 90_000  # milliseconds, Playwright's unit, until a page is ready on a busy machine
RUN_TIMEOUT = 300_000  # until a notebook has run
CONFIG = {"LabApp": {"expose_app_in_browser": True}}
SETTINGS = {
    # Every cell stands in the page, seen or not.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # A test leaves the notebook's file as it is.
    "docmanager-extension/plugin": {"autosave": False},
}
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"


def chromium() -> str:
    """Return the Chromium to use: `LAB_CHROMIUM`, else one on the path. Without one, skip; on a CI machine, fail."""
    names = (os.environ.get("LAB_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((program for name in names if name and (program := shutil.which(name))), None)
    if not found:
        reason = "not run: no Chromium (install it, as in `apt install chromium`, or name one in LAB_CHROMIUM)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return str(found)


@contextmanager
def lab_open(folder: Path) -> Iterator[str]:
    """Yield the address that `lab open --no-browser` prints; what JupyterLab keeps for a user goes into `folder`."""
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")
    (folder / "config").mkdir()
    (folder / "config" / "jupyter_lab_config.json").write_text(json.dumps(CONFIG), "utf-8")
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, **{name: str(folder / place) for name, place in places.items()}}
    command = [LAB, "open", "--no-browser"]
    process = processes.start(command, environment=environment, errors=processes.PIPE)
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _address(process: processes.Process) -> str:
    assert process.stderr
    said = ""
    for line in process.stderr:  # it ends with the process: `lab open` gives up by itself when JupyterLab is silent
        said += line
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError(f"`lab open` printed no address:\n{said}")


@contextmanager
def page(program: str) -> Iterator[Page]:
    """Yield an empty page of a browser without a window."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if root else [])
        try:
            yield browser.new_page(viewport={"width": 1400, "height": 1000})
        finally:
            browser.close()


def open_notebook(page: Page, address: str, notebook: str) -> None:
    """Show `notebook`, its kernel ready, in the JupyterLab at `address`."""
    server = urlsplit(address)
    page.goto(f"{server.scheme}://{server.netloc}/lab/tree/{notebook}?reset&{server.query}")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=START_TIMEOUT)
    page.locator(f"{PANEL} > .jp-Spinner").wait_for(state="detached", timeout=START_TIMEOUT)
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
        }"""
    )
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", timeout=START_TIMEOUT
    )


def start_all_cells(page: Page) -> None:
    """Run all cells without waiting for them, and note each distinct picture that a cell shows meanwhile."""
    page.evaluate(
        """panel => {
            const cells = [...document.querySelectorAll(`${panel} .jp-Notebook-cell`)];
            window.pictures = cells.map(() => new Set());
            const look = (cell, number) => cell.querySelectorAll('.jp-OutputArea-output img').forEach(
                image => window.pictures[number].add(image.src));
            window.watching = setInterval(() => cells.forEach(look), 100);
            const run = window.jupyterapp.commands.execute('notebook:run-all-cells');
            run.then(passed => { window.passed = passed; });
        }""",
        PANEL,
    )


def wait_for_pictures(page: Page, number: int) -> None:
    """Wait until a cell has shown `number` distinct pictures, or all cells have run."""
    page.wait_for_function(
        "number => 'passed' in window || window.pictures.some(seen => seen.size >= number)",
        arg=number,
        timeout=RUN_TIMEOUT,
    )


WRONG = """
() => [...window.jupyterapp.shell.currentWidget.content.model.cells].flatMap((cell, number) => {
    if (cell.type !== 'code') return [];
    if (cell.executionCount === null) return [`cell ${number + 1} did not run`];
    const announced = (cell.getMetadata('tags') ?? []).includes('raises-exception');
    const errors = announced ? [] : cell.outputs.toJSON().filter(output => output.output_type === 'error');
    return errors.map(error => `cell ${number + 1}: ${error.ename}: ${error.evalue}`);
})
"""


def wait_for_all_cells(page: Page) -> list[str]:
    """Return what is wrong when all cells have run: which did not run, or shows an error that no tag announces.

    JupyterLab calls a run ended at its first error, although after an announced one the cells below still run.
    """
    page.wait_for_function(
        f"""() => {{
            const wrong = ({WRONG})();
            const idle = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle';
            return 'passed' in window && idle && (wrong.length === 0 || wrong.some(it => !it.endsWith('did not run')));
        }}""",
        timeout=RUN_TIMEOUT,
    )
    page.evaluate("clearInterval(window.watching)")
    return list(page.evaluate(WRONG))


def pictures(page: Page) -> list[int]:
    """Return how many distinct pictures each cell has shown since `start_all_cells`."""
    return list(page.evaluate("window.pictures.map(seen => seen.size)"))


def outputs(page: Page) -> list[list[dict[str, Any]]]:
    """Return the outputs of each cell, as they would be saved."""
    return list(
        page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map(cell =>
                cell.type === 'code' ? cell.outputs.toJSON() : [])"""
        )
    )
