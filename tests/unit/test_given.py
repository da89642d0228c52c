# SPDX-License-Identifier: Apache-2.0
"""`LAB_ATTACH`: what names given servers, and one sentence for what does not. No secret is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.attaching import attach
from helpers.errors import InvalidInput, LabError, LabNotRunning
from helpers.settings import Settings, settings
from helpers.stack.servers.http import Login
from tests.fake_server import Answer, FakeServer, Request

WHOLE: dict[str, Any] = {
    "bootstrap_servers": "one:9092,two:9092",
    "connect_url": "http://worker:8083",
    "registry_url": None,
    "database": {
        "host": "db",
        "port": 3306,
        "name": "mydb1",
        "user": "owner",
        "password_file": "owner.password",
        "product": "mysql",
    },
    "inside": {
        "bootstrap_servers": "kafka:19092",
        "connect_url": "http://connect:8083",
        "database": {"host": "mysql", "port": 3306, "password_file": "/run/secrets/owner.password"},
    },
    "home": "/somewhere/else",
    "servers": {"kafka": {"pid": 1}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("owner", "kafka"):
        (tmp_path / f"{name}.password").write_text("geheim\n")
    return tmp_path


def given(folder: Path, **changes: object) -> Settings:
    """Return settings that name a text which is `WHOLE` with `changes`."""
    path = folder / "given.json"
    path.write_text(json.dumps({**WHOLE, **changes}), "utf-8")
    return Settings(folder, folder, attach=str(path))


def test_the_text_of_status_names_a_lab(folder: Path) -> None:
    lab = attach("connect", "database", where=given(folder))
    assert (lab.bootstrap_servers, lab.connect_url, lab.registry_url) == (
        WHOLE["bootstrap_servers"],
        WHOLE["connect_url"],
        None,
    )
    assert lab.database and Path(lab.database.password_file) == folder / "owner.password", "beside the text"
    assert lab.secret("sink") == "${dir:/run/secrets:sink.password}", "as the worker sees it"
    assert lab.home is None, "its servers are given: nothing here starts or ends them"
    assert lab.seen_by_worker.bootstrap_servers == "kafka:19092"


def test_the_worker_may_want_a_password_and_have_a_folder_of_its_own(folder: Path) -> None:
    more = {"connect_user": "kim", "connect_password_file": "kafka.password", "worker_secrets": "/worker/secrets"}
    lab = attach(where=given(folder, inside=None, **more))
    assert lab.connect_auth == Login("kim", str(folder / "kafka.password"))
    assert lab.secret("sink") == "${dir:/worker/secrets:sink.password}"


def test_a_login_is_read_from_its_file_and_not_shown(folder: Path) -> None:
    clients = {
        "security.protocol": "SASL_SSL",
        "sasl.username": "kim",
        "sasl.password.file": "kafka.password",
        "enable.ssl.certificate.verification": False,
    }
    lab = attach(where=given(folder, clients=clients))
    assert lab.client_settings["sasl.password"] == "geheim"
    assert lab.client_settings["enable.ssl.certificate.verification"] == "false"
    assert "geheim" not in f"{lab} {lab.client_settings} {lab.client_settings | {'group.id': 'a'}}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bootstrap_servers": "one"}, "bootstrap_servers is not right: it must be host:port"),
        ({"bootstrap_servers": None}, "bootstrap_servers is not right"),
        ({"connect_url": "worker:8083"}, "connect_url is not right: it must be an http or https address"),
        ({"connect_url": "http://kim:geheim@worker:8083"}, "connect_url is not right"),
        ({"registry_url": "ftp://kim"}, "registry_url is not right"),
        ({"conect_url": "http://worker:8083"}, "conect_url is not a name that is known there"),
        ({"database": {**WHOLE["database"], "password": "geheim"}}, "database.password is not a name"),
        ({"database": {**WHOLE["database"], "port": 70000}}, "database.port is not right"),
        ({"database": {**WHOLE["database"], "port": "geheim"}}, "database.port is not right"),
        ({"database": {**WHOLE["database"], "password_file": "none.password"}}, "there is no file"),
        ({"database": "mysql://db"}, "database is not right"),
        ({"database": {"host": "db"}}, "database.port is missing"),
        ({"inside": {"connect_url": None}}, "inside.bootstrap_servers is missing"),
        ({"clients": {"sasl.password": "geheim"}}, "a secret stands in it: write it into a file"),
        ({"clients": {"ssl.key.pem": "geheim"}}, "a secret stands in it"),
        ({"clients": {"sasl.oauthbearer.client.secret": "geheim"}}, "a secret stands in it"),
        ({"clients": {"group.id": "geheim"}}, "clients.group.id is no setting of security"),
        ({"clients": {"ssl.ca.location": "ca.pem"}}, "there is no file"),
        ({"clients": {"sasl.password.file": "none"}}, "there is no file"),
        ({"clients": ["SASL_SSL"]}, "clients is not right"),
    ],
)
def test_what_is_not_right_is_one_sentence(changes: dict[str, object], said: str, folder: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        attach(where=given(folder, **changes))
    text = str(caught.value)
    assert said in text and text.startswith("LAB_ATTACH names ") and "given.json" in text
    assert "geheim" not in text and "\n" not in text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "it is not JSON"), (b"{", "it is not JSON"), (b"[1]", "is not right"), (b'"\xff"', "it is not UTF-8")],
)
def test_a_text_that_is_none(content: bytes, said: str, folder: Path) -> None:
    (folder / "given.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        attach(where=Settings(folder, folder, attach=str(folder / "given.json")))


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_file_that_cannot_be_read(name: str, folder: Path) -> None:
    with pytest.raises(InvalidInput, match="which cannot be read"):
        attach(where=Settings(folder, folder, attach=str(folder / name)))


def test_an_address(folder: Path) -> None:
    text = {"bootstrap_servers": "one:9092"}
    texts = {"/lab.json": text, "/relative": {**text, "connect_password_file": "a"}}

    def answer(request: Request) -> Answer:
        found = texts.get(request.path.partition("?")[0])
        return Answer(body=json.dumps(found).encode()) if found else Answer(404)

    with FakeServer(answer) as server:
        where = Settings(folder, folder, attach=f"{server.url}lab.json")
        assert attach(where=where).bootstrap_servers == "one:9092"
        with pytest.raises(InvalidInput, match="does not begin with / or ~"):
            attach(where=replace(where, attach=f"{server.url}relative?word=geheim"))
        with pytest.raises(LabNotRunning, match="gave no text: Not Found") as caught:
            attach(where=replace(where, attach=f"{server.url}other?word=geheim"))
        assert "geheim" not in str(caught.value)
    with pytest.raises(LabNotRunning, match="gave no text: ConnectionError"):
        attach(where=where)


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("connect", "needs Kafka Connect, and no worker is known beside the servers that LAB_ATTACH names"),
        ("database", "needs a database, and none is known beside"),
        ("this computer", "ends servers or reads their files"),
    ],
)
def test_what_is_missing_is_said_at_once(need: Any, said: str, folder: Path) -> None:
    where = given(folder, connect_url=None, database=None, inside=None)
    assert attach(where=where).connect_url is None
    with pytest.raises(LabError, match=said):
        attach(need, where=where)


def test_servers_are_named_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_ATTACH", "lab.json")
    monkeypatch.setenv("LAB_CONNECT_URL", "http://worker:8083")
    with pytest.raises(InvalidInput, match="LAB_ATTACH and LAB_CONNECT_URL are set"):
        settings()
