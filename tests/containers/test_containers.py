# SPDX-License-Identifier: Apache-2.0
"""The lab in containers, for real: its first start is killed, lessons run on it, a port is taken, its reset leaves nothing."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from helpers import processes
from helpers.child import Guarded
from helpers.processes import PIPE, STDOUT, Finished
from helpers.project import ROOT
from helpers.stack.containers.compose import ComposeLab
from helpers.waiting import wait_until
from tests.containers import engine as engines
from tests.containers.engine import Engine
from tests.resources import LAB, cache_folder

LESSONS = ("02_produce_and_consume", "05_connect_a_rows_way", "06_connect_when_it_stops")
FIRST_START = 1800.0  # seconds: the real images are downloaded


@dataclass(frozen=True)
class Lab:
    """A lab in containers, and the engine that it runs on."""

    home: Path
    engine: Engine

    @property
    def variables(self) -> dict[str, str]:
        return {"LAB_HOME": str(self.home), "LAB_CACHE": str(cache_folder())}

    def run(self, *words: str, timeout: float = 300.0, **variables: str) -> Finished:
        return self.engine.run(LAB, *words, timeout=timeout, **{**self.variables, **variables})

    def status(self) -> dict[str, dict[str, object]]:
        """What `lab status --json` says of each server."""
        return dict(json.loads(self.run("status", "--json").stdout)["servers"])


def everything(engine: Engine) -> set[str]:
    """Each container, volume and network of the engine."""
    asked = {"container": ("ps", "--all"), "volume": ("volume", "ls"), "network": ("network", "ls")}
    return {f"{kind} {name}" for kind, words in asked.items() for name in engine.ask(*words, "--quiet")}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if engines.answers():
        yield Engine(real=True)
    elif reason := engines.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"not run: no Docker engine answers, and {reason}"
        )
    else:
        prefix = "kafka-sync-lab-engine-"
        with (
            TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder,
            engines.made(cache_folder(), Path(folder)) as engine,
        ):
            yield engine


@pytest.fixture(scope="module")
def killed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab whose first start was killed when its database began to make the accounts."""
    lab, before = Lab(tmp_path_factory.mktemp("containers") / "home", engine), everything(engine)
    environment = {**engine.environment, **lab.variables}
    project = ComposeLab(lab.home)._project
    try:
        start = processes.start(
            engine.command(LAB, "up", "--compose"), environment=environment, output=PIPE, errors=STDOUT
        )
        wait_until(
            lambda: start.poll() is not None or _runs(engine, project, "mysql"), FIRST_START, "the database", pause=0.2
        )
        assert start.poll() is None, start.communicate()[0]
        os.killpg(start.pid, signal.SIGKILL)
        start.communicate()
        yield lab
    finally:
        done = lab.run("reset", "--yes")
        assert done.returncode == 0, done.stderr
        engine.run("docker", "image", "rm", f"{project}-connect")
    assert everything(engine) <= before


def _runs(engine: Engine, project: str, service: str) -> bool:
    labels = [
        f"--filter=label=com.docker.compose.{kind}={name}"
        for kind, name in (("project", project), ("service", service))
    ]
    return bool(engine.ask("ps", "--quiet", *labels))


@pytest.fixture(scope="module")
def lab(killed: Lab) -> Lab:
    """The same lab, started again."""
    done = killed.run("up", timeout=FIRST_START)
    assert done.returncode == 0, done.stderr
    return killed


def test_a_killed_first_start_needs_only_another(lab: Lab) -> None:
    status = lab.status()
    assert status.keys() == {"kafka", "connect", "mysql"}
    assert all(server["container"] and server["memory"] and server["uptime"] for server in status.values()), status


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_unchanged(lab: Lab, name: str) -> None:
    execute = Path(sys.executable).with_name("jupyter-execute")
    done = lab.engine.run(execute, "--timeout=120", ROOT / "notebooks" / f"{name}.ipynb", timeout=1200, **lab.variables)
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_notebook_needs_no_right_to_ask_docker(lab: Lab) -> None:
    words = "from helpers import attach; print(attach('connect', 'database').bootstrap_servers)"
    environment = {**lab.variables, "DOCKER_HOST": "unix:///nowhere"}
    done = lab.engine.run(sys.executable, "-c", words, timeout=60, **environment)
    assert done.stdout.strip() == lab.status()["kafka"]["address"], done.stderr


HOLD = """
import socket, sys, threading
held = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(flush=True)
threading.Event().wait(300)
"""


def test_a_taken_port_moves_and_the_data_stays(lab: Lab, tmp_path: Path) -> None:
    port = str(lab.status()["kafka"]["address"]).rpartition(":")[2]
    assert lab.run("down").returncode == 0
    holder = lab.engine.command(sys.executable, "-c", HOLD, port)
    output = tmp_path / "held"
    with output.open("wb") as file, Guarded(holder, output=file):
        wait_until(lambda: output.stat().st_size, 30, "the port to be taken")
        done = lab.run("up")
    assert done.returncode == 0 and f"Port {port} is used by another program" in done.stderr, done.stderr
    moved = lab.status()["kafka"]
    assert moved["container"] and not str(moved["address"]).endswith(f":{port}")
    assert "__consumer_offsets" in "".join(lab.engine.ask("exec", str(moved["container"]), "ls", "/var/lib/kafka/data"))


def test_a_reset_leaves_no_container_no_volume_and_no_network(lab: Lab) -> None:
    project = ComposeLab(lab.home)._project
    assert lab.run("reset", "--yes").returncode == 0
    label = f"label=com.docker.compose.project={project}"
    for words in (("ps", "--all", "--quiet"), ("volume", "ls", "--quiet"), ("network", "ls", "--quiet")):
        assert lab.engine.ask(*words, "--filter", label) == []
    kept = {".lock", "workspaces", "progress.json", "progress.json.lock"}  # what is the learner's, and no lab's
    assert {path.name for path in lab.home.iterdir()} <= kept


def test_an_engine_of_the_tests_ends_with_them(engine: Engine) -> None:
    if engine.real:
        pytest.skip("the engine of this computer stays")
    process = psutil.Process(int(engine.into[1].split("/")[2]))
    assert process.name() == "dockerd" and "unshare" in [parent.name() for parent in process.parents()]


def test_where_no_engine_can_be_made_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert engines.missing() == "making one needs root rights on Linux x86-64"
