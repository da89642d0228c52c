# SPDX-License-Identifier: Apache-2.0
"""Customers who order over HTTP, several at once, and send an order again until it is accepted (lesson 09)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pandas as pd
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from helpers.errors import InvalidInput, ServerFailed
from helpers.waiting import wait_until

_TIMEOUT = 10.0
_RETRIES = Retry(
    total=20,
    allowed_methods=None,  # also POST, because each order has an idempotency key
    status_forcelist=[500, 502, 503, 504],
    raise_on_status=False,
    backoff_factor=0.05,
    backoff_max=1,
    backoff_jitter=0.05,  # clients that came back at the same moment would meet again
)
_PRODUCTS = ("CATALOG-0001", "CATALOG-0002", "CATALOG-0003")


@dataclass(frozen=True)
class Accepted:
    """One order that a service accepted: its document, the tries that it took, and the instance that answered."""

    order: Mapping[str, Any]
    tries: int
    instance: str


class Customers:
    """`count` orders, sent to `url` by `clients` threads, for a `with` block or until `wait`.

    Each order has an `Idempotency-Key` of its own, and keeps it when it is sent again. It is sent again after a broken
    connection and after an answer from 500 up, at most 20 times.
    """

    def __init__(self, url: str, count: int, *, clients: int = 8) -> None:
        if count < 1 or clients < 1:
            raise InvalidInput(f"{count} orders by {clients} clients cannot be sent.", "Give numbers above 0.")
        self.count = count
        self._url = url
        self._clients = clients
        self._lock = threading.Lock()
        self._accepted: list[Accepted] = []
        self._local = threading.local()
        self._pool: ThreadPoolExecutor | None = None
        self._failures: list[Exception] = []

    @property
    def accepted(self) -> list[Accepted]:
        """The orders that were accepted so far, in that order."""
        with self._lock:
            return list(self._accepted)

    def frame(self) -> pd.DataFrame:
        """Return a row for each accepted order: its fields, tries, instance."""
        return pd.DataFrame([{**each.order, "tries": each.tries, "instance": each.instance} for each in self.accepted])

    def start(self) -> Customers:
        """Begin to order. Returns itself at once."""
        self._pool = ThreadPoolExecutor(self._clients, thread_name_prefix="customer")
        for number in range(self.count):
            self._pool.submit(self._order, number)
        return self

    def wait_accepted(self, count: int, timeout: float = 60.0) -> None:
        """Return when `count` orders are accepted. Raises `TimedOut`, and `ServerFailed` if an order failed."""
        wait_until(
            lambda: self._failures or len(self.accepted) >= count,
            timeout,
            f"{count} accepted orders",
            last_seen=lambda: len(self.accepted),
        )
        self._raise()

    def wait(self) -> None:
        """Return when every order is accepted. Raises `ServerFailed` if one was not, after all its tries."""
        if self._pool:
            self._pool.shutdown(cancel_futures=bool(self._failures))
        self._raise()

    def __enter__(self) -> Customers:
        return self.start()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind and self._pool:
            self._pool.shutdown(cancel_futures=True)
        else:
            self.wait()

    def _raise(self) -> None:
        if self._failures:
            raise ServerFailed(f"An order was not accepted: {self._failures[0]}", "See the log of the service.")

    def _order(self, number: int) -> None:
        order = {"productId": _PRODUCTS[number % len(_PRODUCTS)], "qty": 1, "unitPrice": 1200}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        try:
            answer = self._session().post(self._url, json=order, headers=key, timeout=_TIMEOUT)
            answer.raise_for_status()
        except requests.RequestException as error:
            self._failures.append(error)
            return
        tries = 1 + len(getattr(answer.raw.retries, "history", ()))
        with self._lock:
            self._accepted.append(Accepted(answer.json(), tries, answer.headers.get("X-Instance", "")))

    def _session(self) -> requests.Session:
        """Return this thread's session, which keeps its connection."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False  # no proxy between a client and this computer
            self._local.session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
        session: requests.Session = self._local.session
        return session
