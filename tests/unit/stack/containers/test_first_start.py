# SPDX-License-Identifier: Apache-2.0
"""A first start of containers that was cut short or failed: what it has left is deleted, unless it came to its end."""

from __future__ import annotations

import pytest

from helpers.errors import ServerFailed
from helpers.stack.containers.compose import ComposeLab
from helpers.stack.labs import lab_in
from tests.reports import Heard
from tests.unit.stack.containers.stand_in import Docker, settings_of


class Killed(BaseException):
    """As a SIGKILL ends the `lab` command: nothing is done after it."""


def kill_at_up(here: ComposeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first `lab up` end where it would start the containers."""

    def killed(*_: object, **__: object) -> None:
        patch.setattr(here, "_compose", killed)  # nothing is asked of Docker from here on
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(here, "_start", killed)
        here.up()


def test_a_first_start_that_was_cut_short_begins_afresh(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at_up(here, monkeypatch)
    assert isinstance(lab_in(settings_of(here)), ComposeLab)
    docker.answer(logs=(0, "mysql-1  | [Note] [Entrypoint]: Initializing database files", ""))
    docker.calls()
    report = Heard()
    here.up(report)
    assert docker.changes() == ["delete", "build and start"]
    assert report.lines[0] == "The first start was interrupted. Deleting what it left."
    here.up()
    assert docker.changes() == ["start"]


def test_a_first_start_that_failed_begins_afresh_each_time(docker: Docker, here: ComposeLab) -> None:
    docker.fails()
    for afresh in ([], ["delete"], ["delete"]):
        with pytest.raises(ServerFailed):
            here.up()
        assert docker.changes() == [*afresh, "build and start", "stop"]


def test_containers_that_outlived_the_command_that_started_them_keep_their_data(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at_up(here, monkeypatch)
    docker.fails(logs=(0, "mysql-1  | [Note] [Entrypoint]: MySQL init process done. Ready for start up.", ""))
    docker.calls()
    with pytest.raises(ServerFailed):
        here.up()
    assert docker.changes() == ["build and start", "stop"]
    docker.answer(logs=(0, "a container made again has another log", ""))
    here.up()
    assert docker.changes() == ["build and start"]
