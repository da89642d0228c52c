# SPDX-License-Identifier: Apache-2.0
"""The verbs of `lab` that have verbs of their own: plugins, shop, registry. No logic of its own, as in `cli`."""

from __future__ import annotations

import json
import sys

import click

from helpers.command import console
from helpers.command import shop as shop_command
from helpers.errors import LabNotRunning
from helpers.settings import settings
from helpers.stack import plugins as connect_plugins
from helpers.stack import registry as schema_registry
from helpers.stack.labs import lab_in, without_containers
from helpers.stack.local import LocalLab
from helpers.stack.shop import WAYS

_ANOTHER_LAB = "Use a lab without containers: set LAB_HOME to another folder."


@click.group()
def plugins() -> None:
    """List, add and remove your own connectors, converters and transforms."""


@plugins.command("list", epilog="Example: ./lab plugins list")
def list_plugins() -> None:
    """Show the plugins that the worker finds: the lab's own, then the added ones."""
    for place in _own_worker().plugin_paths():
        for plugin in connect_plugins.installed(place):
            console.result(plugin.name)
            for name, kind in plugin.classes.items():
                console.result(f"  {kind:<17}{name}")


@plugins.command("add", epilog="Example: ./lab plugins add ~/Downloads/confluentinc-kafka-connect-jdbc-10.8.4.zip")
@click.argument("source", metavar="FILE|FOLDER|URL")
def add_plugin(source: str) -> None:
    """Add a connector, converter or transform to the lab's worker, from an archive, a folder or a web address."""
    with console.Terminal() as report:
        plugin = _own_worker().add_plugin(source, report)
    console.say(f"Added {plugin.name}: {', '.join(plugin.classes)}")
    if source.lower().startswith("http://"):
        console.say("It came without TLS: anybody between you and that address could have changed it. Prefer https.")


@plugins.command("remove", epilog="Example: ./lab plugins remove confluentinc-kafka-connect-jdbc-10.8.4")
@click.argument("name")
def remove_plugin(name: str) -> None:
    """Remove a plugin that was added."""
    with console.Terminal() as report:
        _own_worker().remove_plugin(name, report)
    console.say(f"Removed {name}.")


@click.group()
def shop() -> None:
    """The services of lessons 08 and 09 as programs, to try with curl or with a program of your own."""


@shop.command("up", epilog="Example: ./lab shop up --instances 2")
@click.option("--instances", type=int, help="How many order services (1, or as last time).")
@click.option("--way", type=click.Choice(WAYS), help="How an order gets to Kafka (confirm, or as last time).")
def shop_up(instances: int | None, way: str | None) -> None:
    """Start a gateway, a catalog service and order services. They end with the lab."""
    with console.Terminal() as report:
        console.show_servers(shop_command.up(settings(), report, instances=instances, way=way))


@shop.command("down", epilog="Example: ./lab shop down")
def shop_down() -> None:
    """Stop the services. Their databases are kept."""
    stopped = shop_command.shop_in(settings()).down()
    console.say(f"Stopped: {', '.join(stopped)}." if stopped else "The shop was not running.")


@shop.command("status", epilog="Example: ./lab shop status --json | python -m json.tool")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
def shop_status(as_json: bool) -> None:
    """Show the services: address, process, memory, uptime. Exit code 3 if not all of them run."""
    services = shop_command.shop_in(settings()).status()
    if as_json:
        console.result(json.dumps(shop_command.as_dictionary(services), indent=2))
    else:
        console.show_servers(services)
    if not all(service.running for service in services):
        sys.exit(LabNotRunning.exit_code)


@click.group()
def registry() -> None:
    """Start and stop a schema registry, which is optional."""


@registry.command("up", epilog="Example: ./lab registry up")
def registry_up() -> None:
    """Start the registry and the servers. The first time it downloads 164 MB and adds an Avro converter to the worker."""
    with console.Terminal() as report:
        servers = schema_registry.up(_without_containers("registry", _ANOTHER_LAB), report)
    console.show_servers(servers.values())


@registry.command("down", epilog="Example: ./lab registry down")
def registry_down() -> None:
    """Stop the registry. Its schemas are kept, and the other servers stay as they are."""
    ran = schema_registry.down(_without_containers("registry", _ANOTHER_LAB))
    console.say("Stopped: registry." if ran else "No registry was running.")


def _own_worker() -> LocalLab:
    return _without_containers("plugins", "Add connectors in docker-compose.yml.")


def _without_containers(what: str, remedy: str) -> LocalLab:
    return without_containers(lab_in(settings()), what, remedy)
