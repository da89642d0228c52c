# SPDX-License-Identifier: Apache-2.0
"""Run JupyterLab at the first lesson until the reader ends it."""

from __future__ import annotations

import json
import os
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from helpers.child import Guarded
from helpers.errors import ServerFailed, TimedOut
from helpers.processes import STDOUT, is_listening, tail
from helpers.project import FIRST_NOTEBOOK, JUPYTER_CONFIG, ROOT, part
from helpers.stack.home.folder import make_home
from helpers.waiting import wait_until

_PATIENCE = (20.0, 5.0)  # seconds to end after SIGINT and after SIGTERM


def run(home: Path, *, browser: bool, say: Callable[[str], None]) -> None:
    """Run JupyterLab until it ends, or stop it at an interruption. Its log is `jupyter.log` in the lab of `home`.

    Opens the first lesson in a browser if `browser` is true and there is one. Always prints the address.
    Raises `ServerFailed` if JupyterLab does not start, and `LabError` if the lab's folder cannot be written.
    """
    part(FIRST_NOTEBOOK)
    log = _private_log(home)
    # Its own runtime folder: so everything in it belongs to this JupyterLab, whatever the name of its process.
    with TemporaryDirectory(prefix="lab-jupyter-", ignore_cleanup_errors=True) as folder:
        runtime = Path(folder)
        with log.open("w") as output:
            server = Guarded(
                _command(), output=output, errors=STDOUT, environment=_environment(runtime), patience=_PATIENCE
            )
            with server:
                address = _address(server, runtime, log)
                opened = browser and _open(address)
                say(f"JupyterLab {'is open' if opened else 'waits'} at {address}")
                say("Press Ctrl-C to end it.")
                server.wait()


def _private_log(home: Path) -> Path:
    """Return the log's path. JupyterLab writes its token there, so the file is made now, for this user only."""
    make_home(home)
    log = home / "logs" / "jupyter.log"
    log.parent.mkdir(exist_ok=True)
    log.touch(0o600)
    log.chmod(0o600)  # an older file
    return log


def _command() -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"),
        f"--ServerApp.root_dir={ROOT}",
        # Ctrl-C reaches JupyterLab too: it should end then, and not ask the user.
        "--ServerApp.answer_yes=True",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def _environment(runtime: Path) -> dict[str, str]:
    """Add the course's defaults (no news, no questions). The reader's own settings win over them."""
    paths = [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(JUPYTER_CONFIG)]
    return {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_RUNTIME_DIR": str(runtime),
    }


def _address(server: Guarded, runtime: Path, log: Path) -> str:
    """Wait until JupyterLab answers at the address that it reports, and return the first lesson's address with its token."""
    try:
        wait_until(lambda: not server.running or _answers(_written(runtime)), 60, "JupyterLab to answer")
    except TimedOut as error:
        raise ServerFailed(str(error), tail(log)) from error
    written = _written(runtime)
    if not server.running or not written:
        raise ServerFailed("JupyterLab ended while it was starting.", f"The end of {log}:\n{tail(log)}")
    return f"{written['url']}lab/tree/{FIRST_NOTEBOOK}?{urlencode({'token': written['token']})}"


def _written(runtime: Path) -> dict[str, Any]:
    """Return the facts that JupyterLab wrote about itself: nothing before they are complete."""
    for information in runtime.glob("jpserver-*.json"):
        with suppress(ValueError):
            return dict(json.loads(information.read_text("utf-8")))
    return {}


def _answers(server: dict[str, Any]) -> bool:
    """Whether JupyterLab answers: it writes its address a moment before it listens."""
    return bool(server) and is_listening(server["port"])


def _open(address: str) -> bool:
    """Open `address` in a browser and return whether there was one. A text browser in this terminal does not count."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return webbrowser.open(address)
