# SPDX-License-Identifier: Apache-2.0
"""The schema registry of a lab where it cannot be downloaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.errors import DownloadFailed
from helpers.settings import settings
from helpers.stack import registry
from helpers.stack.install import download
from helpers.stack.local import LocalLab
from helpers.stack.progress import Silent
from tests.unit.stack.install.repository import Repository


def test_without_a_network_one_sentence_says_so_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PAUSES", ())
    with Repository() as closed:
        nowhere = closed.url
    lab = LocalLab(replace(settings(), home=tmp_path / "home", cache=tmp_path / "cache", maven_url=nowhere))
    with pytest.raises(DownloadFailed, match=r"20 of 20 files \(164 MB\) are still missing"):
        registry.up(lab, Silent())
    assert not lab.home.exists()


def test_where_there_is_no_lab_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert not registry.down(LocalLab(replace(settings(), home=tmp_path / "home")))
    assert not (tmp_path / "home").exists()
