# SPDX-License-Identifier: Apache-2.0
"""`./lab` in a clone of its own, with a program in the place of `uv`: what a failed or missing installation keeps from whom."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers import processes
from helpers.project import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the shell's wrapper is for POSIX; Windows has lab.cmd")

UV = """
import os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    print(sys.argv[1], os.environ.get("UV_DEFAULT_INDEX", ""), file=calls)
if (here / "offline").exists():
    sys.exit("error: no network")
scripts = pathlib.Path.cwd() / ".venv" / "bin"
if sys.argv[1] == "venv":
    scripts.mkdir(parents=True)
    (scripts / "python").symlink_to(sys.executable)
else:
    (scripts / "lab").write_text(f"#!/bin/sh\\n# {scripts}\\necho ran $*\\n")
    (scripts / "lab").chmod(0o755)
"""
VERBS = [(), ("down",), ("status",), ("logs", "kafka"), ("doctor",)]
NOT_UPDATED = "The Python packages could not be updated"


@dataclass
class Clone:
    """The project as somebody has cloned it, on a machine that has `uv`."""

    folder: Path
    machine: Path

    def run(self, *arguments: str, lab: str = "", **variables: str) -> processes.Finished:
        """Run `./lab ARGUMENTS`, or `lab` in its place."""
        environment = {"PATH": str(self.machine), "HOME": str(self.machine), **variables}
        command = [lab or str(self.folder / "lab"), *arguments]
        return processes.run(command, environment=environment, timeout=60)

    def network(self, there: bool) -> None:
        """Let `uv` find the network, or not."""
        (self.machine / "offline").unlink(missing_ok=True)
        if not there:
            (self.machine / "offline").touch()

    def change(self) -> None:
        """Change pyproject.toml, as `git pull` does."""
        with (self.folder / "pyproject.toml").open("a") as file:
            file.write("# another version\n")

    def installations(self) -> list[str]:
        """Return what `uv` was asked since the last time: its verb and the index it was given."""
        file = self.machine / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line.strip() for line in lines]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone that was never run. The machine has Python, `uv`, and what every POSIX system has."""
    made = Clone(tmp_path / "clone 실습", tmp_path / "bin")
    (made.folder / "helpers").mkdir(parents=True)
    made.machine.mkdir()
    for part in ("lab", "helpers/bootstrap.py", "helpers/constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / part, made.folder / part)
    (made.machine / "uv.py").write_text(UV)
    for name, arguments in (("python3", ""), ("uv", f"'{made.machine}/uv.py'")):
        (made.machine / name).write_text(f"#!/bin/sh\nexec '{sys.executable}' {arguments} \"$@\"\n")
        (made.machine / name).chmod(0o755)
    for name in ("dirname", "readlink"):
        (made.machine / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")
    return made


@pytest.fixture
def offline(clone: Clone) -> Clone:
    """A clone that was installed, and then lost its network."""
    assert clone.run("up").stdout == "ran up\n"
    clone.network(False)
    assert clone.installations() == ["venv", "pip"]
    return clone


def test_without_a_network_the_first_start_says_what_to_do(clone: Clone) -> None:
    clone.network(False)
    done = clone.run("up")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Run ./lab again" in done.stderr and "Traceback" not in done.stderr


def test_packages_for_tests_that_cannot_be_had_keep_nobody_from_the_lab(offline: Clone) -> None:
    done = offline.run("test", "unit")
    assert (done.returncode, done.stdout) == (1, "") and "Run ./lab again" in done.stderr
    offline.installations()
    for verb in VERBS:
        done = offline.run(*verb)
        assert (done.returncode, done.stdout, done.stderr) == (0, " ".join(["ran", *verb]) + "\n", "")
    assert offline.installations() == [], "what they need is there: nothing is tried"
    offline.network(True)
    assert offline.run("test", "unit").stdout == "ran test unit\n"


def test_packages_that_cannot_be_updated_keep_nobody_from_the_lab(offline: Clone) -> None:
    """As after a `git pull` on a train."""
    offline.change()
    for verb in VERBS:
        done = offline.run(*verb)
        assert (done.returncode, done.stdout) == (0, " ".join(["ran", *verb]) + "\n")
        assert len([line for line in done.stderr.splitlines() if NOT_UPDATED in line]) == 1
    assert offline.run("test").returncode == 1, "tests of today's code want today's packages"
    offline.network(True)
    assert NOT_UPDATED not in offline.run("status").stderr
    assert offline.run("status").stderr == "", "updated once"


def test_an_update_that_was_cut_short_is_made_up_for_under_the_old_version_too(offline: Clone) -> None:
    """Some packages may be of the new version by then."""
    before = (offline.folder / "pyproject.toml").read_text()
    offline.change()
    offline.run("status")
    (offline.folder / "pyproject.toml").write_text(before)
    offline.network(True)
    offline.installations()
    assert offline.run("status").stdout == "ran status\n"
    assert offline.installations() == ["pip"]


def test_what_a_uv_has_made_that_is_gone_since_is_not_deleted(offline: Clone) -> None:
    """Such an environment has no pip. Here its Python brings none either."""
    (offline.machine / "uv").unlink()
    python = offline.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    offline.change()
    done = offline.run("status")
    assert (done.returncode, done.stdout) == (0, "ran status\n") and NOT_UPDATED in done.stderr


def test_a_clone_that_was_moved_says_what_to_do(offline: Clone) -> None:
    """What is in `.venv` names the old place: it cannot be used at the new one."""
    moved = Clone(offline.folder.rename(offline.folder.with_name("moved")), offline.machine)
    done = moved.run("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Run ./lab again" in done.stderr and "Traceback" not in done.stderr
    moved.network(True)
    assert moved.run("status").stdout == "ran status\n"


def test_a_symbolic_link_to_lab(offline: Clone, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    absolute, relative, link = tmp_path / "lab1", tmp_path / "elsewhere" / "lab2", tmp_path / "elsewhere" / "lab 3"
    absolute.symlink_to(offline.folder / "lab")
    relative.symlink_to(Path("..") / offline.folder.name / "lab")
    link.symlink_to("lab2")
    for called in (absolute, relative, link):
        assert offline.run("status", lab=str(called)).stdout == "ran status\n"


MIRROR, OTHER = "http://127.0.0.1:9/mirror", "http://127.0.0.1:9/other"


@pytest.mark.parametrize(
    ("variables", "index"),
    [
        ({"PIP_INDEX_URL": MIRROR}, MIRROR),
        ({"PIP_INDEX_URL": MIRROR, "UV_DEFAULT_INDEX": OTHER}, OTHER),
        ({"PIP_INDEX_URL": MIRROR, "UV_INDEX_URL": OTHER}, ""),
    ],
)
def test_uv_gets_the_index_that_pip_is_set_to(clone: Clone, variables: dict[str, str], index: str) -> None:
    clone.run("up", **variables)
    assert clone.installations()[-1] == f"pip {index}".strip()


@pytest.mark.parametrize(("setting", "index"), [("index-url", MIRROR), ("timeout", "")])
def test_pip_s_own_file_counts_too(clone: Clone, tmp_path: Path, setting: str, index: str) -> None:
    if processes.run([sys.executable, "-m", "pip", "--version"], timeout=60).returncode:
        pytest.skip("not run: this Python has no pip to ask")
    (tmp_path / "pip.conf").write_text(f"[global]\n{setting} = {index or 9}\n")
    clone.run("up", PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert clone.installations()[-1] == f"pip {index}".strip()
