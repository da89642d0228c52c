# SPDX-License-Identifier: Apache-2.0
"""A relay between clients and a server on this computer. It passes on every byte, until a fault says otherwise.

A fault is a filter: it gets each piece that passes in one direction, and returns what to pass on. It needs no special rights.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Literal

from helpers.errors import InvalidInput, LabError
from helpers.waiting import wait_until

Direction = Literal["requests", "answers"]
"""From the client to the server, or back."""

LONGEST = 120.0
"""Seconds after which a fault ends by itself."""

_HOST = "127.0.0.1"
_CHUNK = 65_536
_PATIENCE = 5.0


class Connection:
    """One client's connection through a relay. A filter that loses some of its bytes sets `spoiled`."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.spoiled = False
        """Whether bytes of it are lost. Neither side can use it any more, so it is broken when the fault ends."""
        self._ends = client, server
        for end in self._ends:
            end.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )  # else the system may keep a small piece for 40 ms

    def abort(self) -> None:
        """Break it for both sides. Does nothing if it has ended."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


Filter = Callable[[Connection, bytes], bytes]
"""Gets a piece that passes, and returns what to pass on. It may wait. Each connection has a thread for each direction."""


class Relay:
    """Listens at `port` of this computer (0: any free one) and passes on to the port `target`, for a `with` block.

    A client of a database can be sent through it. A client of Kafka leaves its first address as soon as it knows the brokers'
    own: for that, `cluster.relay` returns a relay whose address the broker itself names.
    """

    def __init__(self, target: int, port: int = 0) -> None:
        self.port = port
        self.swallowed = 0
        """Bytes that `swallow` has taken so far."""
        self._target = target
        self._refuses = threading.Event()
        self._filters: dict[Direction, list[Filter]] = {"requests": [], "answers": []}
        self._connections: set[Connection] = set()
        self._server: ThreadingTCPServer | None = None

    @property
    def address(self) -> str:
        """Where clients connect: `host:port`."""
        return f"{_HOST}:{self.port}"

    def start(self) -> Relay:
        """Listen. Returns itself. Raises `LabError` if another program uses the port."""
        try:
            self._server = _Server((_HOST, self.port), self._serve)
        except OSError as error:
            problem = f"The relay cannot listen at {self.address}: {error.strerror}."
            raise LabError(problem, "Close the program that uses this port, then run this again.") from error
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=f"relay {self.port}", daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Break all connections and end. May be called twice."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._break()

    def __enter__(self) -> Relay:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # The faults.

    @contextmanager
    def filter(self, direction: Direction, wanted: Filter) -> Iterator[None]:
        """Let `wanted` decide what passes in this direction. At the end, connections that it spoiled are broken."""
        if direction not in self._filters:
            raise InvalidInput(f"{direction!r} is not a direction.", "Choose 'requests' or 'answers'.")
        filters = self._filters[direction]

        def end() -> None:
            if wanted in filters:
                filters.remove(wanted)
                self._break(only_spoiled=True)

        filters.append(wanted)
        with _ending(end):
            yield

    @contextmanager
    def swallow(self, direction: Direction) -> Iterator[None]:
        """Lose everything that passes in this direction. At the end these connections are broken, as by a bad network."""

        def lose(connection: Connection, piece: bytes) -> bytes:
            connection.spoiled = True
            self.swallowed += len(piece)
            return b""

        with self.filter(direction, lose):
            yield

    @contextmanager
    def hold(self, direction: Direction) -> Iterator[None]:
        """Pass nothing on in this direction until the end of the block, and then all of it: nothing is lost."""
        released = threading.Event()

        def keep(_: Connection, piece: bytes) -> bytes:
            released.wait(LONGEST)
            return piece

        with self.filter(direction, keep), _ending(released.set):
            yield

    @contextmanager
    def delay(self, direction: Direction, seconds: float) -> Iterator[None]:
        """Pass each piece on `seconds` later, and only then read the next one."""
        never = threading.Event()

        def wait(_: Connection, piece: bytes) -> bytes:
            never.wait(seconds)
            return piece

        with self.filter(direction, wait):
            yield

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Break all connections, and every new one at once: the server cannot be reached."""
        self._refuses.set()
        self._break()
        with _ending(self._refuses.clear):
            yield

    def wait_swallowed(self, timeout: float = 10.0) -> None:
        """Return once `swallow` has taken something. Raises `TimedOut` after `timeout` seconds."""
        wait_until(lambda: self.swallowed, timeout, "the relay to swallow something", pause=0.01)

    # What passes.

    def _serve(self, client: socket.socket) -> None:
        """Pass on what this client and the server say, until both have ended."""
        if self._refuses.is_set():
            return
        try:
            server = socket.create_connection((_HOST, self._target), _PATIENCE)
        except OSError:  # the server is down: the client finds its connection closed
            return
        with server:
            server.settimeout(None)
            connection = Connection(client, server)
            self._connections.add(connection)
            if self._refuses.is_set():  # since the first look
                connection.abort()
            answers = threading.Thread(target=self._pass, args=(connection, "answers", server, client), daemon=True)
            answers.start()
            self._pass(connection, "requests", client, server)
            answers.join()
            self._connections.discard(connection)

    def _pass(self, connection: Connection, direction: Direction, source: socket.socket, goal: socket.socket) -> None:
        with suppress(OSError):  # one side broke the connection, or a fault did
            while piece := source.recv(_CHUNK):
                for wanted in list(self._filters[direction]):
                    piece = wanted(connection, piece)
                goal.sendall(piece)
        with suppress(OSError):
            goal.shutdown(socket.SHUT_WR)  # it ended on one side: what the other still says may pass

    def _break(self, *, only_spoiled: bool = False) -> None:
        for connection in list(self._connections):
            if connection.spoiled or not only_spoiled:
                connection.abort()


class _Server(ThreadingTCPServer):
    """Calls `serve` with each connection, in a thread of its own."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # a client that waits for a held answer must not keep the relay from ending

    def __init__(self, address: tuple[str, int], serve: Callable[[socket.socket], None]) -> None:
        super().__init__(address, BaseRequestHandler)
        self._serve = serve

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        assert isinstance(request, socket.socket), "it is not a server of datagrams"
        self._serve(request)


@contextmanager
def _ending(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` after the block, or after `LONGEST` seconds if that is earlier. So it may be called twice."""
    timer = threading.Timer(LONGEST, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        end()
