"""docker-compose.yml against the lab without containers; the commands that would be run, on a stand-in.

No container engine is needed, and none is used: what Docker makes of these commands is not shown here.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers import project
from helpers.command import doctor
from helpers.command.doctor import Finding
from helpers.connectors import debezium_sink, debezium_source, jdbc_sink
from helpers.errors import LabError, LabNotRunning, ServerFailed, Unsupported
from helpers.lab import attach
from helpers.project import ROOT
from helpers.settings import Settings
from helpers.stack.containers import compose
from helpers.stack.containers import docker as engine
from helpers.stack.containers.compose import ComposeLab
from helpers.stack.home import secrets
from helpers.stack.home.accounts import ACCOUNTS, accounts_sql
from helpers.stack.home.state import State
from helpers.stack.install import pin
from helpers.stack.install.database import Installation
from helpers.stack.labs import lab_in, read_log, without_containers
from helpers.stack.local import LocalLab
from helpers.stack.servers.java import Java, properties
from helpers.stack.servers.kafka import Kafka
from helpers.stack.servers.mysql import MySQL
from helpers.stack.servers.worker import Worker

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text("utf-8")
CONTENT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
DOCKERFILE: str = SERVICES["connect"]["build"]["dockerfile_inline"]
JAVA = Java([], Path("caches"))


def images() -> list[str]:
    named = [service["image"] for service in SERVICES.values() if "image" in service]
    return named + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)


def test_every_image_has_a_version() -> None:
    assert len(images()) == 5
    for image in images():
        assert re.search(r":\d+\.\d+\.\d+", image), image


def test_every_download_has_a_version() -> None:
    coordinates = re.findall(r"-Dartifact=(\S+)", DOCKERFILE) + re.findall(r"install --no-prompt (\S+)", DOCKERFILE)
    assert len(coordinates) == 4
    for coordinate in coordinates:
        assert re.search(r":\d+\.\d+\.\d+", coordinate), coordinate
    assert re.search(r"confluentinc/kafka-connect-jdbc:10\.\d+\.\d+", DOCKERFILE)


def test_versions_are_those_of_the_lab_without_containers() -> None:
    kafka = next(coordinate for coordinate in pin.KAFKA if ":kafka_2.13:" in coordinate).split(":")[2]
    assert compose.versions(TEXT) == {"connect": kafka, "kafka": kafka, "mysql": "8.4.11"}
    assert re.findall(r"apache/kafka:(\S+)|connect-file-([\d.]+)\.jar", TEXT) == [(kafka, ""), (kafka, ""), ("", kafka)]
    jdbc = next(plugin for plugin in pin.PLUGINS if "connector-jdbc" in plugin)
    for plugin in (jdbc, *pin.MYSQL_PLUGINS):
        assert f"-Dartifact={plugin} " in DOCKERFILE


def test_every_port_is_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items()}
    assert ports.keys() == compose.TITLES.keys()
    for name, (port,) in ports.items():
        assert re.fullmatch(rf"127\.0\.0\.1:\$\{{LAB_{name.upper()}_PORT:\?\}}:\d+", port)
    assert not any("network_mode" in service for service in SERVICES.values())


def test_no_password_stands_in_the_file() -> None:
    identified = re.findall(r"IDENTIFIED BY '(.*)'", TEXT)
    assert identified == [f"${{LAB_{name.upper()}_PASSWORD:?}}" for name in ("owner", "source", "sink", "service")]
    assert all(secret.keys() == {"environment"} for secret in CONTENT["secrets"].values())
    values = {
        value for service in SERVICES.values() for key, value in service["environment"].items() if "PASSWORD" in key
    }
    assert values == {f"{compose.SECRETS}/root.password"}
    assert re.findall(r"MYSQL_PWD=(\S+ \S+)", TEXT) == [f'"$$(cat {compose.SECRETS}/owner.password)"']


def test_each_container_gets_the_passwords_it_needs_and_none_in_its_environment() -> None:
    given = {name: set(service.get("secrets", [])) for name, service in SERVICES.items()}
    assert given == {
        "kafka": set(),
        "connect": {"source.password", "sink.password"},
        "mysql": {"root.password", "owner.password"},
    }
    for service in SERVICES.values():
        assert not [value for value in service["environment"].values() if "_PASSWORD" in str(value)]


def test_health_and_order() -> None:
    assert all(service["healthcheck"]["test"] for service in SERVICES.values())
    assert SERVICES["connect"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("kafka", "mysql")}


def test_what_is_kept_is_in_volumes() -> None:
    mounts = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert mounts == set(CONTENT["volumes"]) == {"kafka-data", "mysql-data"}


def test_one_listener_for_this_machine_and_one_for_containers() -> None:
    environment = SERVICES["kafka"]["environment"]
    advertised = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised == {"HOST": "127.0.0.1:${LAB_KAFKA_PORT:?}", "CONTAINERS": compose.INSIDE["kafka"]}
    assert environment["KAFKA_INTER_BROKER_LISTENER_NAME"] == "CONTAINERS"


def test_kafka_is_set_as_without_containers(tmp_path: Path) -> None:
    settings = Kafka(tmp_path, 9092, controller_port=9093, cluster_id="x", version="4", java=JAVA).settings()
    places = {"listeners", "log.dirs"}
    here = {
        f"KAFKA_{key.upper().replace('.', '_')}": str(value) for key, value in settings.items() if key not in places
    }
    there = {key: str(value) for key, value in SERVICES["kafka"]["environment"].items()}
    assert here.items() <= there.items()


def test_the_worker_is_set_as_without_containers(tmp_path: Path) -> None:
    worker = Worker(
        tmp_path,
        8083,
        bootstrap_servers=compose.INSIDE["kafka"],
        plugin_path=[],
        secrets=Path(compose.SECRETS),
        version="4",
        java=JAVA,
    )
    here = set(properties(worker.settings()).splitlines())
    there = set(CONTENT["configs"]["connect.properties"]["content"].splitlines())
    assert {line.partition("=")[0] for line in here ^ there} <= {
        "listeners",
        "plugin.path",
        "rest.advertised.host.name",
        "config.providers.dir.param.allowed.paths",  # a Windows path is escaped
    }
    assert f"config.providers.dir.param.allowed.paths={compose.SECRETS}" in there


def test_the_accounts_may_do_what_they_may_without_containers() -> None:
    words = {name: f"${{LAB_{name.upper()}_PASSWORD:?}}" for name in ACCOUNTS}
    here = [line.replace("127.0.0.1", "%") for line in accounts_sql(words).splitlines() if "'root'" not in line]
    there = CONTENT["configs"]["accounts.sql"]["content"].splitlines()
    assert [line for line in here if line.startswith(("CREATE", "GRANT"))] == there


def test_the_database_logs_what_capture_reads(tmp_path: Path) -> None:
    server = MySQL(tmp_path, 1, installation=Installation(Path("m"), Path("s")), version="8.4.2", passwords={})
    shared = [
        str(part)
        for part in server.command()
        if re.match(r"--(server-id|log-bin|binlog-row|default-time|character-set-s|performance)", str(part))
    ]
    assert len(shared) == 7
    assert set(shared) <= set(SERVICES["mysql"]["command"])


DOCKER = """
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
for verb, (code, out, err) in json.loads((folder / "answers").read_text()).items():
    if verb in arguments:
        sys.stdout.buffer.write(out.encode())
        print(err, end="", file=sys.stderr)
        sys.exit(code)
