# SPDX-License-Identifier: Apache-2.0
"""librdkafka's settings of security in Java's words. That a real broker takes them is for tests/lab/test_given.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers import java_client
from helpers.errors import Unsupported


def test_a_login_with_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN\nline\n")
    given = {
        "security.protocol": "sasl_ssl",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": 'k"im',
        "sasl.password": "ge\\heim",
        "ssl.ca.location": str(tmp_path / "ca.pem"),
    }
    found = java_client.in_java(given)
    assert found["security.protocol"] == "SASL_SSL" and found["sasl.mechanism"] == "SCRAM-SHA-512"
    assert str(found["sasl.jaas.config"]).endswith(r'ScramLoginModule required username="k\"im" password="ge\\heim";')
    assert found["ssl.truststore.certificates"] == "-----BEGIN\nline\n" and found["ssl.truststore.type"] == "PEM"


def test_a_key_of_the_client(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("text")
    given = {f"ssl.{name}.location": str(tmp_path / "own.pem") for name in ("certificate", "key")}
    found = java_client.in_java({"security.protocol": "ssl", **given, "ssl.key.password": "word"})
    assert found["ssl.keystore.type"] == "PEM" and found["ssl.key.password"] == "word"
    assert found["ssl.keystore.key"] == found["ssl.keystore.certificate.chain"] == "text"


@pytest.mark.parametrize(
    "given", [{"sasl.kerberos.principal": "kim"}, {"sasl.mechanism": "GSSAPI", "sasl.username": "kim"}]
)
def test_what_the_tools_cannot_do(given: dict[str, str]) -> None:
    with pytest.raises(Unsupported, match="Kafka's own tools"):
        java_client.in_java(given)


def test_the_file_is_for_this_user_only_and_goes() -> None:
    with java_client.config_file({"security.protocol": "SSL"}) as path:
        assert path and path.read_text() == "security.protocol=SSL\n"
        if os.name == "posix":
            assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.exists()
    with java_client.config_file({}) as path:
        assert path is None
