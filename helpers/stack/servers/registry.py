# SPDX-License-Identifier: Apache-2.0
"""The schema registry: Apicurio Registry, with its interfaces for Confluent's clients and for its own converter."""

from __future__ import annotations

from pathlib import Path

from helpers.processes import Command
from helpers.stack.home.place import Place
from helpers.stack.servers.http import HttpServer, ask
from helpers.stack.servers.java import Java, properties

CLIENTS = "/apis/ccompat/v7"
"""The path of the interface that Confluent's clients and serializers know."""
CONVERTER = "/apis/registry/v2"
"""The path of the interface that the converter in the worker knows."""


class Registry(HttpServer):
    """One schema registry on loopback. Its class path is the program that starts it. It keeps its schemas in one file."""

    kind = "registry"
    title = "Apicurio Registry"
    start_timeout = 180.0  # five seconds of work, which took two minutes on a very busy computer

    def __init__(self, place: Place, port: int, *, version: str, java: Java) -> None:
        super().__init__(place, port, version)
        self.java = java

    def create(self) -> None:
        """Makes nothing: the registry makes its file when it starts."""

    def is_ready(self) -> bool:
        """Whether the registry answers, which it does once it has read its schemas."""
        return ask(f"{self.address}{CLIENTS}/subjects", timeout=2) is not None

    def configuration(self) -> dict[Path, str]:
        settings = {
            "quarkus.http.host": "127.0.0.1",
            "quarkus.http.port": self.port,
            # Its health and metrics have a port of their own, which nobody here asks: the system chooses it.
            "quarkus.management.host": "127.0.0.1",
            "quarkus.management.port": 0,
            # By default the schemas are in memory. After a stop the same numbers would then stand for other schemas. The path
            # is relative to the server's folder, because a path in such an address cannot have every letter. Without the delay
            # (500 ms by default) a schema is in the file when it is answered, so a kill -9 loses none.
            "apicurio.datasource.url": f"jdbc:h2:file:./schemas-{self.version};WRITE_DELAY=0",
            # As a Confluent registry does. Apicurio's own default takes any schema.
            "apicurio.rules.global.compatibility": "BACKWARD",
            "quarkus.log.console.format": "[%d] %p %s%e (%c)%n",  # as the other servers write
        }
        return {self.place.settings: properties(settings)}

    def command(self) -> Command:
        # The setting is the file's address in its server's folder. The argument is for `Place`, which finds the server by it.
        settings = self.place.settings
        flags = ("-Xmx256m", "-XX:TieredStopAtLevel=1", f"-Dquarkus.config.locations={settings.name}")
        return self.java.server("io.quarkus.bootstrap.runner.QuarkusEntryPoint", settings, flags=flags)
