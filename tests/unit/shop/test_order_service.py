# SPDX-License-Identifier: Apache-2.0
"""The HTTP interface of the order service, by its own description and by hand, and its command line."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest
import schemathesis
from confluent_kafka import Message
from hypothesis import given, settings
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from helpers import processes
from helpers.shop import order_service
from helpers.shop import orders as database
from helpers.shop.order_service import Way, create_app
from helpers.shop.orders import Orders
from helpers.shop.problems import MEDIA_TYPE
from helpers.shop.publisher import NotPublished, Publisher
from tests.unit.shop.bodies import BAD, JSON, ORDER

EVERY_WAY = pytest.mark.parametrize("way", get_args(Way))


class Kept(Publisher):
    """A publisher that needs no Kafka: it keeps what it is given, or refuses it with `failure`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failure: NotPublished | None = None

    def send_document(self, key: str, document: str) -> Future[Message]:
        report: Future[Message] = Future()
        if self.failure:
            report.set_exception(self.failure)
        else:
            self.sent.append((key, document))
            report.set_result(Message())
        return report

    def close(self) -> None: ...


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture
def orders(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orders]:
    monkeypatch.setattr(database, "_LOCK_TIMEOUT", 0.1)
    with closing(Orders(file)) as made:
        yield made


@pytest.fixture
def publisher() -> Kept:
    return Kept()


@pytest.fixture
def way() -> Way:
    return "confirm"


@pytest.fixture
def client(orders: Orders, publisher: Kept, way: Way) -> Iterator[TestClient]:
    with TestClient(create_app(orders, publisher, way)) as made:
        yield made


def order(client: TestClient, key: str = "", **fields: object) -> Any:
    return client.post("/orders", json={**ORDER, **fields}, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("way", ["confirm", "topic-first"])
def test_the_interface_is_as_its_description_says(orders: Orders, publisher: Kept, way: Way) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(orders, publisher, way))
    # JSON Schema takes 10.0 for a whole number, and the service does not.
    excluded: list[Any] = [check for check in CHECKS.get_all() if check.__name__ == "positive_data_acceptance"]
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=20)
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(excluded_checks=excluded)

        check()


@EVERY_WAY
def test_an_order_is_accepted(client: TestClient, publisher: Kept, way: Way) -> None:
    answer = order(client)
    taken = answer.json()
    assert answer.status_code == (202 if way == "topic-first" else 201)
    assert taken == {**ORDER, "orderId": taken["orderId"], "totalPrice": 12_000, "createdAt": taken["createdAt"]}
    if way != "topic-first":
        assert client.get(answer.headers["location"]).json() == taken
        assert client.get("/orders").json() == [taken]
    if way != "outbox":
        assert publisher.sent == [(taken["orderId"], answer.text)]


@EVERY_WAY
def test_bad_bodies_are_problem_documents_and_nothing_is_published(
    client: TestClient, publisher: Kept, orders: Orders
) -> None:
    answers = {bad: client.post("/orders", content=bad.body, headers=bad.headers) for bad in BAD}
    assert {str(bad): answer.status_code for bad, answer in answers.items()} == {str(bad): bad.status for bad in BAD}
    for bad, answer in answers.items():
        assert answer.headers["content-type"] == MEDIA_TYPE, bad
        assert len(answer.content) < 2000, bad
        if bad.where:
            assert bad.where in [error["field"] for error in answer.json()["errors"]], bad
    assert not publisher.sent and not orders.page(10, 0) and not orders.waiting(10)


def test_a_body_in_many_pieces_is_not_read_to_its_end(client: TestClient, publisher: Kept) -> None:
    answer = client.post("/orders", content=iter([b"[" * 1000] * 40), headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)
    assert not publisher.sent


def test_of_two_fields_with_one_name_the_last_one_counts(client: TestClient) -> None:
    body = json.dumps(ORDER)[:-1] + ', "qty": 3}'
    assert client.post("/orders", content=body, headers=JSON).json()["qty"] == 3


