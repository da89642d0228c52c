# SPDX-License-Identifier: Apache-2.0
"""JupyterLab, really started: its address is its own, its log is private, and nothing of it is left behind."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
import requests

from helpers.command import jupyter
from helpers.processes import is_gone
from helpers.waiting import wait_until

LAUNCHER = """#!/bin/sh
exec 3<&0
"{python}" "$@" <&3 &
trap "kill $!" INT TERM
wait $!
wait $!
"""
"""A Python that only starts the real one and ends it when it ends, as python.exe in a venv on Windows is already."""
STALE = '{"url": "http://127.0.0.1:9/", "token": "old"}'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a lab that never was up, where an older version has left a log, and a killed JupyterLab its address."""
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "jupyter.log").touch(0o644)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "jpserver-1.json").write_text(STALE)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "old"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    if os.name == "posix":
        program = tmp_path / "python"
        program.write_text(LAUNCHER.format(python=sys.executable))
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
    return home


def test_the_address_that_is_told_is_that_of_this_jupyterlab(home: Path, tmp_path: Path) -> None:
    log = home / "logs" / "jupyter.log"
    before, seen = set(psutil.Process().children(recursive=True)), list[psutil.Process]()

    def look(line: str) -> None:
        (address,) = re.findall(r"http://127\S+", line)
        (token,) = parse_qs(urlsplit(address).query)["token"]
        assert token != "old"
        answer = requests.get(address, timeout=20)
        assert answer.ok and "jupyter-config-data" in answer.text
        assert not requests.get(address.replace(token, "another"), timeout=20).url.startswith(address)
        if os.name == "posix":
            (runtime,) = (tmp_path / "temporary").glob("lab-jupyter-*")
            assert [path.stat().st_mode & 0o077 for path in (home, log, runtime)] == [0, 0, 0]
        seen.extend(set(psutil.Process().children(recursive=True)) - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jupyter.run(home, browser=False, say=look)
    wait_until(lambda: all(map(is_gone, seen)), 20, "JupyterLab to end")
    assert seen and not list((tmp_path / "temporary").glob("lab-jupyter-*"))


def test_a_home_that_was_never_up_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    log = jupyter._private_log(tmp_path / "new")
    os.umask(before)
    if os.name == "posix":
        assert [path.stat().st_mode & 0o077 for path in (log, tmp_path / "new")] == [0, 0]


def test_an_address_is_told_when_somebody_answers_there() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        said = {"port": server.getsockname()[1]}
        assert not jupyter._answers({}) and not jupyter._answers(said), "said, but nobody listens yet"
        server.listen()
        assert jupyter._answers(said)


def test_half_written_information_is_none_yet(tmp_path: Path) -> None:
    assert jupyter._written(tmp_path) == {}
    (tmp_path / "jpserver-7.json").write_text(STALE[:20])
    (tmp_path / "kernel-8.json").write_text("{}")
    assert jupyter._written(tmp_path) == {}
    (tmp_path / "jpserver-7.json").write_text(STALE)
    assert jupyter._written(tmp_path)["token"] == "old"
