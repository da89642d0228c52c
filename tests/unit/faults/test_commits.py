# SPDX-License-Identifier: Apache-2.0
"""An answer to a COMMIT that is held, between two sockets: what passes, what does not, what breaks at the end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from helpers.errors import TimedOut
from helpers.faults import Relay, commits

PATIENCE = 10.0


@pytest.fixture
def database() -> Iterator[socket.socket]:
    """Listens as a database does."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def relay(database: socket.socket) -> Iterator[Relay]:
    with Relay(database.getsockname()[1]) as relay:
        yield relay


def connected(relay: Relay, database: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Return a client and its connection at the database."""
    client = socket.create_connection(("127.0.0.1", relay.port), PATIENCE)
    server, _ = database.accept()
    server.settimeout(PATIENCE)
    return client, server


def test_the_commit_passes_and_its_answer_does_not(relay: Relay, database: socket.socket) -> None:
    client, server = connected(relay, database)
    with closing(client), closing(server):
        with commits.hold(relay) as held:
            client.sendall(b"INSERT")
            assert server.recv(100) == b"INSERT"
            server.sendall(b"1 row")
            assert client.recv(100) == b"1 row", "only the answer to a COMMIT is held"
            client.sendall(commits.COMMIT)
            assert server.recv(100) == commits.COMMIT
            assert held.count == 0, "the database has not answered yet"
            server.sendall(b"done")
            held.wait(timeout=PATIENCE)
            client.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.recv(100)
        client.settimeout(PATIENCE)
        assert client.recv(100) == b"", "at the end the connection breaks: the answer never comes"


@pytest.mark.parametrize("said", [b"commit", b"Commit"])
def test_small_letters_commit_too(relay: Relay, database: socket.socket, said: bytes) -> None:
    client, server = connected(relay, database)
    with closing(client), closing(server), commits.hold(relay) as held:
        client.sendall(commits.COMMIT[:5] + said)
        assert server.recv(100).endswith(said)
        server.sendall(b"done")
        held.wait(timeout=PATIENCE)


def test_other_connections_notice_nothing(relay: Relay, database: socket.socket) -> None:
    client, server = connected(relay, database)
    with closing(client), closing(server):
        with commits.hold(relay), pytest.raises(TimedOut, match="1 transactions to be committed through the relay"):
            client.sendall(b"SELECT 'COMMIT'")  # no packet that commits
            assert server.recv(100) == b"SELECT 'COMMIT'"
            server.sendall(b"COMMIT")
            assert client.recv(100) == b"COMMIT"
            with commits.hold(relay) as held:
                held.wait(timeout=0.01)
        client.sendall(b"still here")
        assert server.recv(100) == b"still here"
