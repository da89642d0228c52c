# SPDX-License-Identifier: Apache-2.0
"""The environment: what it may say, and one sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.errors import InvalidInput
from helpers.settings import settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LAB_CONNECT_URL", "127.0.0.1:8083"),
        ("LAB_CONNECT_URL", "http:///connectors"),
        ("LAB_CONNECT_URL", "ftp://kim:geheim@example.org"),
        ("LAB_CONNECT_URL", "http://kim:geheim@localhost:8083"),
        ("LAB_CONNECT_URL", "http://localhost:8083/?password=geheim"),
        ("LAB_REGISTRY_URL", "registry:8081"),
        ("LAB_MAVEN_URL", "kim:geheim@example.org/maven2"),
        ("LAB_BOOTSTRAP_SERVERS", "localhost"),
        ("LAB_DATABASE_URL", "mysql+pymysql://kim:geheim@db.example:3306/shop"),
        ("LAB_DATABASE_URL", "mysql+pymysql://kim@db.example/shop?password=geheim"),
        ("LAB_DATABASE_URL", "postgresql://kim@db.example/shop"),
        ("LAB_DATABASE_URL", "db.example:3306"),
        ("LAB_BOOTSTRAP_SERVERS", "http://localhost:9092"),
        ("LAB_BOOTSTRAP_SERVERS", "one:9092 two:9092"),
    ],
)
def test_what_cannot_be_right_is_refused_and_not_shown(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInput, match=f"^{variable} is not .* Correct it, or unset it") as caught:
        settings()
    assert value not in str(caught.value)


def test_what_is_right_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {
        "LAB_HOME": str(tmp_path),
        "LAB_CONNECT_URL": "https://example.org:8083/connect",
        "LAB_REGISTRY_URL": "http://registry:8081",
        "LAB_MAVEN_URL": "http://127.0.0.1:1/",
        "LAB_BOOTSTRAP_SERVERS": "one:9092, [::1]:9093",
        "LAB_DATABASE_SERVER": "mysqld",
        "LAB_DATABASE_URL": "mariadb://kim@[::1]:3306/shop?ssl_ca=ca.pem",
        "LAB_DATABASE_PASSWORD_FILE": "~/password",
        "CONDA_PREFIX": str(tmp_path),
    }
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    found = settings()
    assert (found.home, found.connect_url, found.maven_url) == (
        tmp_path,
        given["LAB_CONNECT_URL"],
        given["LAB_MAVEN_URL"],
    )
    assert found.bootstrap_servers == "one:9092, [::1]:9093"
    assert found.registry_url == given["LAB_REGISTRY_URL"]
    assert (found.database_server, found.conda) == (Path.cwd() / "mysqld", tmp_path)
    assert found.database_url == given["LAB_DATABASE_URL"]
    assert found.database_password_file == Path("~/password").expanduser()


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LAB_CONNECT_URL", "LAB_MAVEN_URL", "LAB_BOOTSTRAP_SERVERS", "LAB_DATABASE_SERVER"):
        monkeypatch.setenv(variable, "")
    found = settings()
    assert not any((found.connect_url, found.maven_url, found.bootstrap_servers, found.database_server))
