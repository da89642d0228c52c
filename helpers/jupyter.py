"""JupyterLab, at the first lesson, for as long as the reader wants it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from jupyter_core.paths import jupyter_runtime_dir

from helpers.errors import ServerFailed, TimedOut
from helpers.project import FIRST_NOTEBOOK, ROOT, part
from helpers.settings import settings
from helpers.stack.process import tail
from helpers.waiting import wait_until

_STOP_TIMEOUT = 20.0


def run(*, browser: bool, say: Callable[[str], None]) -> None:
    """Run JupyterLab until it ends or is interrupted; it is stopped then. Its log is `<home>/logs/jupyter.log`.

    Opens the first lesson in a browser if `browser` and there is one, and says the address in any case.
    Raises `ServerFailed` if JupyterLab does not start.
    """
    part(FIRST_NOTEBOOK)
    log = settings().home / "logs" / "jupyter.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            _command(), env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        address = _address(process, log)
        opened = browser and _open(address)
        say(f"JupyterLab {'is open' if opened else 'waits'} at {address}")
        say("Ctrl-C ends it.")
        process.wait()
    finally:
        _stop(process)


def _command() -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"),
        f"--ServerApp.root_dir={ROOT}",
        # Ctrl-C reaches JupyterLab too: it should end then, and not ask whether it should.
        "--ServerApp.answer_yes=True",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def _environment() -> dict[str, str]:
    """Add the course's defaults (no news, no questions) to the reader's own settings, which come before them."""
    paths = [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(ROOT / "helpers" / "jupyter_config")]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until JupyterLab has written where it listens, and return the first lesson's address with its token."""
    information = Path(jupyter_runtime_dir()) / f"jpserver-{process.pid}.json"
    try:
        wait_until(lambda: process.poll() is not None or information.exists(), 60, "JupyterLab to say where it listens")
    except TimedOut as error:
        raise ServerFailed(str(error), tail(log)) from error
    if process.poll() is not None:
        raise ServerFailed("JupyterLab ended while it was starting.", f"The end of {log}:\n{tail(log)}")
    server = json.loads(information.read_text("utf-8"))
    return f"{server['url']}lab/tree/{FIRST_NOTEBOOK}?{urlencode({'token': server['token']})}"


def _open(address: str) -> bool:
    """Open `address` in a browser and return whether there was one; a text browser in this terminal does not count."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return webbrowser.open(address)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_TIMEOUT)
