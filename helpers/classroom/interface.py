# SPDX-License-Identifier: Apache-2.0
"""What the hub says and does when it is asked, over its REST interface on this computer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests

from helpers.errors import LabError, LabNotRunning
from helpers.waiting import wait_until

_PATIENCE = 10.0  # seconds for one answer
_END_TIMEOUT = 120.0  # seconds in which a lab ends on a busy server


@dataclass(frozen=True)
class Presence:
    """What the hub knows of one learner. `active` is when they last did something (seconds since 1970), None if never."""

    name: str
    state: str
    """`running`, `starting`, `ending` or `away`."""
    active: float | None


class Interface:
    """The hub at `127.0.0.1:port`, asked with the word that only the hub and this user know."""

    def __init__(self, port: int, word: str) -> None:
        self._url = f"http://127.0.0.1:{port}/hub/api"
        self._session = requests.Session()
        self._session.trust_env = False  # loopback goes through no proxy
        self._session.headers["Authorization"] = f"token {word}"

    def answers(self) -> bool:
        """Return whether the hub answers now."""
        try:
            return self._session.get(self._url, timeout=_PATIENCE).ok
        except requests.RequestException:
            return False

    def present(self) -> dict[str, Presence]:
        """Return everybody who signed in since the class began, by name. Raises `LabNotRunning` if the hub does not answer."""
        found = self._ask("GET", "/users?include_stopped_servers=true").json()
        return {user["name"]: _presence(user) for user in found}

    def end(self, name: str) -> None:
        """End the lab of the learner `name`, and return when it has ended. Does nothing if it does not run.

        Raises `LabNotRunning` if the hub does not answer, `LabError` if it refuses, and `TimedOut`.
        """
        if self._state(name) == "away":
            return
        self._ask("DELETE", f"/users/{quote(name)}/server", _END_TIMEOUT)
        wait_until(lambda: self._state(name) == "away", _END_TIMEOUT, f"the lab of {name} to end", pause=0.2)

    def _state(self, name: str) -> str:
        found = self.present().get(name)
        return found.state if found else "away"

    def _ask(self, method: str, path: str, timeout: float = _PATIENCE) -> requests.Response:
        try:
            answer = self._session.request(method, f"{self._url}{path}", timeout=timeout)
        except requests.RequestException as error:
            raise LabNotRunning("The class does not answer.", "`./lab class up` starts it.") from error
        if not answer.ok:
            raise LabError(f"The hub refused: {_reason(answer)}.", "Wait a moment, then try again.")
        return answer


def _presence(user: dict[str, Any]) -> Presence:
    server = user["servers"].get("")
    state = "away"
    if server and (server["ready"] or server["pending"]):
        state = {"spawn": "starting", "stop": "ending"}.get(server["pending"], "running")
    active = (server or user)["last_activity"]
    return Presence(user["name"], state, datetime.fromisoformat(active).timestamp() if active else None)


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"]).rstrip(".")
    except (ValueError, KeyError):
        return f"status {answer.status_code}"
