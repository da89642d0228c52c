# SPDX-License-Identifier: Apache-2.0
"""A learner with a browser, but without its pictures: signs in, waits for the lab, and runs cells through the class's proxy."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote

import requests
import websocket

from helpers.waiting import wait_until

READY_TIMEOUT = 240.0  # seconds from sign-in to JupyterLab on a busy machine
CELL_TIMEOUT = 120.0


@dataclass
class Learner:
    """One browser. `url` is the address of the class."""

    url: str
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # loopback goes through no proxy

    def sign_in(self, word: str) -> requests.Response:
        """Send the form of the sign-in page, and return the page that follows."""
        self.session.get(f"{self.url}/hub/login", timeout=30)
        form = {"username": self.name, "password": word, "_xsrf": self._xsrf("/hub/")}
        return self.session.post(f"{self.url}/hub/login", data=form, timeout=60)

    def refused(self, word: str) -> str:
        """Return why the sign-in with `word` was refused."""
        page = self.sign_in(word)
        assert page.status_code == 403, f"{self.name} came in"
        return " ".join(map(unescape, re.findall(r'login_error">([^<]*)<', page.text)))

    def refused_lab(self, word: str) -> str:
        """Sign in, and return what the page says of the lab that does not start, when it has given up."""
        self.sign_in(word)
        address = f"{self.url}/hub/spawn-pending/{quote(self.name)}"

        def given_up() -> str:
            text = self.session.get(address, timeout=60).text
            return text if "Your lab could not start" in text else ""

        return unescape(wait_until(given_up, READY_TIMEOUT, f"the lab of {self.name} to be given up"))

    def waiting_page(self) -> list[dict[str, Any]]:
        """Return what the waiting page shows until the lab is ready, or cannot start."""
        address = f"{self.url}/hub/api/users/{quote(self.name)}/server/progress"
        headers = {"Referer": f"{self.url}/hub/spawn-pending/{quote(self.name)}"}
        with self.session.get(address, headers=headers, stream=True, timeout=READY_TIMEOUT) as answer:
            lines = [line.decode() for line in answer.iter_lines() if line.startswith(b"data:")]
        return [json.loads(line.removeprefix("data:")) for line in lines]

    def opens(self) -> requests.Response:
        """Return JupyterLab's own page, with the cookies of this browser."""
        return self.session.get(f"{self.url}/user/{quote(self.name)}/lab", timeout=60)

    def ask(self, method: str, path: str, **details: Any) -> requests.Response:
        """Ask the learner's own JupyterLab, and return its answer, which has to be good."""
        base = f"/user/{quote(self.name)}/"
        headers = {"X-XSRFToken": self._xsrf(base), "Referer": f"{self.url}{base}lab"}
        answer = self.session.request(method, f"{self.url}{base}api/{path}", headers=headers, timeout=60, **details)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A kernel of the learner's JupyterLab, in the folder of the notebooks."""
        started = self.ask("POST", "kernels", json={"name": "python3", "path": "notebooks"}).json()["id"]
        try:
            with self.kernel_of(started) as kernel:
                yield kernel
        finally:
            self.ask("DELETE", f"kernels/{started}")

    @contextmanager
    def kernel_of(self, started: str) -> Iterator[Kernel]:
        """The kernel with the id `started`. It goes on when this ends."""
        base = f"/user/{quote(self.name)}/"
        cookies = "; ".join(f"{it.name}={it.value}" for it in self.session.cookies if it.path in ("/", base))
        address = f"{self.url.replace('http', 'ws', 1)}{base}api/kernels/{started}/channels"
        channel = websocket.create_connection(address, timeout=CELL_TIMEOUT, cookie=cookies)
        try:
            yield Kernel(channel)
        finally:
            channel.close()

    def run(self, notebook: str) -> list[str]:
        """Run the learner's copy of `notebook` from its first cell to its last, and return the errors that no tag announces."""
        cells = self.ask("GET", f"contents/notebooks/{notebook}").json()["content"]["cells"]
        found = []
        with self.kernel() as kernel:
            for cell in cells:
                if cell["cell_type"] == "code":
                    error = kernel.run("".join(cell["source"]))
                    if error and "raises-exception" not in cell["metadata"].get("tags", []):
                        found.append(f"{self.name}, {notebook}: {error}")
        return found

    def _xsrf(self, path: str) -> str:
        """The newest token that the page at `path` gave."""
        return next((it.value or "" for it in self.session.cookies if it.name == "_xsrf" and it.path == path), "")


class Kernel:
    """A kernel behind the class's proxy."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        self._channel = channel

    def begin(self, code: str) -> str:
        """Let the kernel run `code`, and return the number of the request at once."""
        asked = uuid.uuid4().hex
        self._channel.send(json.dumps(_request(asked, code)))
        return asked

    def run(self, code: str) -> str:
        """Run `code` to its end, and return its error, or an empty text."""
        asked, error, idle, replied = self.begin(code), "", False, False
        while not (idle and replied):
            heard = json.loads(self._channel.recv())
            if heard["parent_header"].get("msg_id") != asked:
                continue
            kind, content = heard["header"]["msg_type"], heard["content"]
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
            replied = replied or kind == "execute_reply"
            if kind == "error":
                error = f"{content['ename']}: {content['evalue']}"
        return error


def _request(number: str, code: str) -> dict[str, object]:
    header = {"msg_id": number, "msg_type": "execute_request", "version": "5.3", "session": number, "username": "test"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }


def sign_in_together(learners: list[Learner], word: str) -> dict[str, list[dict[str, Any]]]:
    """Sign all of them in at once. Return what each one's waiting page showed."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(learners)) as pool:
        for page in pool.map(lambda learner: learner.sign_in(word), learners):
            assert page.ok, page.text[-2000:]
        return dict(zip((it.name for it in learners), pool.map(Learner.waiting_page, learners), strict=True))


def wait_for_page(learner: Learner) -> None:
    """Wait until the learner's JupyterLab shows its page."""
    wait_until(lambda: learner.opens().ok, 60, f"JupyterLab of {learner.name}")
