# SPDX-License-Identifier: Apache-2.0
"""How files are requested: with the certificates that this computer trusts, as a browser does.

A school or a company may inspect what comes from the network. Its own certificate is then in this computer's store, and
not in the list of a Python package.
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
    """Return a session for requests to the internet."""
    made = requests.Session()
    made.mount("https://", _MachineTrust())
    return made


def _context() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
