# SPDX-License-Identifier: Apache-2.0
"""A lesson on servers that lack what it needs: one sentence in its first cell, and nothing of the servers is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.lab import Lab
from helpers.project import ROOT
from tests.notebooks.execution import remains
from tests.notebooks.lesson import Lesson

NEEDS = {
    **dict.fromkeys(("00", "01", "08", "10", "12"), "This lesson ends servers or reads their files"),
    **dict.fromkeys(("05", "06", "07", "09", "11"), "This lesson needs Kafka Connect, and no worker is known"),
}
"""What the first cell says on a Kafka that somebody else runs, which is all that the environment names."""


def first_cell(number: str) -> str:
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    return Lesson(path.name, path.read_text("utf-8")).code[0].source


@pytest.mark.parametrize("number", [*NEEDS, "02", "03", "04"])
def test_given_servers_without_connect(number: str, lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_BOOTSTRAP_SERVERS", lab.bootstrap_servers)
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    before = remains(lab)
    if number in NEEDS:
        with pytest.raises(LabError, match=NEEDS[number]) as caught:
            exec(first_cell(number), {})
        assert "\n" not in str(caught.value)
    else:
        exec(first_cell(number), {})
    assert remains(lab) == before


def test_a_worker_that_is_stopped(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.attaching.attach", lambda *needs: replace(lab, connect_url="http://127.0.0.1:9"))
    before = remains(lab)
    with pytest.raises(LabError, match=r"`\./lab up`"):
        exec(first_cell("05"), {})
    assert remains(lab) == before
