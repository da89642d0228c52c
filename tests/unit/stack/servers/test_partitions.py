# SPDX-License-Identifier: Apache-2.0
"""A broker that does not answer, or not to the end, is an `OSError`. That answers are read right is tested on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, TCPServer
from threading import Event, Thread

import pytest

from helpers.processes import choose_port
from helpers.stack.servers import partitions


@contextmanager
def broker(answer: bytes, *, silent: bool = False) -> Iterator[int]:
    """Yield the port of a server that gives `answer` and closes the connection, or first stays silent."""
    released = Event()

    class Answering(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(answer)
            if silent:
                released.wait(10)

    with TCPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        released.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", [b"", b"\0\0", b"\0\0\0\5", b"\0\0\0\5abc"])
def test_an_answer_that_breaks_off(answer: bytes) -> None:
    with broker(answer) as port, pytest.raises(ConnectionError, match="closed the connection"):
        partitions.describe(port, "orders")


def test_a_frozen_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "PATIENCE", 0.1)
    with broker(b"\0\0", silent=True) as port, pytest.raises(TimeoutError):
        partitions.describe(port, "orders")


def test_no_broker() -> None:
    with pytest.raises(ConnectionRefusedError):
        partitions.describe(choose_port(set()), "orders")


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 16_383, 16_384])
def test_a_length_is_read_as_it_is_written(number: int) -> None:
    assert partitions._Answer(partitions._length(number)).varint() == number
