# SPDX-License-Identifier: Apache-2.0
"""The contract of Kafka Connect's REST interface, endpoint by endpoint, as `ConnectClient` speaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers import connectors, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import Config
from helpers.errors import ConnectFailed, InvalidInput, TimedOut
from helpers.lab import Lab
from helpers.waiting import wait_until

LINES = ["one", "two", "three", "넷", "😀"]


@pytest.fixture(scope="module")
def client(lab: Lab) -> ConnectClient:
    return ConnectClient(lab)


@pytest.fixture
def topic(lab: Lab) -> Iterator[str]:
    with topics.temporary(lab, "connect") as name:
        yield name


@pytest.fixture
def config(client: ConnectClient, topic: str, tmp_path: Path) -> Iterator[Config]:
    """A sink into a file that is not created yet. It is removed after the test."""
    config = connectors.file_sink(f"{topic}-sink", tmp_path / "out.txt", [topic])
    yield config
    if config["name"] in client.connectors():
        client.forget(config["name"])


def _written(config: Config) -> list[str]:
    file = Path(config["file"])
    return file.read_text("utf-8").splitlines() if file.exists() else []


def test_the_worker_tells_of_itself_and_its_plugins(client: ConnectClient) -> None:
    assert client.info()["version"]
    assert client.health()["status"] == "healthy"
    kinds = {plugin["class"]: plugin["type"] for plugin in client.plugins()}
    assert kinds["io.debezium.connector.jdbc.JdbcSinkConnector"] == "sink"
    assert set(kinds.values()) == {"source", "sink"}
    assert "converter" in {plugin["type"] for plugin in client.plugins(connectors_only=False)}
    definitions = client.plugin_config("org.apache.kafka.connect.transforms.RegexRouter")
    assert [it["name"] for it in definitions] == ["regex", "replacement"]


def test_validate_tells_what_each_key_wants(client: ConnectClient, config: Config) -> None:
    told = client.validate({**config, "topics": ""})
    assert told["error_count"] == 2
    wrong = {it["value"]["name"] for it in told["configs"] if it["value"]["errors"]}
    assert wrong == {"topics", "topics.regex"}
    assert client.validate(config)["error_count"] == 0


def test_a_configuration_is_created_read_changed_and_deleted(client: ConnectClient, config: Config) -> None:
    name = config["name"]
    created = client.create(config, state="STOPPED")
    assert (created["name"], created["type"]) == (name, "sink")
    assert name in client.connectors()
    assert client.wait_state(name, "STOPPED")["tasks"] == []
    assert client.config(name) == {key: str(value) for key, value in config.items()}
    assert client.put({**config, "errors.tolerance": "all"})["config"]["errors.tolerance"] == "all"
    assert client.patch(name, {"errors.tolerance": None, "tasks.max": 2})["config"]["tasks.max"] == "2"
    assert "errors.tolerance" not in client.get(name)["config"]
    client.delete(name)
    assert name not in client.connectors()
    with pytest.raises(ConnectFailed, match="No status found"):
        client.status(name)


def test_a_connector_runs_rests_stops_and_starts_again(
    client: ConnectClient, config: Config, lab: Lab, topic: str
) -> None:
    name = config["name"]
    assert client.run(config)["tasks"][0]["state"] == "RUNNING"
    assert client.tasks(name)[0]["config"]["file"] == config["file"]
    client.pause(name)
    client.wait_state(name, "PAUSED")
    records.produce(lab, topic, LINES)
    client.resume(name)
    client.wait_running(name)
    wait_until(lambda: _written(config) == LINES, 20, "the lines in the file")
    wait_until(lambda: client.topics(name) == [topic], 20, "the topic to be known")
    client.restart(name)
    client.wait_running(name)
    client.restart_task(name, 0)
    client.wait_running(name)
    client.stop(name)
    assert client.wait_state(name, "STOPPED")["connector"]["state"] == "STOPPED"
    frame = client.frame()
    assert list(frame.loc[name, ["type", "state", "tasks", "cause"]]) == ["sink", "STOPPED", "", ""]
    assert name in client._repr_html_()


def test_offsets_are_read_set_and_deleted(client: ConnectClient, config: Config, lab: Lab, topic: str) -> None:
    name = config["name"]
    records.produce(lab, topic, LINES)
    client.run(config)
    wait_until(lambda: _written(config) == LINES, 20, "the lines in the file")
    [place] = wait_until(lambda: client.offsets(name), 20, "an offset to be committed")
    assert place == {"partition": {"kafka_topic": topic, "kafka_partition": 0}, "offset": {"kafka_offset": 5}}
    with pytest.raises(ConnectFailed, match="STOPPED"):
        client.reset_offsets(name)
    client.stop(name)
    client.wait_state(name, "STOPPED")
    assert "successfully" in client.alter_offsets(name, [{**place, "offset": {"kafka_offset": 3}}])
    client.resume(name)
    wait_until(lambda: _written(config) == LINES + LINES[3:], 20, "the last two lines again")
    client.stop(name)
    client.wait_state(name, "STOPPED")
    assert "successfully" in client.reset_offsets(name)
    assert client.offsets(name) == []
    client.resume(name)
    wait_until(lambda: _written(config) == LINES + LINES[3:] + LINES, 20, "all lines again")


def test_offsets_outlive_a_connector_unless_it_is_forgotten(
    client: ConnectClient, config: Config, lab: Lab, topic: str
) -> None:
    records.produce(lab, topic, LINES)
    client.run(config)
    wait_until(lambda: client.offsets(config["name"]), 20, "an offset to be committed")
    client.delete(config["name"])
    client.run(config)
    assert client.offsets(config["name"])[0]["offset"] == {"kafka_offset": 5}
    client.forget(config["name"])
    client.create(config, state="STOPPED")
    assert client.offsets(config["name"]) == []


def test_a_temporary_connector_goes_with_its_block(client: ConnectClient, config: Config) -> None:
    with pytest.raises(ZeroDivisionError), client.temporary(config) as name:
        assert client.status(name)["connector"]["state"] == "RUNNING"
        raise ZeroDivisionError
    assert config["name"] not in client.connectors()


Ask = Callable[[ConnectClient], Any]
UNKNOWN: dict[str, Ask] = {
    "get": lambda client: client.get("nobody"),
    "config": lambda client: client.config("nobody"),
    "tasks": lambda client: client.tasks("nobody"),
    "status": lambda client: client.status("nobody"),
    "pause": lambda client: client.pause("nobody"),
    "resume": lambda client: client.resume("nobody"),
    "stop": lambda client: client.stop("nobody"),
    "restart": lambda client: client.restart("nobody"),
    "restart_task": lambda client: client.restart_task("nobody", 0),
    "offsets": lambda client: client.offsets("nobody"),
    "alter_offsets": lambda client: client.alter_offsets("nobody", [{"partition": {}, "offset": None}]),
    "reset_offsets": lambda client: client.reset_offsets("nobody"),
    "patch": lambda client: client.patch("nobody", {"tasks.max": 1}),
    "delete": lambda client: client.delete("nobody"),
    "wait_running": lambda client: client.wait_running("nobody"),
    "plugin_config": lambda client: client.plugin_config("nobody"),
}


@pytest.mark.parametrize("method", UNKNOWN)
def test_404_names_what_is_not_there(client: ConnectClient, method: str) -> None:
    with pytest.raises(ConnectFailed, match=r"nobody|LOUD") as caught:
        UNKNOWN[method](client)
    assert caught.value.status == 404
    assert "\n" not in str(caught.value) and "Exception" not in str(caught.value)


def test_409_a_name_that_is_taken(client: ConnectClient, config: Config) -> None:
    client.create(config, state="STOPPED")
    with pytest.raises(ConnectFailed, match=rf"{config['name']} already exists.*put") as caught:
        client.create(config)
    assert caught.value.status == 409


def test_400_with_what_is_wrong_of_each_key(client: ConnectClient, config: Config) -> None:
    for send in (client.create, client.put):
        with pytest.raises(ConnectFailed, match=r"topics: Must configure one of topics") as caught:
            send({**config, "topics": ""})
        assert caught.value.status == 400
        assert caught.value.fields["topics"] == ["Must configure one of topics or topics.regex"]
        with pytest.raises(ConnectFailed, match=r"400.*Must configure one of topics") as caught:
            send({**config, "topics": ""}, check=False)
        assert "You can also find" not in str(caught.value)
    assert config["name"] not in client.connectors()


def test_400_offsets_that_make_no_sense(client: ConnectClient, config: Config) -> None:
    client.create(config, state="STOPPED")
    client.wait_state(config["name"], "STOPPED")
    with pytest.raises(ConnectFailed, match="400"):
        client.alter_offsets(config["name"], [{"partition": {"what": 1}, "offset": {"kafka_offset": 3}}])


def test_an_unknown_class_is_named_with_those_that_there_are(client: ConnectClient, config: Config) -> None:
    strange = {**config, "connector.class": "io.example.NoSuchConnector"}
    with pytest.raises(InvalidInput, match=r"io\.example\.NoSuchConnector.*FileStreamSinkConnector.*lab plugins add"):
        client.create(strange)
    with pytest.raises(ConnectFailed, match=r"Failed to find any class.*NoSuchConnector\. "):
        client.create(strange, check=False)
    with pytest.raises(ConnectFailed, match=r"500.*Failed to find any class"):
        client.validate(strange)
    near = {**config, "connector.class": config["connector.class"].replace("Stream", "Steram")}
    with pytest.raises(InvalidInput, match=r"It has org\.apache\.kafka\.connect\.file\.FileStreamSinkConnector;"):
        client.create(near)
    client.check({**config, "connector.class": "FileStreamSink"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"topcis": "a"}, r"'topcis' \(did you mean 'topics'\?\)"),
        ({"value.converter.schemas.enabel": False}, "Unknown key in .*'value.converter.schemas.enabel'"),
        ({"consumer.override.max.pol.records": 1}, "consumer.override.max.pol.records"),
        ({"transforms": "route", "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
          "transforms.route.regex": "a", "transforms.route.replacment": "b"}, r"did you mean 'transforms\.route\.replacement'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_misspelt_key_is_caught_that_the_worker_would_ignore(
    client: ConnectClient, config: Config, change: Config, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        client.put({**config, **change})
    assert config["name"] not in client.connectors()


def test_a_name_with_a_sign_of_addresses_in_it_is_another_connectors(client: ConnectClient, config: Config) -> None:
    """Without encoding, each name would end early and delete the connector of the shorter name."""
    client.create(config, state="STOPPED")
    name = config["name"]
    for other in (f"{name}#1", f"{name}?x", f"{name};x", f"{name} "):
        with pytest.raises(ConnectFailed, match="404"):
            client.delete(other)
    for other in (f"other/../{name}", f"{name}%20"):
        with pytest.raises(InvalidInput, match="cannot have the name"):
            client.delete(other)
    assert name in client.connectors()
    strange = {**config, "name": f"{name}#1?;& 주문"}
    client.run(strange)
    assert client.config(strange["name"])["file"] == config["file"]
    client.forget(strange["name"])
    assert strange["name"] not in client.connectors() and name in client.connectors()


@pytest.mark.parametrize("config", [None, [], "orders"])
def test_what_is_no_configuration_is_refused(client: ConnectClient, config: Any) -> None:
    for ask in (client.put, client.create, client.check, client.run):
        with pytest.raises(InvalidInput, match=r"configuration is a dictionary, not (NoneType|list|str)"):
            ask(config)


def test_a_patch_cannot_rename(client: ConnectClient, config: Config) -> None:
    with client.temporary(config) as name:
        with pytest.raises(InvalidInput, match="cannot be changed to 'other'"):
            client.patch(name, {"name": "other"})
        assert client.config(name)["name"] == name


def test_many_at_once_outlast_the_rebalances(client: ConnectClient, lab: Lab, topic: str, tmp_path: Path) -> None:
    """Each new connector makes the worker rebalance, and it refuses requests while it does."""
    configs = [connectors.file_sink(f"{topic}-{number}", tmp_path / f"{number}", [topic]) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda config: ConnectClient(lab).run(config)["connector"]["state"], configs))
        list(pool.map(lambda config: ConnectClient(lab).forget(config["name"]), configs))
    assert states == ["RUNNING"] * 6


def test_what_does_not_happen_is_told_with_what_was_seen(client: ConnectClient, config: Config) -> None:
    client.run(config)
    with pytest.raises(TimedOut, match=r"to fail; last seen: connector RUNNING, tasks RUNNING"):
        client.wait_failed(config["name"], timeout=0.3)
    with pytest.raises(TimedOut, match=r"to be PAUSED; last seen: connector RUNNING"):
        client.wait_state(config["name"], "PAUSED", timeout=0.3)
