# SPDX-License-Identifier: Apache-2.0
"""Records of orders for the tests of the shop: good ones, and one of each kind that is none."""

from __future__ import annotations

import json

from confluent_kafka import Message

ORDER = {
    "orderId": "1",
    "productId": "CATALOG-0002",
    "qty": 1,
    "unitPrice": 1200,
    "totalPrice": 1200,
    "createdAt": "now",
}


def value(order_id: str = "1", **fields: object) -> bytes:
    """Return an order as JSON, with other `fields`. A field that is `...` is left out."""
    order = {**ORDER, "orderId": order_id, **fields}
    return json.dumps({name: it for name, it in order.items() if it is not ...}).encode()


def message(value: bytes | None, key: bytes | None = b"1", offset: int = 0) -> Message:
    """Return a record as a consumer gets it."""
    record = Message(topic="orders", partition=0, offset=offset)
    record.set_value(value)  # unlike the constructor, it takes a None
    record.set_key(key)
    return record


BAD: dict[str, tuple[bytes | None, bytes | None]] = {
    "not JSON": (b"nope", b"1"),
    "empty": (b"", b"1"),
    "tombstone": (None, b"1"),
    "not an object": (b"[1]", b"1"),
    "no key": (value(), None),
    "another key": (value(), b"2"),
    "a key that is not text": (value(), b"\xff\x00"),
    "no product": (value(productId=...), b"1"),
    "unknown product": (value(productId="CATALOG-0009"), b"1"),
    "a word as quantity": (value(qty="ten"), b"1"),
    "a number in quotation marks": (value(qty="10"), b"1"),
    "true": (value(qty=True), b"1"),
    "nothing ordered": (value(qty=0), b"1"),
    "less than nothing": (value(qty=-1), b"1"),
    "half of one": (value(qty=1.5), b"1"),
    "more than an order may have": (value(qty=10**30), b"1"),
    "more than the stock": (value(qty=1001), b"1"),
    "not a number": (value(qty=float("nan")), b"1"),
    "5,000 digits": (value().replace(b"1,", b"1" * 5000 + b",", 1), b"1"),
    "half a surrogate pair": (b'{"orderId": "\\ud800", "productId": "CATALOG-0002", "qty": 1}', b"1"),
    "bytes that are not UTF-8": (b'{"orderId": "\xff", "productId": "CATALOG-0002", "qty": 1}', b"1"),
    "100,000 brackets": (b"[" * 100_000, b"1"),
    "an order id of 900 kB": (value("1" * 900_000), b"1"),
}
"""Value and key of records that must be refused by a stock of 1,000 of CATALOG-0001 to 0003."""
