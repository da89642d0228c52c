# SPDX-License-Identifier: Apache-2.0
"""The `docker` of this computer: whether it will do, and how it says what its containers take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.errors import LabError, Unsupported
from helpers.stack.containers import docker as engine
from helpers.stack.containers.compose import ComposeLab
from tests.unit.stack.containers.stand_in import Docker


@pytest.mark.parametrize(
    ("said", "size"),
    [("0B", 0), ("1.5KiB", 1536), ("293.4MiB", round(293.4 * 2**20)), ("1.2GiB", round(1.2 * 2**30)), ("--", None)],
)
def test_docker_s_way_to_say_bytes(said: str, size: int | None) -> None:
    assert engine._bytes(said) == size


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ({"--short": (0, "2.20.1", "")}, Unsupported, "Docker Compose 2.20.1 is too old.*2.24 or newer"),
        ({"--short": (1, "", "unknown flag: --short")}, Unsupported, "has no Compose"),
        ({"version": (1, "", "Is the daemon running?")}, LabError, "Is the daemon running"),
        ({"version": (0, "24.0.9\n", "")}, Unsupported, "Docker Engine 24.0.9 is too old.*25 or newer"),
        ({"version": (0, "20.10.24+dfsg1\n", "")}, Unsupported, "Docker Engine 20.10.24"),
        ({"version": (0, "Podman Engine 5.4.2", "")}, Unsupported, "is Podman.*needs no containers"),
        ({"--short": (125, "", "no provider"), "version": (0, "Podman 5.4.2", "")}, Unsupported, "is Podman"),
    ],
)
def test_an_unfit_docker_is_told_before_anything_is_made(
    docker: Docker, here: ComposeLab, answers: dict[str, Any], kind: type[LabError], said: str
) -> None:
    docker.answer(**answers)
    with pytest.raises(kind, match=said):
        here.up()
    assert not here.home.exists() and docker.changes() == []


def test_no_docker_at_all(here: ComposeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="No `docker` command"):
        here.up()


def test_an_engine_of_25_is_new_enough(docker: Docker) -> None:
    docker.answer(version=(0, "25.0.0-beta.1\n", ""))
    assert engine.check_engine() == "Docker Engine 25.0.0-beta.1, Compose v2.40.3"
