# SPDX-License-Identifier: Apache-2.0
"""`ConnectClient` against a worker of the test's own making: what a real one does only at the wrong moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from helpers.connect import ConnectClient
from helpers.connect import client as client_room
from helpers.errors import ConnectFailed, InvalidInput, LabNotRunning, TimedOut
from helpers.lab import Lab
from tests.fake_server import Answer, FakeServer, Request, in_turn

Said = tuple[int, object]
"""A status and what is sent: a text as HTML, anything else as JSON."""
Serve = Callable[..., ConnectClient]


def _answer(said: Said) -> Answer:
    status, body = said
    kind, text = ("text/html", body) if isinstance(body, str) else ("application/json", json.dumps(body))
    return Answer(status, text.encode(), {"content-type": kind})


@pytest.fixture
def asked() -> list[str]:
    """What the workers of this test were asked, in order."""
    return []


@pytest.fixture
def serve(asked: list[str]) -> Iterator[Serve]:
    """Return a client of a worker that gives the answers named in turn, the last one for ever."""
    with ExitStack() as workers:

        def start(*said: Said, timeout: float = 5.0) -> ConnectClient:
            answers = in_turn(*map(_answer, said))

            def answer(request: Request) -> Answer:
                asked.append(str(request))
                return answers(request)

            worker = workers.enter_context(FakeServer(answer))
            return ConnectClient(Lab("127.0.0.1:9", worker.url), timeout=timeout)

        yield start


REBALANCE = (409, {"error_code": 409, "message": "Cannot complete request momentarily due to a rebalance"})
EXPECTED = (500, {"error_code": 500, "message": "Request cannot be completed because a rebalance is expected"})
STOPPING = (500, {"error_code": 500, "message": "tasks haven't stopped completely yet; this can be safely retried."})
TAKEN = (409, {"error_code": 409, "message": "Connector mine already exists"})
BROKEN = (500, {"error_code": 500, "message": "org.apache.kafka.connect.errors.DataException: Something\nbroke."})


@pytest.mark.parametrize("refusal", [REBALANCE, EXPECTED, STOPPING])
def test_what_is_refused_for_now_is_asked_again(serve: Serve, asked: list[str], refusal: tuple[int, object]) -> None:
    assert serve(refusal, refusal, (200, ["b", "a"])).connectors() == ["a", "b"]
    assert asked == ["GET /connectors"] * 3


def test_a_rebalance_without_an_end_is_told(serve: Serve) -> None:
    with pytest.raises(TimedOut, match=r"to be ready for GET /connectors; last seen: .*rebalance\. `./lab status`"):
        serve(REBALANCE, timeout=0.4).connectors()


@pytest.mark.parametrize("refusal", [TAKEN, BROKEN])
def test_every_other_refusal_is_final(serve: Serve, asked: list[str], refusal: tuple[int, object]) -> None:
    with pytest.raises(ConnectFailed) as caught:
        serve(refusal, (200, {})).create({"name": "mine"}, check=False)
    assert caught.value.status == refusal[0]
    assert len(asked) == 1


def test_the_workers_words_without_what_only_java_wants_to_know(serve: Serve) -> None:
    with pytest.raises(ConnectFailed, match=r"refused GET /connectors \(500\): Something broke\.$"):
        serve(BROKEN).connectors()
    with pytest.raises(ConnectFailed, match=r"\(502\): <p>proxy</p>\.$"):
        serve((502, "<p>proxy</p>")).connectors()
    with pytest.raises(ConnectFailed, match=r"\(503\): Service Unavailable\.$"):
        serve((503, "")).connectors()


def test_names_and_flags_reach_the_worker_as_it_wants_them(serve: Serve, asked: list[str]) -> None:
    client = serve(told("RUNNING"), (202, {}), told("RUNNING"), (200, []))
    client.restart("mine", tasks=True, only_failed=False)
    client.plugins(connectors_only=False)
    assert asked == [
        "GET /connectors/mine/status",
        "POST /connectors/mine/restart?includeTasks=true&onlyFailed=false",
        "GET /connectors/mine/status",
        "GET /connector-plugins?connectorsOnly=false",
    ]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("orders#1", "orders%231"),
        ("orders?x", "orders%3Fx"),
        ("orders;x", "orders%3Bx"),
        ("my orders", "my%20orders"),
        ("주문", "%EC%A3%BC%EB%AC%B8"),
        ("a.b_c-9", "a.b_c-9"),
    ],
)
def test_a_name_reaches_the_worker_whole(serve: Serve, asked: list[str], name: str, sent: str) -> None:
    serve((200, {})).config(name)
    assert asked == [f"GET /connectors/{sent}/config"]


@pytest.mark.parametrize("name", ["", ".", "..", "other/../orders", "%41", "orders%2Fx"])
def test_a_name_that_no_path_can_hold_is_sent_nowhere(serve: Serve, asked: list[str], name: str) -> None:
    client = serve((200, {}))
    for ask in (client.delete, client.status, client.stop, client.plugin_config, client.config):
        with pytest.raises(InvalidInput, match=f"cannot have the name {name!r}"):
            ask(name)
    assert asked == []


def test_a_client_closes_its_connection_with_its_block(serve: Serve) -> None:
    with serve((200, [])) as client:
        client.connectors()
    client.close()
    assert client.connectors() == [], "a later request opens it again"


def told(*tasks: str, connector: str = "RUNNING") -> tuple[int, object]:
    """The answer of a worker whose connector and tasks are in these states; a failed one names its cause: FAILED:cause."""
    parts = [dict(zip(("state", "trace"), state.split(":", 1), strict=False)) for state in (connector, *tasks)]
    return 200, {"connector": parts[0], "tasks": [{"id": number, **part} for number, part in enumerate(parts[1:])]}


OLD, NEW = "FAILED:Old: no table", "FAILED:New: no column"


@pytest.mark.parametrize("then", ["RESTARTING", "RUNNING", NEW])
def test_a_restart_waits_until_the_old_failure_is_no_longer_told(serve: Serve, asked: list[str], then: str) -> None:
    serve(told(OLD, OLD), (202, {}), told(OLD, OLD), told(then, OLD), told(then, then)).restart("mine")
    assert len(asked) == 5


def test_a_failure_of_what_is_not_restarted_is_not_waited_for(serve: Serve, asked: list[str]) -> None:
    serve(told(OLD, OLD), (204, {}), told(OLD, OLD), told("RUNNING", OLD)).restart_task("mine", 0)
    assert len(asked) == 4
    asked.clear()
    serve(told(OLD, connector=NEW), (202, {}), told(OLD)).restart("mine", tasks=False)
    assert len(asked) == 3


def test_the_same_failure_again_ends_the_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_room, "_RETELLING", 0.2)
    client = serve(told(OLD), (202, {}), told(OLD))
    client.restart("mine")
    assert client.wait_failed("mine").cause == "Old: no table"


@pytest.mark.parametrize("name", [None, "", 3, "a/b"])
def test_a_configuration_without_a_name_is_not_sent(serve: Serve, asked: list[str], name: object) -> None:
    with pytest.raises(InvalidInput, match="name"):
        serve((200, {})).put({"name": name}, check=False)
    assert asked == []


def test_a_configuration_that_is_refused_stops_nothing(serve: Serve, asked: list[str]) -> None:
    """What runs under that name goes on: it is looked at before anything is touched."""
    client = serve((200, [{"class": "org.example.Other"}]))
    with pytest.raises(InvalidInput, match=r"org\.example\.Mine"):
        client.run({"name": "mine", "connector.class": "org.example.Mine"})
    assert asked == ["GET /connector-plugins?connectorsOnly=true"]


def test_a_connector_goes_on_if_its_new_configuration_is_refused(serve: Serve, asked: list[str]) -> None:
    stopped = told(connector="STOPPED")
    client = serve((200, ["mine"]), (204, ""), (200, {}), stopped, BROKEN, (202, ""))
    with pytest.raises(ConnectFailed, match="Something broke"):
        client.run({"name": "mine"}, check=False)
    assert asked[-2:] == ["PUT /connectors/mine/config", "PUT /connectors/mine/resume"]


def test_where_no_worker_listens(nobody: Lab) -> None:
    with pytest.raises(LabNotRunning, match=r"no Kafka Connect worker"):
        ConnectClient(nobody)
    with pytest.raises(LabNotRunning, match=r"http://127\.0\.0\.1:9 \(Connection refused\).*lab up"):
        ConnectClient(Lab("127.0.0.1:9", "http://127.0.0.1:9")).connectors()
