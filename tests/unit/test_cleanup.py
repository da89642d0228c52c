# SPDX-License-Identifier: Apache-2.0
"""What is taken away after a block, and which error is told when both fail."""

from __future__ import annotations

import pytest

from helpers.cleanup import afterwards
from helpers.errors import KafkaFailed, LabNotRunning


def test_it_is_taken_away_after_a_good_and_after_a_bad_block() -> None:
    gone: list[str] = []
    with afterwards(lambda: gone.append("good"), "Topic orders"):
        assert not gone
    with pytest.raises(ZeroDivisionError), afterwards(lambda: gone.append("bad"), "Topic orders"):
        raise ZeroDivisionError
    assert gone == ["good", "bad"]


def fail() -> None:
    """What a removal says when the server is away."""
    raise LabNotRunning("No worker answers.")


def test_the_error_of_the_block_is_the_one_that_is_told() -> None:
    with pytest.raises(KafkaFailed, match="mine") as caught, afterwards(fail, "Connector orders"):
        raise KafkaFailed("mine")
    assert caught.value.__notes__ == ["Connector orders could not be removed: No worker answers."]


def test_a_removal_that_fails_alone_is_told() -> None:
    with pytest.raises(LabNotRunning), afterwards(fail, "Connector orders"):
        pass
