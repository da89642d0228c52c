# SPDX-License-Identifier: Apache-2.0
"""What a lab remembers between two starts: its ports, its cluster id, and which versions wrote its data."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from helpers.errors import LabError


@dataclass
class State:
    """The content of `<home>/lab.json`; nothing in it is secret."""

    ports: dict[str, int]
    cluster_id: str
    versions: dict[str, str]
    """For each server of this lab, by its name, the version that wrote its data folder."""
    database_server: str | None = None
    """This computer's own program that made the database's data folder, or None for the downloaded MariaDB."""

    @classmethod
    def load(cls, home: Path) -> State | None:
        """Return the state kept in `home`, or None if there is no lab yet.

        Raises `LabError` if it cannot be read, or if a newer version of the lab wrote it.
        """
        path = home / "lab.json"
        try:
            content = dict(json.loads(path.read_text("utf-8")))
            known = {field.name for field in fields(cls)}
            unknown = sorted(content.keys() - known)
            if unknown and known <= content.keys():
                problem = (
                    f"The lab in {home} was made by a newer version of this project: {path} has {', '.join(unknown)}."
                )
                raise LabError(problem, "Update the project, or set LAB_HOME to another folder. Nothing was changed.")
            return cls(**content)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            problem = f"{path} is damaged: {error}."
            raise LabError(problem, "`./lab reset` makes a new lab (and deletes this one's data).") from error

    @classmethod
    def new(cls) -> State:
        """Return the state of a lab that does not exist yet."""
        return cls(ports={}, cluster_id=new_id(), versions={})

    def save(self, home: Path) -> None:
        """Write this state into `home`, completely or not at all."""
        draft = home / "lab.json.part"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
        draft.replace(home / "lab.json")


def new_id() -> str:
    """Return 16 random bytes as Kafka writes its ids. Like Kafka's own, none begins with a dash, as an option would."""
    found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return found if not found.startswith("-") else f"A{found[1:]}"
