# SPDX-License-Identifier: Apache-2.0
"""Files from the network: several at once, streamed, continued, tried again, verified."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from helpers.errors import DownloadFailed
from helpers.stack.install import web

PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between one attempt and the next, while the server or the network may recover."""
_PARALLEL = 4
_TIMEOUT = (10, 10)  # seconds to connect, and for the server to send something
_CHUNK = 1 << 16
_NO_SUCH_RANGE = 416
_MAY_PASS = {408, _NO_SUCH_RANGE, 429}
# Answers to a request for the rest: the whole file (no ranges here), or an error because the server has another, shorter file.
_FROM_ZERO = {200, _NO_SUCH_RANGE}


@dataclass(frozen=True)
class File:
    """A file to fetch: from where, to where, how many bytes, and its SHA-256 in hex."""

    url: str
    path: Path
    size: int
    sha256: str

    @property
    def host(self) -> str:
        """The server's name, for messages: a full address may hold a password."""
        return urlsplit(self.url).hostname or ""

    @property
    def part(self) -> Path:
        """The bytes so far. It becomes `path` when it is complete and right, so `path` is always right."""
        return self.path.with_name(self.path.name + ".part")

    def have(self) -> int:
        """Return how many bytes have come so far."""
        return self.part.stat().st_size if self.part.exists() else 0


def download(files: Sequence[File], advance: Callable[[int], object]) -> None:
    """Download `files` into their folders, which exist, and call `advance` with the new bytes (from several threads).

    An interruption leaves `.part` files, which the next call continues.
    Raises `DownloadFailed` for the first file that fails, and `OSError` if a file cannot be written.
    """
    stop = threading.Event()
    with web.session() as session, ThreadPoolExecutor(_PARALLEL, "download") as pool:
        worker = _Worker(session, advance, stop)
        try:
            largest_first = sorted(files, key=lambda file: file.size, reverse=True)
            for future in as_completed([pool.submit(worker.fetch, file) for file in largest_first]):
                future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@dataclass
class _Worker:
    session: requests.Session
    advance: Callable[[int], object]
    stop: threading.Event

    def fetch(self, file: File) -> None:
        """Make `file.path`. A wrong file is deleted, and downloaded once more from its start."""
        for _ in range(2):
            self._complete(file)
            found, size = _sha256(file.part), file.have()
            if found == file.sha256:
                file.part.replace(file.path)
                return
            file.part.unlink()
            self.advance(-size)
        raise DownloadFailed(
            f"{file.path.name} from {file.host} is not the expected file: expected SHA-256 {file.sha256}, "
            f"found {found} ({size} bytes of {file.size}).",
            "It was deleted. If this happens again, use another network or another LAB_MAVEN_URL.",
        )

    def _complete(self, file: File) -> None:
        """Complete `file.part` with what the server sends. The number of attempts is one more than the pauses."""
        self.advance(file.have())
        for pause in (*PAUSES, None):
            try:
                return self._transfer(file)
            except requests.RequestException as error:
                if pause is None or not _may_pass(error):
                    raise DownloadFailed(
                        f"{file.path.name} could not be downloaded from {file.host}: {reason(error)}.",
                        "Check the network. For a proxy set HTTPS_PROXY, for a mirror LAB_MAVEN_URL.",
                    ) from error
            self._check_stop(pause)

    def _transfer(self, file: File) -> None:
        have = file.have()
        if have >= file.size:
            return
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        with self.session.get(file.url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if have and response.status_code in _FROM_ZERO:
                file.part.unlink()
                self.advance(-have)
            response.raise_for_status()
            with file.part.open("ab") as part:
                for chunk in response.iter_content(_CHUNK):
                    self._check_stop()
                    part.write(chunk)
                    self.advance(len(chunk))
                    if part.tell() > file.size:
                        return

    def _check_stop(self, timeout: float = 0) -> None:
        if self.stop.wait(timeout):
            raise DownloadFailed("The download was stopped.", "Run it again: it continues where it stopped.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _may_pass(error: requests.RequestException) -> bool:
    """Whether another attempt can help: not for an invalid address, and not for a file that the server does not have."""
    if isinstance(error, ValueError):
        return False
    return error.response is None or error.response.status_code >= 500 or error.response.status_code in _MAY_PASS


def reason(error: requests.RequestException) -> str:
    """Return the message of the first cause, without the address that requests adds to it."""
    if error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, ValueError):
        return "its address is not valid"
    cause: BaseException = error
    while cause.__context__:
        cause = cause.__context__
    return str(cause)
