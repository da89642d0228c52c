# SPDX-License-Identifier: Apache-2.0
"""A crew has settled when its running members share the partitions evenly, and the group counts no one else."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import clients, groups
from helpers.errors import TimedOut
from helpers.experiments.crews import settle
from helpers.lab import Lab
from helpers.records import produce


class Fake:
    """What `settle` asks of a member."""

    def __init__(self, lab: Lab, name: str, assignment: list[int], *, running: bool = True) -> None:
        self.lab, self.group, self.topic = lab, "group", "orders"
        self.name, self.assignment, self.running = name, assignment, running


@pytest.fixture
def partitions(mock: Lab) -> int:
    produce(mock, "orders", ["there is such a topic"])
    return len(clients.metadata(mock.admin, mock.bootstrap_servers, "orders").topics["orders"].partitions)


def test_a_crew_has_settled(mock: Lab, partitions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "count_members", lambda lab, group: 2)
    every = list(range(partitions))
    half = partitions // 2
    crew: list[Any] = [
        Fake(mock, "A", every[:half]),
        Fake(mock, "B", every[half:]),
        Fake(mock, "C", [0], running=False),
    ]
    assert set(settle(crew)) == set(every)


@pytest.mark.parametrize("counted", [1, 2])
def test_a_crew_has_not_settled(mock: Lab, partitions: int, counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "count_members", lambda lab, group: counted)
    crew: list[Any] = [Fake(mock, "A", list(range(partitions)))]
    if counted == 1:
        crew[0].assignment.pop()
    with pytest.raises(TimedOut, match="to share"):
        settle(crew, timeout=0.2)
