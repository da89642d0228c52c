# SPDX-License-Identifier: Apache-2.0
"""The relay passes on every byte, until a fault says otherwise; afterwards it passes on every byte again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from helpers.errors import InvalidInput, LabError
from helpers.faults import Connection, Relay, relay
from helpers.processes import choose_port

PATIENCE = 10.0
BRIEF = 0.2
"""Seconds in which what is held must not come."""


class Echo(StreamRequestHandler):
    """Answers each line with the same line, in capitals."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server that answers."""
    with ThreadingTCPServer(("127.0.0.1", 0), Echo) as running:
        running.daemon_threads = True
        Thread(target=running.serve_forever, args=(0.05,)).start()
        yield running.server_address[1]
        running.shutdown()


@pytest.fixture
def between(server: int) -> Iterator[Relay]:
    """A relay to that server."""
    with Relay(server) as running:
        yield running


def connect(between: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", between.port), PATIENCE)


def ask(client: socket.socket, line: bytes) -> bytes:
    """Send a line and return what comes back; empty if the connection was broken."""
    try:
        client.sendall(line)
        return client.recv(100)
    except ConnectionError:
        return b""


def is_silent(client: socket.socket) -> bool:
    """Whether nothing comes for a moment."""
    client.settimeout(BRIEF)
    try:
        return client.recv(100) is None
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE)


def test_it_passes_on_every_byte(between: Relay) -> None:
    large = b"a" * 1_000_000 + b"\n"
    with connect(between) as client, connect(between) as other:
        assert (ask(client, b"one\n"), ask(other, b"two\n")) == (b"ONE\n", b"TWO\n")
        sending = Thread(target=client.sendall, args=(large,))
        sending.start()
        with client.makefile("rb") as answer:
            assert answer.readline() == large.upper()
        sending.join()
        client.sendall(b"the end\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"THE END\n", "what is still said after one side has ended must arrive"


def test_swallowed_answers_are_lost_and_the_connection_is_broken(between: Relay) -> None:
    with connect(between) as client:
        assert ask(client, b"one\n")
        with between.swallow("answers"):
            client.sendall(b"two\n")
            between.wait_swallowed()
            assert is_silent(client)
        assert between.swallowed == 4
        assert ask(client, b"three\n") == b"", "a stream with a hole in it is of no use"
    with connect(between) as client:
        assert ask(client, b"four\n") == b"FOUR\n"


def test_a_connection_that_lost_nothing_goes_on(between: Relay) -> None:
    with connect(between) as client:
        with between.swallow("requests"):
            pass
        assert ask(client, b"one\n") == b"ONE\n"


def test_what_is_held_arrives_later(between: Relay) -> None:
    with connect(between) as client:
        with between.hold("answers"):
            client.sendall(b"one\n")
            assert is_silent(client)
        assert client.recv(100) == b"ONE\n"


def test_what_is_delayed_arrives_later(between: Relay) -> None:
    with connect(between) as client, between.delay("requests", 3 * BRIEF):
        client.sendall(b"one\n")
        assert is_silent(client)
        assert client.recv(100) == b"ONE\n"


def test_a_cut_breaks_what_is_there_and_what_comes(between: Relay) -> None:
    with connect(between) as client:
        assert ask(client, b"one\n")
        with between.cut():
            assert ask(client, b"two\n") == b""
            with connect(between) as other:
                assert ask(other, b"three\n") == b""
    with connect(between) as client:
        assert ask(client, b"four\n") == b"FOUR\n"


def test_a_filter_sees_each_piece_and_may_change_it(between: Relay) -> None:
    seen: list[bytes] = []

    def louder(connection: Connection, piece: bytes) -> bytes:
        assert not connection.spoiled
        seen.append(piece)
        return piece.replace(b"\n", b"!\n")

    with connect(between) as client, between.filter("requests", louder):
        assert ask(client, b"one\n") == b"ONE!\n"
    assert seen == [b"one\n"]


def test_a_fault_ends_by_itself(between: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LONGEST", BRIEF)
    with connect(between) as client, between.hold("answers"):
        assert ask(client, b"one\n") == b"ONE\n"
    with connect(between) as client, between.swallow("answers"):
        assert ask(client, b"one\n") == b"", "its connection is broken"
        with connect(between) as other:
            assert ask(other, b"two\n") == b"TWO\n"


def test_a_client_of_a_dead_server_is_not_kept_waiting() -> None:
    with Relay(choose_port(set())) as between, connect(between) as client:
        assert ask(client, b"one\n") == b""


def test_nothing_of_it_is_left(server: int) -> None:
    between = Relay(server).start()
    with connect(between) as client:
        assert ask(client, b"one\n")
        between.stop()
        assert ask(client, b"two\n") == b""
    between.stop()
    with pytest.raises(ConnectionRefusedError):
        connect(between)
    with Relay(server, between.port) as again, connect(again) as client:
        assert ask(client, b"three\n") == b"THREE\n", "its port is free again"


def test_bad_input(between: Relay) -> None:
    with pytest.raises(LabError, match=rf"The relay cannot listen at 127.0.0.1:{between.port}: .* Close the program"):
        Relay(1, between.port).start()
    with pytest.raises(InvalidInput, match="'down' is not a direction"), between.swallow("down"):  # type: ignore[arg-type]
        pass
