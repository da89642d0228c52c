# SPDX-License-Identifier: Apache-2.0
"""Other ways to get the packages: conda's environment.yml and the development container, against pyproject.toml."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import yaml

from helpers import processes
from helpers.project import ROOT
from helpers.stack.containers import compose


def test_conda_takes_its_packages_from_pyproject() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-e .[class,test]"]}, "what pip installs is pinned in pyproject.toml and nowhere else"
    python, mysql = (next(name for name in conda if name.startswith(f"{it}=")) for it in ("python", "mysql-server"))
    assert [name for name in conda if name not in (python, mysql)] == ["pip"]
    series = compose.versions((ROOT / "docker-compose.yml").read_text("utf-8"))["mysql"].rpartition(".")[0]
    assert re.fullmatch(rf"mysql-server={re.escape(series)}\.\d+", mysql), "the series that the lab in containers runs"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert all(re.search(r"==\d", dependency) for dependency in project["dependencies"])
    oldest = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    assert tuple(map(int, python.removeprefix("python=").split("."))) >= oldest


def test_the_devcontainer_needs_no_account() -> None:
    content = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert re.fullmatch(r"python:3\.\d+-\w+", content["image"])
    assert content["postCreateCommand"][2].startswith("./lab doctor ")
    assert content["postStartCommand"] == ["./lab", "up"]
    assert content["init"] is True and content["forwardPorts"] == [8888], "JupyterLab's port, unless it is taken"


def test_a_finding_of_the_doctor_does_not_keep_the_container_from_starting(tmp_path: Path) -> None:
    content = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    (tmp_path / "lab").write_text("#!/bin/sh\necho PROBLEM\nexit 1\n")
    (tmp_path / "lab").chmod(0o755)
    done = processes.run(content["postCreateCommand"], cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout[:8]) == (0, "PROBLEM\n")


CONSTRAINTS = (ROOT / "helpers" / "constraints.txt").read_text("utf-8")
PINNED = {
    pin: count.count("--hash=sha256:") for pin, count in re.findall(r"^(\S+==\S+)(.*(?:\n +.*)*)", CONSTRAINTS, re.M)
}
"""Each package with its version, and of how many files the hash is known. One may be there twice, for two versions of Python."""


def canonical(name: str) -> str:
    """Return `name` as the package indexes write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_is_pinned_with_the_hashes_of_its_files() -> None:
    assert all(PINNED.values()), "uv compares a file with these"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(it for extra in project["optional-dependencies"].values() for it in extra)]
    direct = {re.sub(r"\[.*\]|;.*| ", "", line) for line in wanted}
    assert not direct - PINNED.keys(), "run the command in its first lines"


def test_what_is_installed_is_what_is_pinned() -> None:
    """A package that no line pins would be another one next month."""
    there = {f"{canonical(it.name)}=={it.version}" for it in metadata.distributions()}
    ours = {"kafka-sync-lab", "pip", "uv", "setuptools"}  # the project, and what installs it
    assert {it for it in there - PINNED.keys() if it.partition("==")[0] not in ours} == set()
