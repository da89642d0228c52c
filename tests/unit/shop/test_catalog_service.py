# SPDX-License-Identifier: Apache-2.0
"""The HTTP interface of the catalog service, by its own description and by hand, and its command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import given, settings
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from helpers.shop import catalog_service
from helpers.shop.catalog_service import create_app
from helpers.shop.listener import Listener
from helpers.shop.problems import MEDIA_TYPE
from helpers.shop.stock import PRODUCTS, Stock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stock.db"


class Silent(Listener):
    """A listener that needs no Kafka: it is never started."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture
def listener() -> Listener:
    return Silent("127.0.0.1:9", "orders", "group", lambda _: [])


@pytest.fixture
def app(file: Path, listener: Listener) -> Iterator[FastAPI]:
    with closing(Stock(file)) as work:
        yield create_app(work, listener)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def test_the_interface_is_as_its_description_says(app: FastAPI) -> None:
    for operation in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        assert isinstance(operation, Ok)

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=30)
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate()

        check()


def test_the_catalog_and_one_product(client: TestClient) -> None:
    listed = client.get("/catalog").json()
    assert listed == [{"productId": name, "stock": number} for name, number in PRODUCTS.items()]
    assert client.get("/catalog/CATALOG-0002").json() == {"productId": "CATALOG-0002", "stock": 100}


@pytest.mark.parametrize("name", ["CATALOG-0009", "%00", "%ED%A0%80", "x" * 10_000, "; DROP TABLE catalog;--"])
def test_an_unknown_product_is_a_problem_document(client: TestClient, name: str) -> None:
    answer = client.get(f"/catalog/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
    assert answer.json()["detail"].startswith("There is no product '")
    assert len(answer.content) < 300


def test_a_database_that_cannot_be_read_is_503(client: TestClient, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TABLE catalog")
    answer = client.get("/catalog")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["detail"] == "The service's own database: no such table: catalog."


def test_health_gives_the_reason_when_the_listener_has_ended(client: TestClient, listener: Listener) -> None:
    assert client.get("/health").json() == {"status": "up", "partitions": [], "failedCommits": 0}
    listener.failure = OSError("disk full")
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The listener has ended: OSError: disk full.")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "--crash=nowhere:1",
            "There is no place 'nowhere'. Choose one of before-database-commit, after-database-commit, ",
        ),
        ("--crash=before-offset-commit:0", "'0' is not a number of records above 0."),
        ("--batch=0", "argument --batch: '0' is not a whole number from 1 to 999999999"),
        ("--batch=½", "argument --batch: '½' is not"),
        ("--stock=-1", "argument --stock: '-1' is not a whole number from 0 to"),
        ("--stock=1" + "0" * 30, "argument --stock: '10000"),
    ],
)
def test_options_that_cannot_be(option: str, said: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        catalog_service.main([f"--database={file}", "--bootstrap-servers=127.0.0.1:9", option])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not file.exists()


def test_a_file_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        catalog_service.main([f"--database={tmp_path}/none/stock.db", "--bootstrap-servers=127.0.0.1:9"])
    assert ended.value.code == 1
    assert (
        capsys.readouterr().err == f"The file {tmp_path}/none/stock.db cannot be used: unable to open database file.\n"
    )
