# SPDX-License-Identifier: Apache-2.0
"""The schema registry's settings."""

from __future__ import annotations

from pathlib import Path

from helpers.stack.home.place import Place
from helpers.stack.servers.java import Java
from helpers.stack.servers.registry import Registry

PROGRAM = Path("registry-3.3.3") / "quarkus-run.jar"
SERVER = Registry(Place(Path("home"), "registry"), 20_001, version="3.3.3", java=Java([PROGRAM], Path("caches")))


def test_each_port_is_on_loopback() -> None:
    [text] = SERVER.configuration().values()
    settings = dict(line.split("=", 1) for line in text.splitlines())
    ports = [key.removesuffix(".port") for key in settings if key.endswith(".port")]
    assert len(ports) == 2
    assert {settings[f"{key}.host"] for key in ports} == {"127.0.0.1"}
    assert settings["quarkus.http.port"] == "20001" and SERVER.address == "http://127.0.0.1:20001"


def test_its_memory_has_a_limit_and_its_place_can_be_found() -> None:
    command = [str(part) for part in SERVER.command()]
    assert "-Xmx256m" in command
    assert str(SERVER.place.settings) in command, "by this argument it is found and ended"
