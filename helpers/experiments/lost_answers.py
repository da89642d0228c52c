# SPDX-License-Identifier: Apache-2.0
"""An answer that gets lost on its way back: the order was accepted, and the customer never hears of it (lesson 09)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

from helpers.errors import InvalidInput
from helpers.faults.relay import Connection, Relay


@contextmanager
def first_answer_lost(url: str) -> Iterator[str]:
    """Yield a second address of the service at `url`, an address on this computer. The first answer from there is lost.

    Its connection is broken when the answer comes, so the service has done what was asked. All later answers pass.
    Raises `InvalidInput` for a `url` without a port.
    """
    target = urlsplit(url)
    if target.hostname != "127.0.0.1" or not target.port:
        raise InvalidInput(f"{url!r} is not an address of this computer.", "Write it as in http://127.0.0.1:8000.")
    pieces = count()

    def lose_first(connection: Connection, piece: bytes) -> bytes:
        if next(pieces):
            return piece
        connection.abort()
        return b""

    with Relay(target.port) as relay, relay.filter("answers", lose_first):
        yield f"http://{relay.address}{target.path}"
