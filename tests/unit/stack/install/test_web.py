# SPDX-License-Identifier: Apache-2.0
"""Downloads trust what this computer trusts: a certificate that only its store has is taken, and no other."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from helpers import processes
from helpers.stack.install import web
from tests.fake_server import Answer, FakeServer, in_turn

OPENSSL = shutil.which("openssl")  # asked before the tests have a PATH without it


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody knows yet; its key is beside it."""
    if not OPENSSL:
        pytest.skip("not run: no `openssl` on this computer makes a certificate")
    file = tmp_path / "certificate.pem"
    make = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "key.pem"), "-out", str(file)]
    assert processes.run(make, timeout=60).returncode == 0
    return file


@pytest.fixture
def address(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
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
