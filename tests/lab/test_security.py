# SPDX-License-Identifier: Apache-2.0
"""What another user of this computer can do who reaches the ports, and what SECURITY.md says of it."""

from __future__ import annotations

import json
import os
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers import connectors, database, processes, records, topics
from helpers.attaching import attach
from helpers.connect import ConnectClient
from helpers.errors import ConnectFailed
from helpers.lab import Lab
from helpers.settings import Settings
from helpers.stack.home.accounts import ACCOUNTS
from helpers.stack.home.secrets import password_file
from helpers.waiting import wait_until
from tests.resources import LAB, OwnLab

SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
DENIED = {401, 400}
"""No password, and 400 where a worker talks to a worker: without their signature."""


@pytest.fixture
def lab(own_lab: OwnLab) -> Lab:
    return own_lab.attach()


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example:8083"])
@pytest.mark.parametrize("login", [None, ("lab", ""), ("lab", "wrong"), ("", "")])
def test_the_worker_answers_nobody_without_the_password(
    lab: Lab, session: requests.Session, host: str, login: tuple[str, str] | None
) -> None:
    """A page whose name leads to 127.0.0.1 (DNS rebinding) comes with its own name as the host, and has no password either."""
    config = {"connector.class": SOURCE, "file": "/etc/hostname", "topic": "loot"}
    session.headers.update({"Host": host, "Connection": "close"})  # it does not read the body of what it refuses
    for method, path, body in (
        ("GET", "/", None),
        ("GET", "/health", None),
        ("GET", "/connectors?expand=info", None),
        ("GET", "/admin/loggers", None),
        ("PUT", "/connectors/evil/config", config),
        ("POST", "/connectors", {"name": "evil", "config": config}),
        ("POST", "/connectors/evil/tasks", [{}]),
        ("PUT", "/connectors/evil/fence", None),
    ):
        answer = session.request(method, f"{lab.connect_url}{path}", json=body, auth=login, timeout=30)
        assert answer.status_code in DENIED, f"{method} {path}"
    assert ConnectClient(lab).connectors() == []


def _resolved(client: ConnectClient, placeholder: str) -> str:
    """Return what the worker shows for a value of a configuration: the placeholder, or what it names."""
    config = {"name": "look", "connector.class": SOURCE, "topic": "t", "file": placeholder}
    told = {one["value"]["name"]: one["value"]["value"] for one in client.validate(config)["configs"]}
    return str(told["file"])


def test_a_connector_can_name_two_passwords_and_no_others(own_lab: OwnLab, lab: Lab) -> None:
    client, words = ConnectClient(lab), own_lab.passwords()
    folders = [own_lab.home / name for name in ("secrets", "passwords", "secrets/../passwords", "connect")]
    names = [*(f"{account}.password" for account in (*ACCOUNTS, "connect")), "users.properties"]
    seen = {_resolved(client, f"${{dir:{folder}:{name}}}") for folder in folders for name in names}
    assert {word for word in seen if not word.startswith("${")} == {words["source"], words["sink"]}
    assert _resolved(client, lab.secret("sink")) == words["sink"]


def test_the_text_of_status_is_enough_to_use_the_worker(own_lab: OwnLab, tmp_path: Path) -> None:
    text = tmp_path / "given.json"
    text.write_text(own_lab.run("status", "--json").stdout, "utf-8")
    given = attach("connect", "database", where=Settings(tmp_path, own_lab.cache, attach=str(text)))
    assert _resolved(ConnectClient(given), given.secret("sink")) == own_lab.passwords()["sink"]


def test_a_wrong_password_is_told_in_one_sentence(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong")
    given = Lab(lab.bootstrap_servers, lab.connect_url)
    with pytest.raises(ConnectFailed, match="wants a user and a password, and none is known here") as caught:
        ConnectClient(given).connectors()
    assert caught.value.status == 401
    given = Lab(
        lab.bootstrap_servers, lab.connect_url, connect_user="lab", connect_password_file=str(tmp_path / "wrong")
    )
    with pytest.raises(ConnectFailed, match="does not accept the user 'lab'"):
        ConnectClient(given).connectors()


def test_the_worker_does_what_its_topic_says(lab: Lab, tmp_path: Path) -> None:
    """As SECURITY.md admits: the broker asks for no password, and the worker reads its connectors from a topic."""
    private = tmp_path / "private.txt"
    private.write_text("read by a connector\n")
    client = ConnectClient(lab)
    with topics.temporary(lab, "loot") as topic:
        config = {"name": "evil", "connector.class": SOURCE, "tasks.max": "1", "topic": topic, "file": str(private)}
        records.produce(lab, "connect-configs", [("connector-evil", {"properties": config})])
        (message,) = records.consume(lab, topic, 1, timeout=60)
        assert json.loads(message.value() or b"")["payload"] == "read by a connector"
        client.forget("evil")


def _as_release_0_1(home: Path) -> None:
    """Put the passwords where releases up to 0.1 kept them, and take away what they had not."""
    for file in (home / "passwords").iterdir():
        if file.stem in ACCOUNTS:
            file.replace(home / "secrets" / file.name)
        else:
            file.unlink()
    (home / "passwords").rmdir()


def test_a_lab_of_an_older_release_goes_on(own_lab: OwnLab) -> None:
    """Its connectors name the folder `secrets`, which holds their two passwords still."""
    lab = own_lab.attach()
    before = own_lab.passwords()
    config: dict[str, Any] = connectors.sink(lab, "old-sink", ["old-people"], family=connectors.choose_sink(lab))
    assert f"{own_lab.home}/secrets:sink.password" in config["connection.password"]
    topics.create(lab, "old-people")
    ConnectClient(lab).run(config)
    own_lab.run("down")
    _as_release_0_1(own_lab.home)
    assert password_file(own_lab.home, "owner").exists(), "a notebook that is open works on"
    own_lab.up()
    lab, client = own_lab.attach(), ConnectClient(own_lab.attach())
    client.wait_running("old-sink")
    assert database.frame(lab, "SELECT 1 AS one")["one"].tolist() == [1]
    after = own_lab.passwords()
    assert {name: after[name] for name in ACCOUNTS} == {name: before[name] for name in ACCOUNTS}
    assert sorted(path.name for path in (own_lab.home / "secrets").iterdir()) == ["sink.password", "source.password"]
    client.forget("old-sink")
    topics.delete(lab, "old-people")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_no_other_user_reads_the_lab_whatever_the_umask_says(own_lab: OwnLab) -> None:
    own_lab.run("down")
    (own_lab.home / "connect" / "users.properties").chmod(0o666)
    done = processes.run(
        ["sh", "-c", f"umask 000; exec {shlex.quote(LAB)} up"], environment=own_lab.environment(), timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(own_lab.home.stat().st_mode) == 0o700, "no other user comes past this folder"
    own = [*own_lab.home.glob("*/*.password"), *own_lab.home.glob("*/*.properties"), *own_lab.home.glob("connect/*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in own} == {0o600}
    wait_until(lambda: ConnectClient(own_lab.attach()).connectors() == [], 30, "the worker to answer")
