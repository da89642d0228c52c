# SPDX-License-Identifier: Apache-2.0
"""What is read of a record: an order, or a reason of printable text, and never another error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.shop.incoming import MOST, Order, Refused, read
from tests.unit.shop.messages import BAD, message, value

NEED_THE_STOCK = {"unknown product", "more than the stock"}


@given(st.text(min_size=1, max_size=100), st.text(max_size=100), st.integers(1, MOST))
def test_an_order_is_read_whatever_else_it_has(order_id: str, product: str, qty: int) -> None:
    sent = value(order_id, productId=product, qty=qty, gift={"wrapped": True})
    assert read(message(sent, order_id.encode())) == Order(orderId=order_id, productId=product, qty=qty)


@pytest.mark.parametrize("kind", sorted(BAD.keys() - NEED_THE_STOCK))
def test_what_is_no_order_is_refused_with_a_reason(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        read(message(*BAD[kind]))
    assert 10 < len(str(refused.value)) < 200
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("field", ["orderId", "productId", "qty"])
def test_the_reason_names_the_field(field: str) -> None:
    with pytest.raises(Refused, match=rf"^{field}: Field required$"):
        read(message(value(**{field: ...})))  # type: ignore[arg-type]


@given(st.none() | st.binary(), st.none() | st.binary())
def test_any_bytes_are_read_or_refused(sent: bytes | None, key: bytes | None) -> None:
    with pytest.raises(Refused):
        read(message(sent, key))
