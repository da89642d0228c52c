# SPDX-License-Identifier: Apache-2.0
"""What servers with an HTTP interface have in common."""

from __future__ import annotations

import requests

from helpers.stack.servers.server import Server


class HttpServer(Server):
    """A server whose address is a URL."""

    @classmethod
    def address_of(cls, port: int) -> str:
        return f"http://127.0.0.1:{port}"


def ask(url: str, timeout: float) -> bytes | None:
    """Return the body of the answer. None if none comes within `timeout` seconds, or if its status is not 200.

    A server that starts does not listen yet: who waits for it has the deadline, and shows its log.
    """
    with requests.Session() as session:
        session.trust_env = False  # an internet proxy cannot reach this computer's loopback
        try:
            answer = session.get(url, timeout=timeout)
        except requests.RequestException:
            return None
        return answer.content if answer.status_code == requests.codes.ok else None
