# SPDX-License-Identifier: Apache-2.0
"""How what has a name is removed from a lab: connectors first, because they would make their topics and tables again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from helpers import database, groups, topics
from helpers.connect import ConnectClient
from helpers.lab import Lab
from helpers.workspace.runs import Kind, Thing


def remove(lab: Lab, things: Iterable[Thing]) -> list[Thing]:
    """Remove what is there of `things`, and return the groups that could not be deleted, because they have members.

    A connector goes with its offsets, and with the topic and the groups that it keeps for itself. Raises `LabNotRunning`
    and what the servers say.
    """
    things = list(things)
    connectors = _named(things, "connector")
    _remove_connectors(lab, connectors)
    topics.delete(lab, *_named(things, "topic"), *(f"{name}-schema-history" for name in connectors), missing_ok=True)
    inner = [group for name in connectors for group in (f"connect-{name}", f"{name}-schemahistory")]
    for thing in things:
        if thing.settings:
            groups.configure(lab, thing.name, dict.fromkeys(thing.settings))
    busy = groups.delete_empty(lab, *_named(things, "group"), *inner, missing_ok=True)
    if tables := _named(things, "table"):
        database.drop(lab, *tables)
    for folder in _named(things, "folder"):
        if Path(folder).exists():
            shutil.rmtree(folder)
    return [Thing("group", name) for name in busy]


def _remove_connectors(lab: Lab, names: list[str]) -> None:
    if not names:
        return
    with ConnectClient(lab) as client:
        for name in set(names) & set(client.connectors()):
            client.forget(name)


def _named(things: Iterable[Thing], kind: Kind) -> list[str]:
    return [thing.name for thing in things if thing.kind == kind]
