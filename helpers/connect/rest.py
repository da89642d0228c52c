# SPDX-License-Identifier: Apache-2.0
"""One request to the Connect worker: its time limit, its errors, and the wait while the worker rebalances."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import requests

from helpers.errors import ConnectFailed, LabNotRunning, TimedOut
from helpers.stack.servers.http import Login
from helpers.waiting import wait_until

_REMEDIES = {
    400: "See `validate` for what each key allows.",
    401: (
        "For the lab of `./lab up`, run `attach()` again. For a worker elsewhere, name connect_user and "
        "connect_password_file in the file of LAB_ATTACH."
    ),
    404: "`connectors()` lists the existing connectors, `plugins()` the available classes.",
    409: "Use another name, or replace its configuration with `put`.",
}

_MOMENTARY = ("because a rebalance is expected", "can be safely retried")


class Rest:
    """Sends requests to the worker at `url`, each to be answered within `timeout` seconds. `login` is for one with a password."""

    def __init__(self, url: str, timeout: float, login: Login | None = None) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._session = requests.Session()
        self._session.auth = login
        self._session.trust_env = False  # an internet proxy cannot reach this computer's loopback

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Return the worker's answer, None where it sends none. It is asked again while it rebalances or stops tasks.

        Raises `LabNotRunning`, `TimedOut` or `ConnectFailed`.
        """
        answer = self._send(method, path, body, query)

        def settled() -> bool:
            nonlocal answer
            answer = self._send(method, path, body, query)
            return not _momentary(answer)

        if _momentary(answer):
            wait_until(
                settled,
                self.timeout,
                f"the worker at {self.url} to be ready for {method} {path}",
                last_seen=lambda: words(answer),
                remedy="`./lab status` shows whether it still runs; its log says what it waits for.",
                pause=0.2,
            )
        if answer.status_code == requests.codes.unauthorized:
            raise self._no_entry()
        if not answer.ok:
            raise _refused(answer)
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Close the connection; a later request opens it again."""
        self._session.close()

    def _no_entry(self) -> ConnectFailed:
        login = self._session.auth
        problem = (
            f"Kafka Connect at {self.url} does not accept the user {login.user!r} with the password in {login.password_file}."
            if isinstance(login, Login)
            else f"Kafka Connect at {self.url} wants a user and a password, and none is known here."
        )
        return ConnectFailed(problem, _REMEDIES[401], status=401)

    def _send(self, method: str, path: str, body: object, query: Mapping[str, object]) -> requests.Response:
        told = {key: str(value).lower() for key, value in query.items()}
        try:
            return self._session.request(method, self.url + path, json=body, params=told, timeout=self.timeout)
        except requests.Timeout as error:
            problem = f"Kafka Connect at {self.url} did not answer {method} {path} within {self.timeout:g} s."
            remedy = "It may wait for Kafka or for the connector's database: `./lab status` shows what runs."
            raise TimedOut(problem, remedy) from error
        except requests.ConnectionError as error:
            reason = "Connection refused" if "refused" in str(error) else "the connection broke"
            problem = f"No Kafka Connect worker answers at {self.url} ({reason})."
            raise LabNotRunning(
                problem, "Start it with `./lab up`: its connectors continue where they stopped."
            ) from error


def _momentary(answer: requests.Response) -> bool:
    """Whether the worker refuses for now: it rebalances (409, some endpoints 500), or stopped tasks have not ended yet."""
    if answer.status_code == 409:
        return "already exists" not in answer.text
    return answer.status_code == 500 and any(words in answer.text for words in _MOMENTARY)


def words(answer: requests.Response) -> str:
    """Return the worker's message in an error answer, on one line and without Java's details."""
    is_json = "json" in answer.headers.get("content-type", "")
    message = str(answer.json().get("message", "") if is_json else answer.text) or answer.reason
    message = re.sub(
        r"^[\w.]+Exception: |, available connectors are:.*|\nYou can also find .*", "", message, flags=re.DOTALL
    )
    return " ".join(message.split()).rstrip(".")


def _refused(answer: requests.Response) -> ConnectFailed:
    said = words(answer)
    what = f"{answer.request.method} {answer.request.path_url}"
    remedy = _REMEDIES[404] if "any class that implements" in said else _REMEDIES.get(answer.status_code, "")
    return ConnectFailed(
        f"Kafka Connect refused {what} ({answer.status_code}): {said}.", remedy, status=answer.status_code
    )
