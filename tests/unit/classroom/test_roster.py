# SPDX-License-Identifier: Apache-2.0
"""What the teacher reads of a learner's lab."""

from __future__ import annotations

import pytest

from helpers.classroom.roster import why_ended

KILLED = "Its log gives no reason, so it was probably killed."
FULL = "[2026-11-25 18:00:00,000] ERROR Error while writing to checkpoint file (kafka) java.io.IOException: No space left on device"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("", KILLED),
        ("[2026-11-25 18:00:00,000] INFO Assignment received from leader", KILLED),
        (
            f"[2026-11-25 17:59:59,000] INFO Kafka Server started\n{FULL}\n[2026-11-25 18:00:01,000] INFO shut down",
            FULL,
        ),
        ("mariadbd: Disk is full writing; No space left on device " + "x" * 400, None),
    ],
)
def test_why_a_server_has_ended(log: str, why: str | None) -> None:
    assert why_ended(log) == why if why else len(why_ended(log)) == 200
