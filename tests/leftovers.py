# SPDX-License-Identifier: Apache-2.0
"""What is in a lab by name, so that a test can show that it leaves nothing behind.

Only what is new counts: the broker forgets an empty group of an earlier test when it likes.
"""

from __future__ import annotations

from helpers import database, groups, topics
from helpers.connect import ConnectClient
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE


def everything(lab: Lab) -> set[str]:
    """Return each connector, topic, group and table of `lab`, as "topic orders"."""
    copies = database.engine(lab, "owner", database=SINK_DATABASE)
    with ConnectClient(lab) as client:
        found = {"connector": client.connectors(), "topic": topics.names(lab), "group": groups.names(lab)}
    found |= {"table": database.tables(lab), f"table of {SINK_DATABASE}": database.tables(copies)}
    return {f"{kind} {name}" for kind, names in found.items() for name in names}
