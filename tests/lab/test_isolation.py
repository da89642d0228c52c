# SPDX-License-Identifier: Apache-2.0
"""Labs keep to themselves: their own ports, files, passwords; they listen on loopback only and show no secret."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import psutil
import pymysql
import pytest

from helpers import processes, topics
from helpers.connect import ConnectClient
from tests.resources import LAB, SERVERS, OwnLab, cache_folder

NOBODY_LISTENS = "http://127.0.0.1:9"


def _status(own: OwnLab) -> dict[str, object]:
    content: dict[str, object] = json.loads(own.run("status", "--json").stdout)
    return content


def _passwords(own: OwnLab) -> list[str]:
    return list(own.passwords().values())


def test_two_labs_side_by_side_and_one_goes_down_twice(own_lab: OwnLab, new_lab: OwnLab) -> None:
    first = own_lab.pids()
    assert new_lab.run("down").returncode == 0, "there is none yet"
    new_lab.up()
    ports = [json.loads((own.home / "lab.json").read_text())["ports"] for own in (own_lab, new_lab)]
    assert not set(ports[0].values()) & set(ports[1].values())
    assert _status(own_lab)["bootstrap_servers"] != _status(new_lab)["bootstrap_servers"]
    assert new_lab.run("down").returncode == 0
    again = new_lab.run("down")
    assert (again.returncode, again.stderr.strip()) == (0, "No server was running.")
    assert own_lab.pids() == first


def test_nothing_listens_off_loopback(own_lab: OwnLab) -> None:
    listening = {
        connection.laddr.ip
        for pid in own_lab.pids().values()
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"} and listening


def test_secrets_are_readable_by_their_owner_only(own_lab: OwnLab) -> None:
    assert len(set(_passwords(own_lab))) == len(_passwords(own_lab)) == 6
    for path in (own_lab.home, own_lab.home / "secrets", own_lab.home / "passwords"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (*own_lab.home.glob("*/*.password"), *own_lab.home.glob("connect/*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_password_in_files_command_lines_or_answers(own_lab: OwnLab) -> None:
    assert own_lab.files_with_a_password() == set()
    seen = [own_lab.run("status", "--json").stdout]
    seen += [" ".join(psutil.Process(pid).cmdline()) for pid in own_lab.pids().values()]
    for password in _passwords(own_lab):
        assert not any(password in text for text in seen)


@pytest.mark.parametrize(
    ("account", "statement", "allowed"),
    [
        ("owner", "CREATE TABLE mydb1.rights_a (id int)", True),
        ("owner", "DROP TABLE mydb1.rights_a", True),
        ("owner", "SELECT * FROM mysql.global_priv", False),
        ("source", "SHOW MASTER STATUS", True),
        ("source", "CREATE TABLE mydb1.rights_b (id int)", False),
        ("sink", "CREATE TABLE mydb2.rights_c (id int)", True),
        ("sink", "SELECT * FROM mydb1.rights_a", False),
        ("service", "CREATE TABLE mydb1.rights_d (id int)", False),
    ],
)
def test_each_account_may_do_what_it_needs_and_no_more(
    own_lab: OwnLab, account: str, statement: str, allowed: bool
) -> None:
    database = _status(own_lab)["database"]
    assert isinstance(database, dict)
    password = own_lab.passwords()[account]
    with (
        pymysql.connect(host=database["host"], port=database["port"], user=account, password=password) as connection,
        connection.cursor() as cursor,
    ):
        if allowed:
            cursor.execute(statement)
        else:
            with pytest.raises(pymysql.MySQLError, match="denied"):
                cursor.execute(statement)


def test_status_json_has_the_keys_that_scripts_rely_on(own_lab: OwnLab) -> None:
    content = _status(own_lab)
    assert {"bootstrap_servers", "connect_url", "database", "home", "servers", "worker_secrets"} <= set(content)
    assert content["connect_user"] == "lab"
    assert Path(str(content["connect_password_file"])).read_text() == own_lab.passwords()["connect"]
    database, servers = content["database"], content["servers"]
    assert isinstance(database, dict) and isinstance(servers, dict)
    assert set(database) >= {"host", "port", "name", "user", "password_file"}
    assert set(servers) == set(SERVERS)
    for server in servers.values():
        assert {"version", "address", "pid", "memory", "uptime", "log"} <= set(server)
        assert Path(server["log"]).exists()


def test_starts_offline_from_a_cache_that_was_moved(new_lab: OwnLab, tmp_path: Path) -> None:
    moved = OwnLab(new_lab.home, tmp_path / "moved cache")
    shutil.copytree(cache_folder(), moved.cache, copy_function=os.link)
    # No server answers at the address of the downloads. The proxy for the internet must not be used for loopback.
    done = moved.up(
        LAB_MAVEN_URL=NOBODY_LISTENS, HTTP_PROXY=NOBODY_LISTENS, http_proxy=NOBODY_LISTENS, HTTPS_PROXY=NOBODY_LISTENS
    )
    assert "Downloading" not in done.stderr
    assert moved.run("down").returncode == 0


def test_without_cache_and_network_the_error_says_how_to_go_on(new_lab: OwnLab, tmp_path: Path) -> None:
    empty = OwnLab(new_lab.home, tmp_path / "empty cache")
    done = empty.run("up", LAB_MAVEN_URL=NOBODY_LISTENS)
    assert done.returncode == 5
    assert "could not be downloaded" in done.stderr and "Traceback" not in done.stderr


def test_reset_forgets_everything_but_the_cache(new_lab: OwnLab) -> None:
    new_lab.up()
    lab = new_lab.attach()
    topics.create(lab, "to-be-forgotten")
    old = _passwords(new_lab)
    assert new_lab.run("reset", "--yes").returncode == 0
    assert new_lab.processes() == []
    new_lab.up()
    lab = new_lab.attach()
    assert "to-be-forgotten" not in topics.names(lab)
    assert not set(old) & set(_passwords(new_lab))


def test_the_worker_offers_debezium(own_lab: OwnLab) -> None:
    with ConnectClient(own_lab.attach()) as client:
        offered = {plugin["class"] for plugin in client.plugins()}
    assert {
        "io.debezium.connector.mariadb.MariaDbConnector",
        "io.debezium.connector.jdbc.JdbcSinkConnector",
    } <= offered


def _may_mount() -> bool:
    """Whether this user may mount a file system in its own namespace. Some computers forbid it, others have no namespaces."""
    unshare = shutil.which("unshare")
    probe = [str(unshare), "--mount", "--map-root-user", "true"]
    return bool(unshare) and processes.run(probe, timeout=60).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="no file system can be mounted read-only here")
def test_a_cache_that_cannot_be_written_is_enough(new_lab: OwnLab, tmp_path: Path) -> None:
    """A teacher's, shared by many. Also where its caches for faster starts are missing: then the start is only slower."""
    teachers = tmp_path / "teachers"
    shutil.copytree(cache_folder(), teachers, copy_function=os.link, ignore=shutil.ignore_patterns("aot", ".lock"))
    script = f"mount --bind -o ro '{teachers}' '{teachers}' && '{LAB}' up && '{LAB}' down"
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c", script]
    done = processes.run(inside, environment=new_lab.environment(LAB_CACHE=str(teachers)), timeout=240)
    assert done.returncode == 0, done.stderr
    assert "faster" not in done.stderr and "cache" not in done.stderr
    (missing, *_) = (teachers / "downloads").glob("kafka-clients-*.jar")
    missing.unlink()
    done = processes.run(inside, environment=new_lab.environment(LAB_CACHE=str(teachers)), timeout=240)
    assert done.returncode == 1
    assert f"such as {missing.name}" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(not _may_mount(), reason="no file system of 24 MB can be mounted here")
@pytest.mark.parametrize("variable", ["LAB_HOME", "LAB_CACHE"])
def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path, variable: str) -> None:
    """In its own mount namespace, the folder is a file system of 24 MB."""
    small = tmp_path / "small"
    small.mkdir()
    environment = {
        **os.environ,
        "LAB_HOME": str(tmp_path / "home"),
        "LAB_CACHE": str(cache_folder()),
        variable: str(small),
    }
    script = f"mount -t tmpfs -o size=24m tmpfs '{small}' && exec '{LAB}' up"
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c", script]
    done = processes.run(inside, environment=environment, timeout=240)
    assert done.returncode in (1, 5), done.stderr
    assert variable in done.stderr and "Traceback" not in done.stderr
    assert "room" in done.stderr or "full" in done.stderr
