# SPDX-License-Identifier: Apache-2.0
"""The folder of a class: what the hub needs, and a home for each learner. It is `class` in the folder of the teacher's lab."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from helpers.errors import InvalidInput, LabError
from helpers.settings import Settings
from helpers.stack.home.secrets import write_private

TEACHER = "teacher"
"""The name that the teacher signs in with."""

LOOPBACK = "127.0.0.1"
"""The address of a class that only this computer can reach."""

MB = 1_000_000
"""Bytes."""

NAME = re.compile(r"[^\W_][\w-]{0,29}")
"""What a learner may be called: letters of any script, digits, - and _. It becomes the name of a folder and part of an address."""

WORK = "kafka-sync-lab"
"""The folder of a learner that JupyterLab shows: the notebooks and what the learner makes."""


@dataclass(frozen=True)
class Room:
    """How a class runs: the content of `class.json`. Nothing in it is secret."""

    bind: str
    """The address of this computer at which the class listens. 0.0.0.0 is all of them."""
    address: str
    """What learners type: an IP address or a name of this computer."""
    port: int
    hub_port: int
    api_port: int
    page_port: int
    certificate: str | None = None
    key: str | None = None
    learners: int = 30
    """How many labs may run at the same time."""
    memory: int = 900
    """Megabytes that one learner needs: a lab, JupyterLab and a kernel. Measured with four and eight learners at once."""
    idle: float = 60.0
    """Minutes without activity after which a learner's lab ends."""

    @property
    def scheme(self) -> str:
        """`https` with a certificate, else `http`."""
        return "https" if self.certificate else "http"

    @property
    def url(self) -> str:
        """The address to write on the board."""
        return f"{self.scheme}://{self.address}:{self.port}"


class Place:
    """The folder of the class of the lab that `settings` name. It may not exist."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.home / "class"
        self.secrets = self.folder / "secrets"
        self.database = self.folder / "hub.sqlite"
        self.log = self.folder / "logs" / "hub.log"
        self.homes = self.folder / "homes"
        self.state = self.folder / "class.json"
        self.proxy_settings = self.folder / "proxy.toml"
        self.claims = self.folder / "claims"
        """A file for each name that a browser has taken, with the key that this browser brings."""

    def home(self, name: str) -> Path:
        """Return the home folder of the learner `name`. It may not exist. Raises `InvalidInput` for what is not a name."""
        if not NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} is not the name of a learner.", "`./lab class roster` shows the names.")
        return self.homes / name

    def lab(self, name: str) -> Path:
        """Return the folder of that learner's lab, their `LAB_HOME`."""
        return self.home(name) / "lab"

    def let_in(self, name: str) -> None:
        """Let the next browser that signs in as `name` have that name. Raises `InvalidInput` for what is not a name."""
        self.home(name)
        (self.claims / name).unlink(missing_ok=True)

    def refusal(self, name: str) -> Path:
        """Return the file that says why the lab of the learner `name` did not start when they last tried."""
        return self.home(name) / "refused.txt"

    def names(self) -> list[str]:
        """Return the names of all learners who have a home here."""
        return sorted(home.name for home in self.homes.iterdir()) if self.homes.exists() else []

    def room(self) -> Room | None:
        """Return how the class was last started, or None. Raises `LabError` for a damaged file."""
        try:
            return Room(**json.loads(self.state.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise LabError(
                f"{self.state} is damaged: {error}.", "Delete it. `./lab class up` makes a new one."
            ) from error

    def save(self, room: Room) -> None:
        """Remember how the class runs."""
        write_private(self.state, json.dumps(asdict(room), indent=2) + "\n")
