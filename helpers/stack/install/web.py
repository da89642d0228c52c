# SPDX-License-Identifier: Apache-2.0
"""How files are asked for: with the certificates that this machine trusts, as a browser does.

A school or a company may look into what comes from the network; its own certificate is then in the machine's store, and in
no list that a Python package brings.
"""

from __future__ import annotations

import ssl
from typing import Any

import requests
import truststore
from requests.adapters import HTTPAdapter


class _MachineTrust(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=_context())

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=_context())


def session() -> requests.Session:
    """Return a session for requests to the world outside."""
    made = requests.Session()
    made.mount("https://", _MachineTrust())
    return made


def _context() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
