# SPDX-License-Identifier: Apache-2.0
"""Bodies that are no order, one of each kind: what the service must answer, and the field that it must name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

ORDER = {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, eq=False)
class Bad:
    """One body. `where` is the field of the problem document; empty where the body is no JSON or too long."""

    name: str
    body: bytes
    status: int = 422
    where: str = ""
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))

    def __str__(self) -> str:
        return self.name


def _with(name: str, value: str) -> bytes:
    """Return an order with one field as given, in JSON that Python's own encoder would not write."""
    fields = {**{key: json.dumps(it) for key, it in ORDER.items()}, name: value}
    return ("{" + ", ".join(f'"{key}": {it}' for key, it in fields.items()) + "}").encode()


_NUMBERS = [
    *["0", "-1", "1.5", "10.0", "1e1", '"ten"', '"10"', "true", "null", "1000000000", "1" + "0" * 30, "NaN"],
    *["Infinity", "-Infinity", "[]", "[10]", "{}", "-0.0", "1e999"],
]
_PRODUCTS = [
    *["2", "null", "true", '""', '" "', '"A B"', '"A\\n"', '"A\\u0000"', '"../A"', '"<b>"', '"상품"', "[]", "{}"],
    *[f'"{"A" * 41}"', r'"\ud800"', r'"A\udfff"'],
]
_PRICES = ["-1", "1.5", '"1200"', "null", "1000000001", "NaN", "false"]

BAD = [
    *[Bad(f"qty {text}", _with("qty", text), where="qty") for text in _NUMBERS],
    *[Bad(f"productId {text}", _with("productId", text), where="productId") for text in _PRODUCTS],
    *[Bad(f"unitPrice {text}", _with("unitPrice", text), where="unitPrice") for text in _PRICES],
    *[
        Bad(f"without {name}", json.dumps({key: it for key, it in ORDER.items() if key != name}).encode(), where=name)
        for name in ORDER
    ],
    Bad("extra field", _with("orderId", '"mine"'), where="orderId"),
    Bad("half a surrogate pair in a key", _with(r"\ud800", "1"), where="body"),
    Bad("an object of nothing", b"{}", where="productId"),
    Bad("a list", b"[]", where="body"),
    Bad("a list of orders", json.dumps([ORDER]).encode(), where="body"),
    Bad("a text", b'"order"', where="body"),
    Bad("null", b"null", where="body"),
    Bad("empty", b"", where="body"),
    Bad("no content type", json.dumps(ORDER).encode(), where="body", headers={}),
    Bad("another content type", json.dumps(ORDER).encode(), where="body", headers={"Content-Type": "text/plain"}),
    Bad("not JSON", b"qty=10", 400),
    Bad("half of it", json.dumps(ORDER).encode()[:-1], 400),
    Bad("Latin-1", _with("productId", '"é"').decode().encode("latin-1"), 400),
    Bad("bytes", bytes(range(128, 256)), 400),
    Bad("a number of 5,000 digits", _with("qty", "9" * 5000), 400),
    Bad("10,000 brackets", b"[" * 10_000, 400),
    Bad("100,000 brackets", b"[" * 100_000, 413),
    Bad("1 MB", _with("productId", f'"{"A" * 1_000_000}"'), 413),
    Bad("a length that is not true", b"{}", 413, headers={**JSON, "Content-Length": "99999999999999999999"}),
]
