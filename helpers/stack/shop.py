# SPDX-License-Identifier: Apache-2.0
"""The shop of `./lab shop`: a gateway, a catalog service and order services, in the folder `shop` of a lab's home.

It needs a Kafka and a folder. So it works beside a lab of processes, a lab of containers, and servers elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path

from helpers.errors import InvalidInput, LabError, LabNotRunning
from helpers.project import PACKAGE
from helpers.stack.home import folder, ports
from helpers.stack.home.place import Place
from helpers.stack.progress import Reporter
from helpers.stack.servers.program import Catalog, Gateway, Orders, Program
from helpers.stack.servers.starting import start
from helpers.stack.status import ServerStatus

MOST = 8
"""How many instances of the order service it runs at most: each uses about 90 MB."""
WAYS = ("forget", "confirm", "outbox", "topic-first")
TOPIC = "example-order-topic"
GROUP = "consumerGroupId"

_KINDS: dict[str, type[Program]] = {kind.kind: kind for kind in (Orders, Catalog, Gateway)}
"""In the order in which they are stopped: who registers with the gateway leaves it first."""


@dataclass(frozen=True)
class Choice:
    """How the shop was last started: the content of `shop.json`. `ports` has a port for each program."""

    instances: int = 1
    way: str = "confirm"
    ports: dict[str, int] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the names of the programs, in the order in which they are stopped."""
        return [*(_numbered(number) for number in range(1, self.instances + 1)), "catalog", "gateway"]


def check(instances: int | None) -> None:
    """Raise `InvalidInput` for a number of order services that the shop does not run."""
    if instances is not None and not 1 <= instances <= MOST:
        raise InvalidInput(f"The shop runs 1 to {MOST} order services, not {instances}.", "Give such a number.")


class Shop:
    """The shop in the lab's folder `home`. One command at a time may change it, or the lab."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "shop"

    def up(
        self, bootstrap_servers: str, report: Reporter, *, instances: int | None = None, way: str | None = None
    ) -> list[ServerStatus]:
        """Start what does not run, or runs with other options, and return the status when all programs answer.

        Without `instances` and `way` it is as last time. Programs of more instances than wanted are stopped. If this fails or is
        interrupted, what it started is stopped. Raises `InvalidInput`, and `ServerFailed` with the end of a log.
        """
        check(instances)
        folder.make_home(self.home)
        with folder.locked(self.home):
            folder.clear(self.home)
            before = self._known() or Choice()
            wanted = replace(before, instances=instances or before.instances, way=way or before.way)
            chosen = replace(wanted, ports=self._ports(wanted, report))
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._save(chosen)
            for place in self._places():
                if place.name not in chosen.names():
                    place.end(Program.stop_timeout)
            start(self._programs(chosen, bootstrap_servers), report)
        return self.status()

    def down(self) -> list[str]:
        """Stop what runs of the shop, and return the names. The databases stay."""
        if not self.folder.exists():
            return []
        with folder.locked(self.home):
            return self._end()

    def reset(self) -> None:
        """Stop the shop and delete its databases, logs and ports. Does nothing if it was never started here."""
        if not (self.folder / "shop.json").exists():
            return  # a folder of this name may belong to another program
        with folder.locked(self.home):
            self._end()
            folder.forget(self.home, ["shop"])

    def status(self) -> list[ServerStatus]:
        """Return the status of each program. Raises `LabNotRunning` if the shop was never started here."""
        known = self._known()
        if not known:
            raise LabNotRunning(f"There is no shop in {self.home} yet.", "`./lab shop up` starts one.")
        version = metadata.version(PACKAGE)
        orders = [_numbered(number) for number in range(1, known.instances + 1)]
        return [
            _kind(name).status(Place(self.folder, name), known.ports[name], version)
            for name in ("gateway", "catalog", *orders)
        ]

    def running(self) -> dict[str, int]:
        """Return the name and process id of each program that runs."""
        found = {place.name: place.find() for place in self._places()}
        return {name: process.pid for name, process in found.items() if process}

    def _end(self) -> list[str]:
        return [place.name for place in self._places() if place.end(Program.stop_timeout)]

    def _places(self) -> list[Place]:
        """Return the places of all possible programs, in the order in which they are stopped."""
        return [Place(self.folder, name) for name in Choice(instances=MOST).names()]

    def _known(self) -> Choice | None:
        path = self.folder / "shop.json"
        try:
            return Choice(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise LabError(f"{path} is damaged: {error}.", "Delete it. Then the shop gets new ports.") from error

    def _save(self, choice: Choice) -> None:
        draft = self.folder / "shop.json.part"
        draft.write_text(json.dumps(asdict(choice), indent=2) + "\n", "utf-8")
        draft.replace(self.folder / "shop.json")

    def _ports(self, choice: Choice, report: Reporter) -> dict[str, int]:
        """Return a port for each program: its earlier one, or another one if a program uses that now."""
        places = {name: Place(self.folder, name) for name in choice.names()}
        idle = {name: _kind(name).title_of(place) for name, place in places.items() if not place.find()}
        return ports.keep_or_choose(choice.ports, idle, report)

    def _programs(self, choice: Choice, bootstrap_servers: str) -> list[Program]:
        gateway = Gateway.address_of(choice.ports["gateway"])
        common = {"bootstrap-servers": bootstrap_servers, "topic": TOPIC, "gateway": gateway}
        more: dict[str, dict[str, object]] = {
            "orders": {**common, "way": choice.way},
            "catalog": {**common, "group": GROUP},
            "gateway": {},
        }
        made = []
        for name in choice.names():
            place, kind = Place(self.folder, name), _kind(name)
            database = {"database": str(place.folder / "service.db")} if kind is not Gateway else {}
            options = {**more[kind.kind], **database}
            made.append(kind(place, choice.ports[name], options=options, version=metadata.version(PACKAGE)))
        return made


def _numbered(number: int) -> str:
    return "orders" if number == 1 else f"orders-{number}"


def _kind(name: str) -> type[Program]:
    return _KINDS[name.partition("-")[0]]