"""


@dataclass
class Docker:
    """A program that answers as `docker` would and keeps what it was asked."""

    folder: Path

    def answer(self, **verbs: tuple[int, str, str]) -> None:
        usual = {"--short": (0, "v2.40.3\n", ""), "version": (0, "28.2.2\n", ""), "ps": (0, "", "")}
        self.verbs = usual | verbs
        (self.folder / "answers").write_text(json.dumps(self.verbs))

    def calls(self) -> list[list[str]]:
        """Return the calls since the last time, those to `docker compose` without what names the lab."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        calls = [json.loads(line) for line in lines]
        return [call[:1] + call[7:] if "--project-name" in call else call for call in calls]

    def fails(self, **verbs: tuple[int, str, str]) -> None:
        """Let `docker compose up` fail from now on, and these verbs answer so."""
        self.answer(**{"up": (1, "", "pull failed"), "logs": (0, "", "")} | verbs)

    def runs(self, *services: str) -> None:
        """Let these services run in containers: for a minute and a half, in 512.5 MiB."""
        started = (datetime.now(UTC) - timedelta(seconds=90)).isoformat()
        ids = [f"{name}-0123456789abcdef" for name in services]
        lines = [json.dumps({"Service": name, "ID": f"{name}-0123456789", "State": "running"}) for name in services]
        self.answer(
            ps=(0, "\n".join(lines), ""),
            stats=(0, "\n".join(f"{id_[:12]} 512.5MiB / 7.6GiB" for id_ in ids), ""),
            inspect=(0, "\n".join(f"{id_} {started}" for id_ in ids), ""),
        )


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "engine"
    folder.mkdir()
    (folder / "docker.py").write_text(DOCKER)
    monkeypatch.setattr(engine, "program", lambda: [sys.executable, str(folder / "docker.py")])
    stand_in = Docker(folder)
    stand_in.answer()
    return stand_in


