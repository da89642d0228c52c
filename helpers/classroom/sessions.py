# SPDX-License-Identifier: Apache-2.0
"""Start a class and end it. A class is the hub, its proxy, and a lab for each learner who has signed in."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from helpers.classroom import certificate, hub_process, programs, roster, words
from helpers.classroom.interface import Interface
from helpers.classroom.place import LOOPBACK, Place, Room
from helpers.errors import InvalidInput, LabError, LabNotRunning
from helpers.processes import can_bind
from helpers.project import PACKAGE
from helpers.settings import Settings
from helpers.stack import training
from helpers.stack.home import folder, ports
from helpers.stack.local import LocalLab
from helpers.stack.progress import Reporter

_EVERYWHERE = "0.0.0.0"
_PORTS = {"port": "The class", "hub_port": "The hub", "api_port": "The proxy", "page_port": "The teacher's page"}


@dataclass(frozen=True)
class Wishes:
    """How a class should run. None means as last time, or the default of `Room`."""

    address: str = LOOPBACK
    port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    learners: int | None = None
    memory: int | None = None
    idle: float | None = None


class Session:
    """The class of the lab that `settings` name."""

    def __init__(self, settings: Settings) -> None:
        self.place = Place(settings)

    def up(self, wishes: Wishes, report: Reporter) -> Room:
        """Start the class and return how it runs. If it runs already, it stays as it is. Labs that run go on.

        Raises `LabError` if packages are missing, `InvalidInput` for an address, a port or a certificate that cannot be used,
        `ServerFailed` if the hub or the first lab does not start.
        """
        _check_packages()
        if room := self.running():
            report.say("The class runs already. To change how it runs, end it first: `./lab class down`.")
            return room
        folder.make_home(self.place.settings.home)
        self.place.folder.mkdir(mode=0o700, exist_ok=True)
        with folder.locked(self.place.folder):
            hub_process.end(self.place)  # what a killed hub has left
            room = self._room(wishes, report)
            # Everything that the labs share is there before thirty learners need it at once.
            training.prepare(self.place.settings, report)
            self.place.save(room)
            report.say("Starting the class")
            hub_process.start(self.place, room)
        return room

    def down(self) -> list[str]:
        """End the class and every lab in it. Return the names of the learners whose labs ran. Their work is kept."""
        if not self.place.folder.exists():
            return []
        with folder.locked(self.place.folder):
            ran = set(programs.of_learners(self.place))
            hub_process.end(self.place)
            ran.update(programs.end_all(self.place))
            words.forget(self.place.secrets)
            self.place.database.unlink(missing_ok=True)  # it names processes that have ended
            return sorted(ran)

    def running(self) -> Room | None:
        """Return how the class runs, or None if it does not."""
        return self.place.room() if hub_process.find(self.place) else None

    def words(self) -> words.Words:
        """Return the words of the class. Missing ones are made."""
        return words.words(self.place.secrets)

    def roster(self) -> list[roster.Learner]:
        """Return everybody who has a home in the class. If the class does not run, all of them are away."""
        room = self.running()
        return roster.learners(self.place, self._hub(room).present() if room else {})

    def end(self, name: str) -> None:
        """End the lab of the learner `name`. What they wrote is kept. Raises `InvalidInput` if there is no such learner."""
        if name not in self.place.names():
            there = ", ".join(self.place.names()) or "nobody yet"
            raise InvalidInput(f"There is no learner {name!r} in this class.", f"There are: {there}.")
        if room := self.running():
            self._hub(room).end(name)
        programs.end(self.place, name, programs.of_learners(self.place)[name])

    def reset(self, name: str) -> None:
        """End the lab of the learner `name`, delete its topics, tables and logs, and let their name in from any browser.

        Notebooks and progress are kept. Raises `InvalidInput` if there is no such learner.
        """
        self.end(name)
        LocalLab(replace(self.place.settings, home=self.place.lab(name))).reset()
        self.place.let_in(name)

    def _hub(self, room: Room) -> Interface:
        return Interface(room.hub_port, self.words().api)

    def _room(self, wishes: Wishes, report: Reporter) -> Room:
        """How the class will run: as wished, else as last time, else by default."""
        before = self.place.room()
        known = {name: getattr(before, name) for name in _PORTS} if before else {}
        # Labs that go on after their hub was killed know the hub by its port.
        chosen = ports.keep_or_choose(known, _PORTS, report)
        if wishes.port:
            chosen["port"] = wishes.port
        _check_port(wishes.address, chosen["port"])
        address = _this_computer() if wishes.address == _EVERYWHERE else wishes.address
        made, key = self._certificate(wishes, address)
        room = Room(wishes.address, address, **chosen, certificate=made, key=key)
        kept = {name: getattr(before or room, name) for name in ("learners", "memory", "idle")}
        wished = {name: getattr(wishes, name) for name in kept if getattr(wishes, name) is not None}
        return replace(room, **{**kept, **wished})

    def _certificate(self, wishes: Wishes, address: str) -> tuple[str | None, str | None]:
        """The files of the teacher's own certificate, or of one made for the class. On loopback none is needed."""
        own = (wishes.certificate, wishes.key)
        if any(own):
            for path in own:
                if not path or not path.is_file():
                    problem = (
                        f"{path} is not a file." if path else "A certificate needs its key, and a key its certificate."
                    )
                    raise InvalidInput(problem, "Give both files: --certificate FILE --key FILE.")
            return str(wishes.certificate), str(wishes.key)
        if wishes.address == LOOPBACK:
            return None, None
        found = certificate.make(self.place.secrets / "certificates", address)
        return str(found[0]), str(found[1])


def _check_packages() -> None:
    if missing := [name for name in ("jupyterhub", "jupyterhub_traefik_proxy") if not _is_installed(name)]:
        raise LabError(
            f"A class needs packages that are not installed: {', '.join(missing)}.",
            f"Start it with `./lab class up`, which installs them, or by hand: pip install -e '.[class]' ({PACKAGE}).",
        )


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # it is known not to be there
        return False


def _check_port(address: str, port: int) -> None:
    """Raise `InvalidInput` if the class cannot listen there."""
    if not can_bind(port, address):
        problem = f"Port {port} of {address} is used by another program, or this computer does not have that address."
        raise InvalidInput(problem, f"Give another one with --port, or another --address. {_addresses()}")


def _this_computer() -> str:
    """The first address at which other computers reach this one. Raises `LabNotRunning` if there is none."""
    found = _network()
    if not found:
        raise LabNotRunning(
            "This computer has no network.", "Connect it, or leave --address out for a class on this computer."
        )
    return found[0]


def _network() -> Sequence[str]:
    addresses = (it for some in psutil.net_if_addrs().values() for it in some if it.family == socket.AF_INET)
    return [it.address for it in addresses if not it.address.startswith("127.")]


def _addresses() -> str:
    return f"It has: {', '.join(_network()) or 'only 127.0.0.1'}."
