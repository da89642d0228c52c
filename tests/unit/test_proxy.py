# SPDX-License-Identifier: Apache-2.0
"""A proxy for the internet is never used for what answers on this computer's loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import schemas
from helpers.connect import ConnectClient
from helpers.lab import Lab
from helpers.stack.home.place import Place
from helpers.stack.servers.http import Login
from helpers.stack.servers.java import Java
from helpers.stack.servers.worker import Worker
from tests.fake_server import Answer, FakeServer, in_turn

VARIABLES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def worker() -> Iterator[FakeServer]:
    """A worker that answers on loopback: it is well, and has no connectors."""
    with FakeServer(in_turn(Answer(body=b"[]", headers={"content-type": "application/json"}))) as server:
        yield server


@pytest.fixture(params=VARIABLES)
def proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A proxy that knows nobody, as the environment names it; no exception is made for any host."""
    for name in (*VARIABLES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeServer(in_turn(Answer(502, b"<p>proxy</p>"))) as server:
        monkeypatch.setenv(request.param, server.url)
        yield server


def test_the_client_asks_the_worker_itself(worker: FakeServer, proxy: FakeServer) -> None:
    assert ConnectClient(Lab("127.0.0.1:9", worker.url)).connectors() == []
    assert (len(worker.requests), proxy.asked) == (1, [])


def test_the_registry_is_asked_itself(worker: FakeServer, proxy: FakeServer) -> None:
    assert schemas.registry(Lab("127.0.0.1:9", registry_url=worker.url)).get_subjects() == []
    assert (len(worker.requests), proxy.asked) == (1, [])


def test_a_worker_that_starts_is_asked_itself(worker: FakeServer, proxy: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "connect.password").write_text("word")
    starting = Worker(
        Place(tmp_path, "connect"),
        worker.server_port,
        bootstrap_servers="127.0.0.1:9",
        plugin_path=[],
        secrets=tmp_path,
        login=Login("lab", str(tmp_path / "connect.password")),
        version="4",
        java=Java([], tmp_path),
    )
    assert starting.is_ready()
    assert (worker.asked, proxy.asked) == (["GET /health"], [])
