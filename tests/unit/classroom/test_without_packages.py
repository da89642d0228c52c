# SPDX-License-Identifier: Apache-2.0
"""Without the packages for a class: every other verb works, and so does the end of a class."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers import processes

RUN = """
import sys
for name in ("certipy", "jupyterhub", "jupyterhub_traefik_proxy", "tornado.web"):
    sys.modules[name] = None
sys.argv = ["lab", *sys.argv[1:]]
from helpers.command import cli
cli.main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "class"),
        (["class", "--help"], 0, "roster"),
        (["class", "down"], 0, "No class was running."),
        (["class", "roster", "--json"], 0, '"learners": []'),
        (["class", "status"], 3, "Start it: `./lab class up`."),
        (["class", "up"], 1, "A class needs packages that are not installed: jupyterhub, jupyterhub_traefik_proxy."),
    ],
)
def test_a_learner_alone_needs_no_package_of_a_class(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    variables = {"LAB_HOME": str(tmp_path / "home"), "LAB_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    done = processes.run([sys.executable, "-c", RUN, *arguments], environment=variables, timeout=120)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
