# SPDX-License-Identifier: Apache-2.0
"""A worker that wants a user and a password: they reach it, and nothing else shows them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.connect import ConnectClient
from helpers.errors import ConnectFailed, LabError
from helpers.lab import Lab
from tests.fake_server import Answer, FakeServer, Request

WORD = "비밀-word"
RIGHT = f"Basic {b64encode(f'lab:{WORD}'.encode()).decode()}"


def _worker(request: Request) -> Answer:
    """Answer as Kafka's extension for basic authentication does."""
    if request.headers.get("authorization") == RIGHT:
        return Answer(body=b"[]", headers={"content-type": "application/json"})
    return Answer(401, b"User cannot access the resource.")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    file = tmp_path / "connect.password"
    file.write_text(f"{WORD}\n", "utf-8")
    with FakeServer(_worker) as worker:
        yield Lab("127.0.0.1:9", worker.url, connect_user="lab", connect_password_file=str(file))


def test_the_password_is_sent_and_not_shown(lab: Lab) -> None:
    assert ConnectClient(lab).connectors() == []
    for shown in (lab, lab.connect_auth):
        assert WORD not in repr(shown) and WORD not in str(shown)


def test_a_wrong_password_is_one_sentence(lab: Lab) -> None:
    Path(str(lab.connect_password_file)).write_text("other")
    with pytest.raises(ConnectFailed, match=r"user 'lab' with the password in .*connect\.password\. ") as caught:
        ConnectClient(lab).connectors()
    assert caught.value.status == 401 and "other" not in str(caught.value)


@pytest.mark.parametrize("missing", ["connect_user", "connect_password_file"])
def test_a_worker_that_wants_a_password_where_none_is_known(lab: Lab, missing: str) -> None:
    nothing: dict[str, Any] = {missing: None}
    without = replace(lab, **nothing)
    assert without.connect_auth is None
    with pytest.raises(ConnectFailed, match=r"wants a user and a password, and none is known here\..*LAB_ATTACH"):
        ConnectClient(without).connectors()


def test_a_password_file_that_is_not_there_is_named(lab: Lab, tmp_path: Path) -> None:
    gone = replace(lab, connect_password_file=str(tmp_path / "gone"))
    with pytest.raises(LabError, match=r"The password file .*gone cannot be read: No such file"):
        ConnectClient(gone).connectors()


def test_a_worker_without_a_password_is_asked_without_one() -> None:
    with FakeServer(lambda request: Answer(body=b"[]")) as worker:
        ConnectClient(Lab("127.0.0.1:9", worker.url)).connectors()
        assert "authorization" not in worker.requests[0].headers
