# SPDX-License-Identifier: Apache-2.0
"""The database side of a relay: a transaction is committed, and the program that committed it never gets the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers.faults.relay import Connection, Relay
from helpers.waiting import wait_until

COMMIT = b"\x07\x00\x00\x00\x03COMMIT"
"""What clients of MariaDB and MySQL send to commit: a packet of 7 bytes with number 0, the command 3 (query), and that word.

Connector/J of both databases and PyMySQL send exactly these bytes, in capitals or not.
"""


class Held:
    """The connections that the database has committed for, and whose answer is held."""

    def __init__(self) -> None:
        self._committing: set[Connection] = set()
        self._answered: set[Connection] = set()

    @property
    def count(self) -> int:
        """For how many connections the database has committed. Their clients wait for an answer that will not come."""
        return len(self._answered)

    def wait(self, count: int = 1, timeout: float = 60.0) -> None:
        """Return once the database has committed for `count` connections. Raises `TimedOut` after `timeout` seconds."""
        expected = f"{count} transactions to be committed through the relay"
        wait_until(lambda: self.count >= count, timeout, expected, last_seen=lambda: self.count, pause=0.01)

    def request(self, connection: Connection, piece: bytes) -> bytes:
        """Pass everything on, and note the connection that commits."""
        if COMMIT in piece.upper():
            connection.spoiled = True  # so that it breaks at the end: its client has lost an answer
            self._committing.add(connection)
        return piece

    def answer(self, connection: Connection, piece: bytes) -> bytes:
        """Pass on what belongs to the other connections."""
        if connection not in self._committing:
            return piece
        self._answered.add(connection)
        return b""


@contextmanager
def hold(relay: Relay) -> Iterator[Held]:
    """Let each COMMIT reach the database for the length of the block, and let no answer to it come back.

    So the database has committed, and the program still waits: what it would do next cannot happen. At the end of the block
    these connections break. Then the program knows only that something went wrong.
    """
    held = Held()
    with relay.filter("requests", held.request), relay.filter("answers", held.answer):
        yield held
