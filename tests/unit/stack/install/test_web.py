# SPDX-License-Identifier: Apache-2.0
"""Downloads trust what this computer trusts: a certificate that only its store has is taken, and no other."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme

from helpers.stack.install import web
from tests.fake_server import Answer, FakeServer, in_turn


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of an authority that nobody knows yet. What it made for 127.0.0.1 is beside it, with its key."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "certificate.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    return tmp_path / "certificate.pem"


@pytest.fixture
def address(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_name("server.pem"))
    with FakeServer(in_turn(Answer(body=b"Hello")), context) as server:
        yield server.url


@pytest.mark.skipif(not Path("/etc/ssl").exists(), reason="the certificates of OpenSSL are not in a folder here")
def test_what_the_machine_trusts_is_trusted(address: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(requests.exceptions.SSLError), web.session() as session:
        session.get(address, timeout=10)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web.session() as session:
        assert session.get(address, timeout=10).text == "Hello"
