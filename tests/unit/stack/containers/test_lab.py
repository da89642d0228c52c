# SPDX-License-Identifier: Apache-2.0
"""What the lab in containers asks of `docker`: to start, stop and delete, and what it says of itself."""

from __future__ import annotations

import json
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import processes, project
from helpers.attaching import attach
from helpers.connectors import debezium_sink, debezium_source, jdbc_sink
from helpers.errors import LabError, LabNotRunning, ServerFailed
from helpers.project import ROOT
from helpers.settings import Settings, settings
from helpers.stack.containers import compose
from helpers.stack.containers.compose import ComposeLab
from helpers.stack.home import secrets
from helpers.stack.home.state import State
from helpers.stack.labs import lab_in, without_containers
from helpers.stack.local import LocalLab
from tests.reports import Heard
from tests.unit.stack.containers.stand_in import EVERYTHING, Docker, settings_of

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text("utf-8")
FOREIGN = "DATABASE_URL=postgres://localhost/shop\n"


def variables(lab: ComposeLab) -> dict[str, str]:
    lines = compose.environment_file(lab.home).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_up_builds_once_and_starts(docker: Docker, here: ComposeLab) -> None:
    here.up()
    assert docker.changes() == ["build and start"]
    first = variables(here)
    docker.runs(*EVERYTHING)
    here.up()
    assert docker.changes() == ["start"]
    assert variables(here) == first


def test_every_command_names_the_lab(docker: Docker, here: ComposeLab, tmp_path: Path) -> None:
    command = here.command("ps")
    *_, verb, _, name, _, file, _, environment, last = command
    assert (verb, file, environment, last) == ("compose", str(FILE), str(here.home / ".env"), "ps")
    assert name != ComposeLab(tmp_path / "other").command("ps")[-6]


