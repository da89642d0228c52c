# SPDX-License-Identifier: Apache-2.0
"""What servers with an HTTP interface have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from helpers.stack.home import secrets
from helpers.stack.servers.server import Server


class HttpServer(Server):
    """A server whose address is a URL."""

    @classmethod
    def address_of(cls, port: int) -> str:
        return f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Login(AuthBase):
    """Gives `user` and the password in `password_file` with a request of `requests` (`auth=`). It holds and shows no password."""

    user: str
    password_file: str

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        password = secrets.read(Path(self.password_file), "`./lab up` makes that of your own lab.")
        HTTPBasicAuth(self.user.encode(), password.encode())(r)
        return r


def ask(url: str, timeout: float, login: Login | None = None) -> bytes | None:
    """Return the body of the answer. None if none comes within `timeout` seconds, or if its status is not 200.

    A server that starts does not listen yet: who waits for it has the deadline, and shows its log.
    """
    with requests.Session() as session:
        session.trust_env = False  # an internet proxy cannot reach this computer's loopback
        try:
            answer = session.get(url, timeout=timeout, auth=login)
        except requests.RequestException:
            return None
        return answer.content if answer.status_code == requests.codes.ok else None
