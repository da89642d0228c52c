# SPDX-License-Identifier: Apache-2.0
"""Where it dies: each row of the crash matrix as a function that sends the row's orders and kills something on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from helpers.experiments.crash_matrix.order_program import BEFORE_ACKNOWLEDGEMENT, BEFORE_PRODUCE
from helpers.experiments.crash_matrix.stage import Stage
from helpers.faults import commits, servers

Fault = Callable[[Stage, str], object]
"""Sends the orders of a place to the stage, and makes something fail."""

_SECONDS = 1.5  # so long orders come where something dies in mid-work: the kill meets some of them on the way


def nowhere(stage: Stage, place: str) -> None:
    """Nothing dies: what the numbers are then."""
    stage.sender(place).run()


def before_produce(stage: Stage, place: str) -> None:
    """The program dies when it has sent three of four orders. The others were only in its memory."""
    sent = stage.count * 3 // 4
    stage.sender(place, rate=1000, crash=f"{BEFORE_PRODUCE}:{sent + 1}").run()


def before_acknowledgement(stage: Stage, place: str) -> None:
    """The program dies when the broker has all orders. It does not know, so it sends them again after its restart."""
    stage.sender(place, crash=BEFORE_ACKNOWLEDGEMENT).run()
    stage.sender(place).run()


def between_commits(stage: Stage, place: str) -> None:
    """The worker dies when the database has committed all rows and no offset is committed. So does the consumer by hand."""
    later = ExitStack()  # outside: the worker starts again when answers arrive again
    with later, commits.hold(stage.relay) as held:
        _send_and_hold(stage, place, held)
        later.enter_context(_writers_killed(stage))


def lost_answer(stage: Stage, place: str) -> None:
    """Nothing dies. The database has committed all rows, and the answer never arrives: the connection breaks."""
    with commits.hold(stage.relay) as held:
        _send_and_hold(stage, place, held)


def writer_at_work(stage: Stage, place: str) -> None:
    """The worker dies somewhere in its work, and the consumer by hand with it."""
    with _under_way(stage, place), _writers_killed(stage):
        pass


def broker_at_work(stage: Stage, place: str) -> None:
    """The broker dies while orders arrive."""
    with _under_way(stage, place), servers.kill(stage.lab, "kafka"):
        pass


def database_at_work(stage: Stage, place: str) -> None:
    """The database dies while rows are written."""
    with _under_way(stage, place), servers.kill(stage.lab, stage.database):
        pass


def _send_and_hold(stage: Stage, place: str, held: commits.Held) -> None:
    stage.sender(place).run()
    stage.wait_rows(place, stage.count)
    stage.wait_for(lambda: held.count >= len(stage.ways), "every way to commit", lambda: held.count)


@contextmanager
def _writers_killed(stage: Stage) -> Iterator[None]:
    """Kill the worker with its sinks, and the consumer by hand."""
    with servers.kill(stage.lab, "connect"):
        stage.writer.kill()
        yield


@contextmanager
def _under_way(stage: Stage, place: str) -> Iterator[None]:
    """In the block some of the orders are rows already, and the others are still being sent."""
    with stage.sender(place, rate=stage.count / _SECONDS) as sender:
        stage.wait_rows(place, 1)
        yield
        sender.wait()


PLACES: dict[str, Fault] = {
    "nowhere": nowhere,
    "program, before produce": before_produce,
    "program, before acknowledgement": before_acknowledgement,
    "sink, between the two commits": between_commits,
    "sink, in mid-work": writer_at_work,
    "broker, in mid-work": broker_at_work,
    "database, in mid-work": database_at_work,
    "nowhere, but an answer is lost": lost_answer,
}
"""The rows of the matrix, in the order in which a record passes them."""