@pytest.mark.parametrize("way", ["forget", "confirm", "outbox"])
def test_the_same_key_is_the_same_order(client: TestClient, way: Way) -> None:
    first, again = order(client, "a"), order(client, "a")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(client.get("/orders").json()) == 1


@pytest.mark.parametrize("way", ["forget", "confirm", "outbox"])
def test_a_key_with_another_body_is_refused(client: TestClient, publisher: Kept, orders: Orders, way: Way) -> None:
    order(client, "a")
    before = len(publisher.sent)
    answer = order(client, "a", qty=11)
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
    assert "Idempotency-Key" in answer.json()["detail"]
    assert len(publisher.sent) == before or way == "outbox"
    assert len(orders.page(10, 0)) == 1


@EVERY_WAY
def test_a_key_may_have_255_characters(client: TestClient, publisher: Kept) -> None:
    answer = order(client, "k" * 256)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "idempotency-key"
    assert publisher.sent == []
    assert order(client, "k" * 255).is_success


@pytest.mark.parametrize("way", ["confirm", "topic-first"])
def test_without_a_broker_the_client_may_come_again(client: TestClient, publisher: Kept) -> None:
    publisher.failure = NotPublished("Local: Message timed out")
    refused = order(client, "a")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    publisher.failure = None
    assert order(client, "a").json()["orderId"] == refused.json()["orderId"]
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("way", ["forget", "confirm", "outbox"])
def test_a_locked_database_is_503_and_health_answers(client: TestClient, file: Path, publisher: Kept, way: Way) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = order(client)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["detail"] == "The service's own database: database is locked."
        assert client.get("/health").json()["way"] == way
        assert not publisher.sent
        other.rollback()
    assert order(client).status_code == 201


def test_pages(client: TestClient) -> None:
    taken = [order(client).json() for _ in range(5)]
    page = client.get("/orders", params={"limit": 2})
    assert page.json() == taken[:2]
    following = client.get(page.links["next"]["url"])
    assert following.json() == taken[2:4]
    last = client.get(following.links["next"]["url"])
    assert (last.json(), last.links) == (taken[4:], {})


@pytest.mark.parametrize(
    "limits", ["limit=0", "limit=1001", "limit=ten", "limit=1.5", "offset=-1", "limit=" + "9" * 5000]
)
def test_a_page_that_cannot_be(client: TestClient, limits: str) -> None:
    answer = client.get(f"/orders?{limits}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
    assert answer.json()["errors"][0]["field"] == limits.partition("=")[0]


@pytest.mark.parametrize("name", ["1", "%00", "%ED%A0%80", "%FF", "x" * 10_000, "';DROP TABLE orders;--", "%E2%80%AE"])
def test_an_unknown_order_is_a_problem_document(client: TestClient, name: str) -> None:
    answer = client.get(f"/orders/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
    assert len(answer.content) < 300


@pytest.mark.parametrize("way", ["outbox"])
def test_health_says_when_the_relay_has_ended(orders: Orders, publisher: Kept, way: Way) -> None:
    client = TestClient(create_app(orders, publisher, way))
    answer = client.get("/health")  # without a start of the application there is no relay
    assert (answer.status_code, answer.headers["content-type"]) == (503, MEDIA_TYPE)


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        order_service.main([f"--database={tmp_path}/none/orders.db", "--bootstrap-servers=127.0.0.1:9"])
    assert ended.value.code == f"The file {tmp_path}/none/orders.db cannot be used: unable to open database file."


def test_the_program_imports_neither_pandas_nor_the_lab() -> None:
    code = "import sys, helpers.shop.order_service; print(*sorted(sys.modules))"
    loaded = set(processes.run([sys.executable, "-c", code], timeout=60).stdout.split())
    assert "helpers.shop.ways" in loaded
    assert not loaded & {"pandas", "numpy", "matplotlib", "requests", "IPython", "helpers.lab", "helpers.stack"}