@pytest.fixture
def started(docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ComposeLab:
    """A lab that has started, with a docker-compose.yml that has changed since."""
    here.up()
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(TEXT.replace("10.9.6", "10.9.7"))
    monkeypatch.setattr(project, "part", lambda name: changed)
    return here


def test_a_changed_file_is_built_anew(docker: Docker, started: ComposeLab) -> None:
    docker.calls()
    started.up()
    assert docker.changes() == ["build and start"]


def test_what_was_not_built_is_built_by_the_next_up(docker: Docker, started: ComposeLab) -> None:
    docker.fails()
    with pytest.raises(ServerFailed):
        started.up()
    docker.answer()
    docker.calls()
    started.up()
    assert docker.changes() == ["build and start"], "the first start answered: nothing of it is deleted"
    started.up()
    assert docker.changes() == ["start"]


def test_the_environment_has_all_that_the_file_asks_for(docker: Docker, here: ComposeLab) -> None:
    here.up()
    given = variables(here)
    assert set(re.findall(r"LAB_[A-Z]+_[A-Z]+", TEXT)) == given.keys() - {"COMPOSE_PROJECT_NAME"}
    assert len({given[f"LAB_{name.upper()}_PORT"] for name in compose.TITLES}) == 3
    assert given["LAB_OWNER_PASSWORD"] == secrets.password_file(here.home, "owner").read_text()
    assert len(set(given.values())) == len(given)
    if sys.platform != "win32":
        assert compose.environment_file(here.home).stat().st_mode & 0o777 == 0o600


def test_docker_compose_by_hand_finds_the_same_project(docker: Docker, here: ComposeLab) -> None:
    here.up()
    command = here.command("ps")
    assert variables(here)["COMPOSE_PROJECT_NAME"] == command[command.index("--project-name") + 1]


def test_an_env_of_another_program_makes_no_lab_and_is_left_alone(docker: Docker, here: ComposeLab) -> None:
    here.home.mkdir()
    file = compose.environment_file(here.home)
    file.write_text(FOREIGN)
    assert isinstance(lab_in(settings_of(here)), LocalLab)
    with pytest.raises(LabError, match=r"belongs to another program.*another folder"):
        lab_in(settings_of(here), compose=True).up()
    here.reset()
    assert here.down() == [] and here.status() == {}
    assert file.read_text() == FOREIGN
    assert [path.name for path in here.home.iterdir()] == [".env"] and docker.changes() == []


def test_a_folder_named_env_makes_no_lab(docker: Docker, here: ComposeLab) -> None:
    compose.environment_file(here.home).mkdir(parents=True)
    assert isinstance(lab_in(settings_of(here)), LocalLab)
    with pytest.raises(LabError, match="belongs to another program"):
        here.up()


def test_a_taken_port_moves(docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    here.up()
    port = variables(here)["LAB_MYSQL_PORT"]
    monkeypatch.setattr(processes, "free_soon", lambda ports: {number for number in ports if str(number) != port})
    report = Heard()
    here.up(report)
    assert variables(here)["LAB_MYSQL_PORT"] != port
    assert any(f"Port {port} is used" in line for line in report.lines)


@pytest.mark.parametrize(("ran", "stopped"), [((), ["stop"]), (EVERYTHING, [])])
def test_a_failed_start_stops_what_it_started(
    docker: Docker, here: ComposeLab, ran: tuple[str, ...], stopped: list[str]
) -> None:
    here.up()
    docker.runs(*ran)
    docker.answer(ps=docker.verbs["ps"], up=(1, "", "pull failed"), logs=(0, "mysql-1 | no space left", ""))
    docker.calls()
    with pytest.raises(ServerFailed, match="no space left"):
        here.up()
    assert docker.changes() == ["start", *stopped]


def test_down_stops_and_keeps(docker: Docker, here: ComposeLab) -> None:
    assert here.down() == []
    here.up()
    docker.runs(*EVERYTHING)
    docker.calls()
    assert here.down() == ["connect", "kafka", "mysql"]
    assert docker.changes() == ["stop"]
    assert variables(here)


def test_reset_deletes_the_volumes_and_the_passwords(docker: Docker, here: ComposeLab) -> None:
    here.up()
    docker.calls()
    here.reset()
    assert docker.changes() == ["delete"]
    assert not [path for path in here.home.iterdir() if path.name != ".lock"]


def test_a_reset_that_fails_loses_nothing(docker: Docker, here: ComposeLab) -> None:
    here.up()
    docker.answer(down=(1, "", "Cannot connect to the Docker daemon"))
    with pytest.raises(LabError, match="Cannot connect to the Docker daemon"):
        here.reset()
    assert variables(here)
    assert isinstance(lab_in(settings_of(here)), ComposeLab)


def test_log(docker: Docker, here: ComposeLab) -> None:
    here.up()
    docker.answer(logs=(0, "one\ntwo", ""))
    docker.calls()
    assert here.log("connect", 7)[:2] == ["one", "two"]
    (asked,) = [call for call in docker.calls() if "logs" in call]
    assert asked[-3:] == ["--tail", "7", "connect"] and {"--no-color", "--no-log-prefix"} <= set(asked)
    with pytest.raises(LabNotRunning):
        here.log("jupyter", 7)


def test_attach_works_unchanged(docker: Docker, here: ComposeLab) -> None:
    where = Settings(here.home, here.home)
    here.up()
    with pytest.raises(LabNotRunning):
        attach(where=where)
    docker.calls()
    ports = variables(here)
    with socket.create_server(("127.0.0.1", int(ports["LAB_KAFKA_PORT"]))):
        lab = attach(where=where)
    assert docker.calls() == [], "it takes seconds, and not every user may ask"
    docker.runs(*EVERYTHING)
    assert lab.bootstrap_servers == f"127.0.0.1:{ports['LAB_KAFKA_PORT']}"
    assert lab.connect_url == f"http://127.0.0.1:{ports['LAB_CONNECT_PORT']}"
    assert lab.database and (lab.database.port, lab.database.product) == (int(ports["LAB_MYSQL_PORT"]), "mysql")
    assert Path(lab.database.password_file).read_text() == ports["LAB_OWNER_PASSWORD"]
    inside = lab.seen_by_worker
    assert (inside.bootstrap_servers, inside.connect_url) == ("kafka:19092", "http://connect:8083")
    assert inside.database and (inside.database.host, inside.database.port) == ("mysql", 3306)
    assert inside.database.password_file == "/run/secrets/owner.password"
    for config in (
        debezium_source(lab, "a", ["users"]),
        jdbc_sink(lab, "b", ["users"]),
        debezium_sink(lab, "c", ["users"]),
    ):
        assert "127.0.0.1" not in str(config) and "${dir:/run/secrets:" in str(config)
    assert list(lab.frame()["version"]) == ["4.3.0", "4.3.0", "8.4.11"]


def test_status_tells_which_containers_run(docker: Docker, here: ComposeLab) -> None:
    assert here.status() == {}
    here.up()
    docker.runs("kafka")
    docker.calls()
    status = here.status()
    assert {name: server.container for name, server in status.items()} == {
        "connect": None,
        "kafka": "kafka-012345",
        "mysql": None,
    }
    assert (status["kafka"].memory, status["mysql"].memory) == (round(512.5 * 2**20), None)
    assert 90 <= (status["kafka"].uptime or 0) < 150 and status["mysql"].uptime is None
    measured = [call for call in docker.calls() if call[0] in ("stats", "inspect")]
    assert {word for call in measured for word in call if "0123" in word} == {"kafka-012345"}, "only what runs"
    assert all("--no-stream" in call for call in measured if call[0] == "stats"), "Docker would go on for ever"


def test_the_folder_says_which_lab_it_holds(docker: Docker, here: ComposeLab, tmp_path: Path) -> None:
    assert isinstance(lab_in(settings_of(here)), LocalLab)
    assert isinstance(lab_in(settings_of(here), compose=True), ComposeLab)
    here.up()
    with pytest.raises(LabError, match=r"`\./lab plugins`"):
        without_containers(lab_in(settings_of(here)), "plugins", "Add it elsewhere.")
    other = tmp_path / "other"
    other.mkdir()
    State.new().save(other)
    with pytest.raises(LabError, match="already holds a lab without containers"):
        lab_in(replace(settings(), home=other), compose=True)


def test_what_will_be_downloaded_is_said_only_then(docker: Docker, here: ComposeLab) -> None:
    first, again = Heard(), Heard()
    here.up(first)
    docker.answer(image=(0, "\n".join(compose._images(TEXT, here._project)), ""))
    here.up(again)
    said = ["Starting the containers."]
    assert (first.lines, again.lines) == ([*said, "Docker downloads their images first, which may take minutes."], said)


def test_no_colours_reach_an_error(docker: Docker, here: ComposeLab) -> None:
    here.up()
    here.log("kafka", 3)
    (line,) = [line for line in (docker.folder / "calls").read_text().splitlines() if "logs" in line]
    assert line.index(json.dumps(["--ansi", "never", "logs"])[1:-1])
