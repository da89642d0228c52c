# SPDX-License-Identifier: Apache-2.0
"""What the gateway sends on, what it repeats and what it never repeats: against real HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import wraps

import pytest
from yarl import URL as YarlURL

from helpers.shop import forwarding, gateway
from helpers.shop.discovery import MOST
from tests.unit.shop.instances import Broken, Echo, refusing, serving, shop

KEY = {"Idempotency-Key": "a1"}


def in_a_loop(test: Callable[..., Coroutine[object, object, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: object, **named: object) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **named), 60))

    return run


@in_a_loop
async def test_requests_go_to_the_instances_in_turn() -> None:
    async with serving(Echo("a")) as one, serving(Echo("b")) as two, shop(one, two) as it:
        answers = [(await it.ask("GET", "/order-service/orders"))[0] for _ in range(4)]
        signed = [answer.headers.getall("X-Instance") for answer in answers]
        assert sorted(signed[:2]) == [["a"], ["b"]] and signed[:2] == signed[2:]


@in_a_loop
async def test_a_request_arrives_as_it_was_sent() -> None:
    echo = Echo("a")
    async with serving(echo) as one, shop(one) as it:
        headers = {
            "Connection": "x-mine",
            "X-Mine": "1",
            "X-Yours": "2",
            "Cookie": "a=b",
            "X-Forwarded-Prefix": "/evil",
        }
        path = "/order-service/orders/a%2Fb%20c/../%EC%A3%BC?limit=1&limit=2&q=a+b%26"
        async with it.session.request(
            "POST", YarlURL(it.url + path, encoded=True), data=b'{"x": 1}', headers=headers
        ) as answer:
            shown = json.loads(await answer.text())
    assert shown["target"] == path.removeprefix("/order-service") and shown["body"] == '{"x": 1}'
    got = {name.decode(): value.decode() for name, value in echo.got[0]["headers"]}  # type: ignore[attr-defined]
    assert got["x-yours"] == "2" and got["cookie"] == "a=b" and got["x-forwarded-prefix"] == "/order-service"
    assert "x-mine" not in got and got.get("connection") in (None, "keep-alive")


@in_a_loop
async def test_nothing_is_added_to_a_request() -> None:
    echo = Echo("a")
    async with serving(echo) as one, shop(one) as it:
        skipped = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
        await it.ask("POST", "/order-service/orders", data=b"x", skip_auto_headers=skipped)
    names = {name.decode() for name, _ in echo.got[0]["headers"]}  # type: ignore[attr-defined]
    assert names <= {"host", "content-length", "x-forwarded-prefix", "connection"}


@in_a_loop
async def test_an_answer_comes_back_as_it_was_given() -> None:
    headers = {"Location": "http://127.0.0.1:1/", "Connection": "x-mine", "X-Mine": "1", "Set-Cookie": "a=b"}
    async with serving(Echo("a", 307, headers)) as one, shop(one) as it:
        answer, _ = await it.ask("GET", "/order-service/orders")
        assert answer.status == 307 and answer.headers["Location"] == "http://127.0.0.1:1/", (
            "redirects are not followed"
        )
        assert "X-Mine" not in answer.headers and len(answer.headers.getall("Date")) == 1
        head, text = await it.ask("HEAD", "/order-service/orders")
        assert text == "" and int(head.headers["Content-Length"]) > 0
        again = json.loads((await it.ask("GET", "/order-service/orders"))[1])
        assert again["body"] == ""


@in_a_loop
async def test_a_cookie_of_one_client_goes_to_no_other() -> None:
    echo = Echo("a", headers={"Set-Cookie": "a=b; Path=/"})
    async with serving(echo) as one, shop(one) as it:
        for _ in range(2):
            it.session.cookie_jar.clear()
            await it.ask("GET", "/order-service/orders")
    assert not [name for each in echo.got for name, _ in each["headers"] if name == b"cookie"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
@in_a_loop
async def test_a_refused_connection_was_not_sent_so_another_instance_gets_it(method: str) -> None:
    echo = Echo("b")
    async with serving(echo) as there, shop(refusing(), there, refusing()) as it:
        statuses = [(await it.ask(method, "/order-service/orders"))[0].status for _ in range(3)]
        assert statuses == [200, 200, 200] and len(echo.got) == 3
        assert [each.url for each in it.discovery.all()] == [there], "who refuses is dropped until its next heartbeat"


@pytest.mark.parametrize(
    ("method", "headers", "repeated"),
    [("POST", {}, False), ("PATCH", {}, False), ("POST", {"Idempotency-Key": ""}, False), ("POST", KEY, True)]
    + [(method, {}, True) for method in ("GET", "PUT", "DELETE", "OPTIONS")],
)
@pytest.mark.parametrize("hang", [False, True], ids=["broke off", "silent"])
@in_a_loop
async def test_what_may_have_been_carried_out(method: str, headers: dict[str, str], repeated: bool, hang: bool) -> None:
    broken, echo = Broken(hang), Echo("b")
    async with broken.listening() as one, serving(echo) as two, shop(one, two, timeout=0.3) as it:
        it.discovery._turns["order-service"] = 1  # the broken one is first
        answer, text = await it.ask(method, "/order-service/orders", headers=headers)
    assert broken.requests >= 1
    if repeated:
        assert answer.status == 200 and len(echo.got) == 1 and answer.headers["X-Instance"] == "b"
        return
    assert answer.status == (504 if hang else 502) and echo.got == [] and broken.requests == 1
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.headers["X-Instance"] == "gateway-1"
    assert "may have been carried out" in json.loads(text)["detail"] and "instance-0" in text


@in_a_loop
async def test_nobody_is_there() -> None:
    async with shop(refusing()) as it:
        for path in ("/order-service/orders", "/order-service/orders", "/catalog-service/catalog", "/order-service/"):
            answer, text = await it.ask("POST", path)
            assert answer.status == 503 and answer.headers["Retry-After"] == "1" and "No instance of" in text
        assert it.discovery.all() == []
        for path in ("/instances/a/b/c", "/health/x"):
            assert (await it.ask("GET", path))[0].status == 404


@in_a_loop
async def test_the_last_instance_breaks_off_too() -> None:
    one, two = Broken(), Broken()
    async with one.listening() as first, two.listening() as second, shop(first, second) as it:
        answer, text = await it.ask("POST", "/order-service/orders", headers=KEY)
        assert answer.status == 502 and "may have been carried out" in text and (one.requests, two.requests) == (1, 1)


@in_a_loop
async def test_bodies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    echo = Echo("a")
    async with serving(echo) as one, shop(one) as it:
        assert (await it.ask("POST", "/order-service/x", data=b"x" * gateway.BODY_LIMIT))[0].status == 200
        assert (await it.ask("POST", "/order-service/x", data=b"x" * (gateway.BODY_LIMIT + 1)))[0].status == 413
        assert len(echo.got) == 1
        monkeypatch.setattr(forwarding, "ANSWER_LIMIT", 10)
        answer, text = await it.ask("GET", "/order-service/x")
        assert answer.status == 502 and "TooLong" in text


URL = "http://127.0.0.1:8080"
PLACE = "/instances/order-service/order-service-1"
WRONG: list[object] = [
    "http://localhost:80", "https://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:0", "http://127.0.0.1:65536",
    "http://127.0.0.1:80/", "http://127.0.0.1:80\n", "http://127.0.0.1:80@example.org", "http://example.org:80", "", 5, None,
    "http://[::1]:80", "http://127.0.0.1:٨٠", ["http://127.0.0.1:80"], "\ud800",
]  # fmt: skip


@in_a_loop
async def test_only_addresses_on_this_computer_can_register() -> None:
    async with shop() as it:
        for wrong in WRONG:
            answer, text = await it.ask("PUT", PLACE, json={"url": wrong})
            assert answer.status == 422 and json.loads(text)["errors"][0]["field"] == "url", wrong
        for body in (b"", b"{", b"[]", b"{}", json.dumps({"url": URL, "more": 1}).encode()):
            answer, _ = await it.ask("PUT", PLACE, data=body, headers={"Content-Type": "application/json"})
            assert answer.status in (400, 422), body
        for name in ("Order", "a_b", "a" * 64, "a%0Ab", "%ED%95%9C"):
            for path in (f"/instances/{name}/x", f"/instances/order-service/{name}"):
                assert (await it.ask("PUT", path, json={"url": URL}))[0].status == 422, path
        for name in gateway.RESERVED:
            assert (await it.ask("PUT", f"/instances/{name}/x", json={"url": URL}))[0].status == 422
        assert json.loads((await it.ask("GET", "/instances"))[1]) == []


@in_a_loop
async def test_no_path_leads_to_another_host() -> None:
    other, echo = Echo("other"), Echo("a")
    async with serving(other) as elsewhere, serving(echo) as one, shop(one) as it:
        host = elsewhere.removeprefix("http://")
        for path in (
            f"/order-service%2F@{host}/x",
            f"/order-service%2f%40{host}/x",
            "/order-service%2Fx/orders",
            "/order%2Dservice/x",
        ):
            async with it.session.get(YarlURL(it.url + path, encoded=True)) as answer:
                assert answer.status == 404, path
        async with it.session.get(YarlURL(f"{it.url}/order-service//{host}/x", encoded=True)) as answer:
            assert json.loads(await answer.text())["target"] == f"//{host}/x"
        assert other.got == []


@in_a_loop
async def test_register_look_and_leave() -> None:
    async with shop() as it:
        assert (await it.ask("PUT", PLACE, json={"url": URL}))[0].status == 204
        (found,) = json.loads((await it.ask("GET", "/instances"))[1])
        assert found.pop("lease") == pytest.approx(60, abs=10)
        assert found == {"service": "order-service", "instance": "order-service-1", "url": URL}
        assert json.loads((await it.ask("GET", "/health"))[1]) == {"status": "up", "instances": {"order-service": 1}}
        for _ in range(2):
            assert (await it.ask("DELETE", PLACE))[0].status == 204
        assert json.loads((await it.ask("GET", "/instances"))[1]) == []
        for number in range(MOST):
            it.discovery.renew("order-service", str(number), URL)
        assert (await it.ask("PUT", PLACE, json={"url": URL}))[0].status == 503


@in_a_loop
async def test_the_pages_work_through_the_gateway_and_name_nothing_elsewhere() -> None:
    async with shop() as it:
        it.discovery.renew("me", "me-1", it.url)  # behind itself, it is a service with pages like any other
        for root in ("", "/me"):
            answer, text = await it.ask("GET", f"{root}/docs")
            assert answer.status == 200 and "://" not in text and f"'{root}/openapi.json'" in text
            bundle, _ = await it.ask("GET", f"{root}/swagger/swagger-ui-bundle.js")
            assert bundle.status == 200 and f'src="{root}/swagger/swagger-ui-bundle.js"' in text
            described = json.loads((await it.ask("GET", f"{root}/openapi.json"))[1])
            assert described.get("servers", [{"url": ""}])[0]["url"] == root
        evil = {"X-Forwarded-Prefix": "/'</script><script>"}
        assert "<script>alert" not in (await it.ask("GET", "/docs", headers=evil))[1]
