# SPDX-License-Identifier: Apache-2.0
"""What the catalog service reads of a record: an order, or the reason why there is none."""

from __future__ import annotations

from confluent_kafka import Message
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST = 1_000_000
"""The largest quantity of one order, as in the order service."""


class Refused(Exception):
    """A record that stays wrong however often it is read. `str(error)` is the reason."""


class Order(BaseModel):
    """The fields of an order that this service uses. It ignores the others: they are for other services.

    Strict: "10", 10.0 and true are not whole numbers.
    """

    model_config = ConfigDict(strict=True)

    orderId: str = Field(min_length=1, max_length=100)
    productId: str = Field(max_length=100)
    qty: int = Field(ge=1, le=MOST)


def read(message: Message) -> Order:
    """Return the order in `message`. Raises `Refused` with the reason if there is none."""
    value = message.value()
    if value is None:
        raise Refused("The record has no value.")
    try:
        order = Order.model_validate_json(value)
    except ValidationError as error:
        raise Refused(_reason(error)) from error
    if message.key() != order.orderId.encode():
        raise Refused("The record's key is not the order's id.")
    return order


def _reason(error: ValidationError) -> str:
    """Name the first wrong field. What stands in it is not repeated: nobody knows what it is."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    return f"{field}: {first['msg']}" if field else first["msg"]
