# SPDX-License-Identifier: Apache-2.0
"""The programs of the shop as servers: each with its options in a file, and ready when its `/health` says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from helpers.processes import Command
from helpers.stack.home.place import Place
from helpers.stack.servers.http import HttpServer, ask


class Program(HttpServer):
    """A program of `helpers.shop` with these `options`. If they name a gateway, it is ready when the gateway lists it."""

    module: str
    start_timeout = 30.0
    stop_timeout = 10.0

    def __init__(self, place: Place, port: int, *, options: Mapping[str, object], version: str) -> None:
        super().__init__(place, port, version)
        self.options = dict(options)

    def configuration(self) -> dict[Path, str]:
        text = json.dumps({"port": self.port, **self.options}, indent=2, ensure_ascii=False)
        return {self.place.options: f"{text}\n"}

    def create(self) -> None:
        """Nothing: the program makes its database itself."""

    def command(self) -> Command:
        return [sys.executable, "-P", "-m", f"helpers.shop.{self.module}", "--settings", self.place.options]

    def is_ready(self) -> bool:
        gateway = self.options.get("gateway")
        listed = not gateway or self.address.encode() in (ask(f"{gateway}/instances", timeout=2) or b"")
        return listed and bool(ask(f"{self.address}/health", timeout=2))


class Gateway(Program):
    """What all requests go through."""

    kind, title, module = "gateway", "Gateway", "gateway"


class Orders(Program):
    """One instance of the order service."""

    kind, title, module = "orders", "Order service", "order_service"


class Catalog(Program):
    """The catalog service."""

    kind, title, module = "catalog", "Catalog service", "catalog_service"