@pytest.fixture
def here(tmp_path: Path) -> ComposeLab:
    return ComposeLab(tmp_path / "home")


def quiet(line: str) -> None: ...


CHECK = [["compose", "version", "--short"], ["version", "--format", "{{.Server.Version}}"]]
DOWN = ["compose", "down", "--volumes", "--remove-orphans"]
LOGS = ["compose", "logs", "--no-color", "mysql"]
END = ["compose", "logs", "--no-color", "--tail", "12"]
UP = ["compose", "up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", "600"]
PS = ["compose", "ps", "--format", "json"]
STOP = ["compose", "stop"]
EVERYTHING = ("kafka", "connect", "mysql")


def variables(lab: ComposeLab) -> dict[str, str]:
    lines = compose.environment_file(lab.home).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_up_builds_once_and_starts(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    assert docker.calls() == [*CHECK, [*UP, "--build"]]
    first = variables(here)
    docker.runs(*EVERYTHING)
    here.up(quiet)
    assert docker.calls() == [*CHECK, PS, UP]
    assert variables(here) == first


def test_every_command_names_the_lab(docker: Docker, here: ComposeLab, tmp_path: Path) -> None:
    command = here.command("ps")
    *_, verb, _, name, _, file, _, environment, last = command
    assert (verb, file, environment, last) == ("compose", str(FILE), str(here.home / ".env"), "ps")
    assert name != ComposeLab(tmp_path / "other").command("ps")[-6]


@pytest.fixture
def started(docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ComposeLab:
    """A lab that has started, with a docker-compose.yml that has changed since."""
    here.up(quiet)
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(TEXT.replace("10.9.6", "10.9.7"))
    monkeypatch.setattr(project, "part", lambda name: changed)
    return here


def test_a_changed_file_is_built_anew(docker: Docker, started: ComposeLab) -> None:
    docker.calls()
    started.up(quiet)
    assert docker.calls()[-1] == [*UP, "--build"]


def test_what_was_not_built_is_built_by_the_next_up(docker: Docker, started: ComposeLab) -> None:
    docker.fails()
    with pytest.raises(ServerFailed):
        started.up(quiet)
    docker.answer()
    docker.calls()
    started.up(quiet)
    assert docker.calls() == [*CHECK, PS, [*UP, "--build"]], "the first start answered: nothing of it is deleted"
    started.up(quiet)
    assert docker.calls()[-1] == UP


class Killed(BaseException):
    """As a SIGKILL ends the `lab` command: nothing is done after it."""


def kill_at_up(here: ComposeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first `lab up` end where it would start the containers."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(here, "_start", killed)
        patch.setattr(here, "_compose", killed)
        here.up(quiet)


def test_a_first_start_that_was_cut_short_begins_afresh(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at_up(here, monkeypatch)
    assert isinstance(lab_in(here.home, here.home), ComposeLab)
    docker.answer(logs=(0, "mysql-1  | [Note] [Entrypoint]: Initializing database files", ""))
    docker.calls()
    said: list[str] = []
    here.up(said.append)
    assert docker.calls() == [*CHECK, LOGS, DOWN, PS, [*UP, "--build"]]
    assert said[0] == "The first start was cut short; what it has left is deleted."
    here.up(quiet)
    assert docker.calls() == [*CHECK, PS, UP]


def test_a_first_start_that_failed_begins_afresh_each_time(docker: Docker, here: ComposeLab) -> None:
    docker.fails()
    for afresh in ([], [LOGS, DOWN], [LOGS, DOWN]):
        with pytest.raises(ServerFailed):
            here.up(quiet)
        assert docker.calls() == [*CHECK, *afresh, *([PS] if afresh else []), [*UP, "--build"], END, STOP]


def test_containers_that_outlived_the_command_that_started_them_keep_their_data(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at_up(here, monkeypatch)
    docker.fails(logs=(0, "mysql-1  | [Note] [Entrypoint]: MySQL init process done. Ready for start up.", ""))
    docker.calls()
    with pytest.raises(ServerFailed):
        here.up(quiet)
    assert docker.calls() == [*CHECK, LOGS, PS, [*UP, "--build"], END, STOP]
    docker.answer(logs=(0, "a container made anew has another log", ""))
    here.up(quiet)
    assert docker.calls() == [*CHECK, PS, [*UP, "--build"]]


def test_the_environment_has_all_that_the_file_asks_for(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    given = variables(here)
    assert set(re.findall(r"LAB_[A-Z]+_[A-Z]+", TEXT)) == given.keys() - {"COMPOSE_PROJECT_NAME"}
    assert len({given[f"LAB_{name.upper()}_PORT"] for name in compose.TITLES}) == 3
    assert given["LAB_OWNER_PASSWORD"] == secrets.password_file(here.home, "owner").read_text()
    assert len(set(given.values())) == len(given)
    if sys.platform != "win32":
        assert compose.environment_file(here.home).stat().st_mode & 0o777 == 0o600


def test_docker_compose_by_hand_finds_the_same_project(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    command = here.command("ps")
    assert variables(here)["COMPOSE_PROJECT_NAME"] == command[command.index("--project-name") + 1]


FOREIGN = "DATABASE_URL=postgres://localhost/shop\n"


def test_an_env_of_another_program_makes_no_lab_and_is_left_alone(docker: Docker, here: ComposeLab) -> None:
    here.home.mkdir()
    file = compose.environment_file(here.home)
    file.write_text(FOREIGN)
    assert isinstance(lab_in(here.home, here.home), LocalLab)
    with pytest.raises(LabError, match=r"another program's.*another folder"):
        lab_in(here.home, here.home, compose=True).up(quiet)
    here.reset()
    assert here.down() == [] and here.status() == {}
    assert file.read_text() == FOREIGN
    assert [path.name for path in here.home.iterdir()] == [".env"] and docker.calls() == []


def test_a_folder_named_env_makes_no_lab(docker: Docker, here: ComposeLab) -> None:
    compose.environment_file(here.home).mkdir(parents=True)
    assert isinstance(lab_in(here.home, here.home), LocalLab)
    with pytest.raises(LabError, match="another program's"):
        here.up(quiet)


def test_a_taken_port_moves(docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    here.up(quiet)
    port = variables(here)["LAB_MYSQL_PORT"]
    monkeypatch.setattr(compose, "can_bind", lambda number: str(number) != port)
    said: list[str] = []
    here.up(said.append)
    assert variables(here)["LAB_MYSQL_PORT"] != port
    assert any(f"Port {port} is taken" in line for line in said)


@pytest.mark.parametrize(("ran", "stopped"), [((), [STOP]), (EVERYTHING, [])])
def test_a_failed_start_stops_what_it_started(
    docker: Docker, here: ComposeLab, ran: tuple[str, ...], stopped: list[list[str]]
) -> None:
    here.up(quiet)
    docker.runs(*ran)
    docker.answer(ps=docker.verbs["ps"], up=(1, "", "pull failed"), logs=(0, "mysql-1 | no space left", ""))
    docker.calls()
    with pytest.raises(ServerFailed, match="no space left"):
        here.up(quiet)
    assert docker.calls() == [*CHECK, PS, UP, END, *stopped]


def test_down_stops_and_keeps(docker: Docker, here: ComposeLab) -> None:
    assert here.down() == []
    here.up(quiet)
    docker.runs(*EVERYTHING)
    docker.calls()
    assert here.down() == ["connect", "kafka", "mysql"]
    assert docker.calls() == [PS, STOP]
    assert variables(here)


def test_reset_deletes_the_volumes_and_the_passwords(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    docker.calls()
    here.reset()
    assert docker.calls() == [DOWN]
    assert not [path for path in here.home.iterdir() if path.name != ".lock"]


def test_a_reset_that_fails_loses_nothing(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    docker.answer(down=(1, "", "Cannot connect to the Docker daemon"))
    with pytest.raises(LabError, match="Cannot connect to the Docker daemon"):
        here.reset()
    assert variables(here)
    assert isinstance(lab_in(here.home, here.home), ComposeLab)


def test_log(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    docker.answer(logs=(0, "one\ntwo", ""))
    docker.calls()
    assert read_log(here, "connect", 7)[:2] == ["one", "two"]
    assert docker.calls() == [["compose", "logs", "--no-color", "--no-log-prefix", "--tail", "7", "connect"]]
    with pytest.raises(LabNotRunning):
        read_log(here, "jupyter", 7)


def test_attach_works_unchanged(docker: Docker, here: ComposeLab) -> None:
    where = Settings(here.home, here.home, None, None, None, None)
    here.up(quiet)
    with pytest.raises(LabNotRunning):
        attach(where)
    docker.runs(*EVERYTHING)
    lab, ports = attach(where), variables(here)
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
    here.up(quiet)
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
    weigh = ["stats", "--no-stream", "--format", "{{.ID}} {{.MemUsage}}", "kafka-012345"]
    assert docker.calls() == [PS, weigh, ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "kafka-012345"]]


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
    ],
)
def test_an_unfit_docker_is_told_before_anything_is_made(
    docker: Docker, here: ComposeLab, answers: dict[str, Any], kind: type[LabError], said: str
) -> None:
    docker.answer(**answers)
    with pytest.raises(kind, match=said):
        here.up(quiet)
    assert not here.home.exists()


def test_no_docker_at_all(here: ComposeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="No `docker` command"):
        here.up(quiet)


def test_an_engine_of_25_is_new_enough(docker: Docker) -> None:
    docker.answer(version=(0, "25.0.0-beta.1\n", ""))
    assert engine.check_engine() == "Docker Engine 25.0.0-beta.1, Compose v2.40.3"


def test_the_file_names_what_it_needs() -> None:
    compose_needed, engine_needed = (".".join(map(str, oldest)) for oldest in engine._OLDEST.values())
    assert f"It needs Docker Compose {compose_needed} and Docker Engine {engine_needed}, or newer." in TEXT


def found(here: ComposeLab) -> dict[str, Finding]:
    """What `lab doctor` says of each subject, which it tells once."""
    findings = doctor.examine(Settings(here.home, here.home / "cache", None, None, None, None))
    subjects = {finding.subject: finding for finding in findings}
    assert len(subjects) == len(findings)
    return subjects


def test_the_doctor_looks_at_docker_and_at_no_database_of_this_machine(
    docker: Docker, here: ComposeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_to_download(lab: LocalLab) -> None:
        raise Unsupported("There is no MariaDB to download for this platform.")

    monkeypatch.setattr(LocalLab, "own_database", nothing_to_download)
    assert not found(here)["Database"].well
    here.up(quiet)
    docker.runs(*EVERYTHING)
    subjects = found(here)
    assert subjects.keys() & {"Database", "Downloads", "Disk for downloads"} == set()
    assert (subjects["Docker"].well, subjects["Docker"].found) == (True, "Docker Engine 28.2.2, Compose v2.40.3")
    assert subjects["MySQL"].found.startswith("container mysql-012345 at 127.0.0.1:")
    assert subjects["Lab"].well and subjects["Memory"].well


@pytest.mark.parametrize(
    ("answers", "subject", "said"),
    [
        (
            {"version": (1, "", "Is the daemon running?"), "ps": (1, "", "no daemon")},
            "Docker",
            "Is the daemon running?",
        ),
        ({"ps": (1, "", "no such option")}, "Servers", "no such option"),
    ],
)
def test_the_doctor_tells_once_what_is_wrong_with_docker(
    docker: Docker, here: ComposeLab, answers: dict[str, tuple[int, str, str]], subject: str, said: str
) -> None:
    here.up(quiet)
    docker.answer(**answers)
    wrong = [finding for name, finding in found(here).items() if not finding.well and name != "Memory"]
    assert [finding.subject for finding in wrong] == [subject]
    assert said in wrong[0].found and wrong[0].remedy


def test_the_doctor_tells_once_of_a_damaged_state(docker: Docker, here: ComposeLab) -> None:
    here.up(quiet)
    (here.home / "lab.json").write_text('{"ports": ')
    wrong = [name for name, finding in found(here).items() if not finding.well and name != "Memory"]
    assert wrong == ["Lab"]


def test_the_folder_says_which_lab_it_holds(docker: Docker, here: ComposeLab, tmp_path: Path) -> None:
    assert isinstance(lab_in(here.home, tmp_path), LocalLab)
    assert isinstance(lab_in(here.home, tmp_path, compose=True), ComposeLab)
    here.up(quiet)
    with pytest.raises(LabError, match="`lab plugins`"):
        without_containers(lab_in(here.home, tmp_path), "plugins")
    other = tmp_path / "other"
    other.mkdir()
    State.new().save(other)
    with pytest.raises(LabError, match="one without containers"):
        lab_in(other, tmp_path, compose=True)


def test_the_doctor_sends_windows_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    where = Settings(tmp_path, tmp_path, None, None, None, None)
    assert list(doctor._system(where)) == []
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    [finding] = doctor._system(where)
    assert not finding.well and "WSL2" in finding.remedy
