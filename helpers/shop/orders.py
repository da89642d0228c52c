# SPDX-License-Identifier: Apache-2.0
"""What an order is, and where the order service keeps it: its own SQLite file."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

_KEYS = uuid.UUID("b3a1c0de-5d0f-5f4e-9a53-0f6d9a3f7c21")
"""The space of the ids that are made of idempotency keys (RFC 9562, version 5). Chosen once; any UUID would do."""
_LOCK_TIMEOUT = 2.0  # seconds that a statement waits for another writer

_tables = MetaData()
_orders = Table(
    "orders",
    _tables,
    Column("position", Integer, primary_key=True),
    Column("order_id", String, unique=True, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("document", String, nullable=False),
)
_outbox = Table(
    "outbox",
    _tables,
    Column("position", Integer, primary_key=True),
    Column("order_id", String, nullable=False),
    Column("document", String, nullable=False),
    sqlite_autoincrement=True,  # a position is never used again, so a late delete hits no newer message
)
_refused = Table(
    "refused",
    _tables,
    Column("order_id", String, primary_key=True),
    Column("document", String, nullable=False),
    Column("reason", String, nullable=False),
)


class OrderRequest(BaseModel):
    """What a client sends. "10", 10.0 and true are no whole numbers here, and an unknown field is an error."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"example": {"productId": "CATALOG-0002", "qty": 10, "unitPrice": 1200}},
    )

    productId: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")]
    qty: Annotated[int, Field(ge=1, le=1_000_000)]
    unitPrice: Annotated[int, Field(ge=0, le=1_000_000_000)]


class Order(OrderRequest):
    """An order as clients and consumers see it. `totalPrice` has the unit of `unitPrice`; `createdAt` is UTC (ISO 8601)."""

    orderId: str
    totalPrice: int
    createdAt: str

    @property
    def document(self) -> str:
        """The order as JSON: what is stored, sent and answered."""
        return self.model_dump_json()

    @property
    def fingerprint(self) -> str:
        """The same for two orders that ask for the same, and different for others."""
        asked = f"{self.productId}\n{self.qty}\n{self.unitPrice}"
        return hashlib.sha256(asked.encode()).hexdigest()


class KeyUsedBefore(Exception):
    """The idempotency key belongs to an order with other contents."""


def new_order(request: OrderRequest, key: str | None = None) -> Order:
    """Return the order that `request` asks for. The same idempotency `key` gives the same id, in every instance."""
    return Order(
        **request.model_dump(),
        orderId=str(uuid.uuid5(_KEYS, key) if key else uuid.uuid4()),
        totalPrice=request.qty * request.unitPrice,
        createdAt=datetime.now(UTC).isoformat(timespec="microseconds"),
    )


class Waiting(NamedTuple):
    """One message of the outbox: an order that Kafka does not have yet."""

    position: int
    order_id: str
    document: str


class Orders:
    """The orders in the SQLite file `path`, the outbox (messages that wait to be sent), and messages that Kafka refused.

    Every method raises `sqlalchemy.exc.OperationalError` if another process keeps the file locked for more than two seconds.
    """

    def __init__(self, path: Path | str) -> None:
        self._engine = _engine(path)
        _tables.create_all(self._engine)

    def add(self, order: Order, *, outbox: bool = False) -> Order:
        """Store `order`, with its message in the same transaction if `outbox`, and return what is stored under its id.

        An order that is there already stays as it is: a client that sends it again gets the first answer again.
        Raises `KeyUsedBefore` if that one asks for something else.
        """
        row = {"order_id": order.orderId, "document": order.document}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_orders), {**row, "fingerprint": order.fingerprint})
                if outbox:
                    connection.execute(insert(_outbox), row)
            return order
        except IntegrityError:  # the unique id decides, also between two requests at the same moment
            before = self.get(order.orderId)
        if before is None or before.fingerprint != order.fingerprint:
            raise KeyUsedBefore(order.orderId)
        return before

    def get(self, order_id: str) -> Order | None:
        """Return one order, or None if there is no such order."""
        with self._engine.connect() as connection:
            found = connection.scalar(select(_orders.c.document).where(_orders.c.order_id == order_id))
        return Order.model_validate_json(found) if found else None

    def page(self, limit: int, offset: int) -> Sequence[str]:
        """Return up to `limit` orders as JSON, the oldest first, without the first `offset`."""
        query = select(_orders.c.document).order_by(_orders.c.position).limit(limit).offset(offset)
        with self._engine.connect() as connection:
            return connection.scalars(query).all()

    def waiting(self, limit: int) -> list[Waiting]:
        """Return up to `limit` messages of the outbox, the oldest first."""
        query = select(_outbox.c.position, _outbox.c.order_id, _outbox.c.document).order_by(_outbox.c.position)
        with self._engine.connect() as connection:
            return [Waiting(*row) for row in connection.execute(query.limit(limit))]

    def forget_waiting(self, messages: Sequence[Waiting]) -> None:
        """Delete `messages` from the outbox: Kafka has them."""
        with self._engine.begin() as connection:
            _delete(connection, messages)

    def set_aside(self, message: Waiting, reason: str) -> None:
        """Move one message from the outbox to the table `refused`: Kafka will never take it."""
        row = {"order_id": message.order_id, "document": message.document, "reason": reason}
        with self._engine.begin() as connection:
            connection.execute(insert(_refused).prefix_with("OR REPLACE"), row)
            _delete(connection, [message])

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _delete(connection: Connection, messages: Sequence[Waiting]) -> None:
    positions = [message.position for message in messages]
    connection.execute(delete(_outbox).where(_outbox.c.position.in_(positions)))


def _engine(path: Path | str) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _LOCK_TIMEOUT})

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")  # who reads does not wait for who writes
        cursor.execute("PRAGMA synchronous=NORMAL")  # safe when the process is killed; FULL also survives a power cut
        cursor.close()

    return engine
