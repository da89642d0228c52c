# SPDX-License-Identifier: Apache-2.0
"""What the shop keeps in a lab's folder, without a process."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import pytest

from helpers import services
from helpers.errors import InvalidInput, LabError, LabNotRunning
from helpers.shop import catalog_service, order_service
from helpers.stack.progress import Silent
from helpers.stack.servers.program import Gateway, Orders
from helpers.stack.shop import GROUP, MOST, TOPIC, WAYS, Choice, Shop, check


class Said(Silent):
    """Keeps what it was to show."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def keep(shop: Shop, text: str) -> None:
    shop.folder.mkdir()
    (shop.folder / "shop.json").write_text(text)


def test_a_number_that_it_does_not_run(shop: Shop) -> None:
    for count in (0, -1, MOST + 1, 10**30):
        with pytest.raises(InvalidInput, match="1 to 8 order services"):
            check(count)
        with pytest.raises(InvalidInput):
            shop.up("127.0.0.1:9", Silent(), instances=count)
    for fine in (None, 1, MOST):
        check(fine)
    assert not shop.folder.exists()


def test_the_names_are_those_of_the_programs() -> None:
    """The stack and the notebooks start them by name and import nothing of them: so the defaults stand in three places."""
    assert get_args(order_service.Way) == WAYS
    assert order_service.TOPIC == catalog_service.TOPIC == services.TOPIC == TOPIC
    assert catalog_service.GROUP == services.GROUP == GROUP


def test_who_registers_with_the_gateway_stops_before_it() -> None:
    assert Choice(3).names() == ["orders", "orders-2", "orders-3", "catalog", "gateway"]


def test_there_is_none_yet(shop: Shop) -> None:
    with pytest.raises(LabNotRunning, match="There is no shop in"):
        shop.status()
    assert shop.down() == [] and shop.running() == {}


def test_a_reset_leaves_a_folder_of_this_name_that_belongs_to_another_program(shop: Shop) -> None:
    shop.folder.mkdir()
    (shop.folder / "mine.txt").touch()
    shop.reset()
    assert (shop.folder / "mine.txt").exists()
    (shop.folder / "shop.json").write_text(json.dumps(asdict(Choice())))
    shop.reset()
    assert not shop.folder.exists()


@pytest.mark.parametrize("text", ["{", "3", '{"way": "confirm", "colour": "red"}'])
def test_a_damaged_file_says_what_to_do(shop: Shop, text: str) -> None:
    keep(shop, text)
    with pytest.raises(LabError, match=r"shop.json is damaged: .* Delete it"):
        shop.status()


def test_ports_are_kept_and_a_taken_one_moves(shop: Shop) -> None:
    said = Said()
    first = shop._ports(Choice(2), said)
    assert first.keys() == {"orders", "orders-2", "catalog", "gateway"} and len(set(first.values())) == 4
    assert shop._ports(Choice(2, ports=first), said) == first and said.lines == []
    with socket.create_server(("127.0.0.1", first["orders-2"])):
        moved = shop._ports(Choice(2, ports=first), said)
    assert moved["orders-2"] not in first.values() and {**moved, "orders-2": 0} == {**first, "orders-2": 0}
    (line,) = said.lines
    assert line == f"Port {first['orders-2']} is used by another program. Order service 2 moves to {moved['orders-2']}"


def test_each_program_gets_its_own_database_and_the_address_of_the_gateway(shop: Shop) -> None:
    ports = {"orders": 1, "orders-2": 2, "catalog": 3, "gateway": 4}
    programs = shop._programs(Choice(2, "outbox", ports), "127.0.0.1:9")
    options = {program.place.name: json.loads(*program.configuration().values()) for program in programs}
    assert {name: each["port"] for name, each in options.items()} == ports
    assert {each.get("gateway") for name, each in options.items() if name != "gateway"} == {"http://127.0.0.1:4"}
    assert options["orders"]["way"] == options["orders-2"]["way"] == "outbox"
    databases = [each["database"] for each in options.values() if "database" in each]
    assert len(set(databases)) == 3 and options["gateway"] == {"port": 4}
    for program in programs:
        assert program.command()[-1] == program.place.options, "its place finds its process by this argument"
        assert not program.is_ready()
    assert isinstance(programs[0], Orders) and isinstance(programs[-1], Gateway)
