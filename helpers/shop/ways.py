# SPDX-License-Identifier: Apache-2.0
"""Four ways to take an order and send it to Kafka. They differ in what is true when the customer reads "accepted"."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy.exc import OperationalError

from helpers.shop.orders import Order, Orders
from helpers.shop.publisher import NotPublished, Publisher
from helpers.shop.serving import complain

_BATCH = 500
_REST = 0.05  # seconds between two looks into an empty outbox


def forget(order: Order, orders: Orders, publisher: Publisher) -> Order:
    """Store the order and send it, without a look at the report. If the broker is away, the order is lost for Kafka."""
    stored = orders.add(order)
    publisher.send(stored)
    return stored


def confirm(order: Order, orders: Orders, publisher: Publisher) -> Order:
    """Store the order, send it, and wait for the broker. If that fails, the order is stored and the customer must repeat it.

    Raises `NotPublished`.
    """
    stored = orders.add(order)
    publisher.confirm(publisher.send(stored))
    return stored


def outbox(order: Order, orders: Orders, publisher: Publisher) -> Order:
    """Store the order and its message in one transaction. The relay sends the message later, at least once."""
    return orders.add(order, outbox=True)


async def topic_first(order: Order, publisher: Publisher) -> Order:
    """Send the order, wait for the broker, and store nothing: a consumer of the topic will. Raises `NotPublished`."""
    await asyncio.wrap_future(publisher.send(order))
    return order


class Relay:
    """Sends what waits in the outbox, in order, from `start` to `stop`. While the broker is away it tries again and again."""

    def __init__(self, orders: Orders, publisher: Publisher) -> None:
        self.waiting = 0
        """How many messages waited at the last look, 500 at most."""
        self._orders = orders
        self._publisher = publisher
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand. What is left stays in the outbox until the next start."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                sent = self._send_some()
            except (NotPublished, OperationalError) as error:
                complain(f"The outbox must wait: {error}.")
                sent = False
            if not sent:
                self._stopping.wait(_REST)

    def _send_some(self) -> bool:
        """Send the oldest messages and delete those that the broker has. Return whether there were any.

        No transaction is open while the broker is waited for: writers would wait too. If this process dies before the
        delete, the messages are sent again. Raises `NotPublished` for the first that the broker does not have.
        """
        waiting = self._orders.waiting(_BATCH)
        self.waiting = len(waiting)
        reports = [(position, self._publisher.send_document(key, document)) for position, key, document in waiting]
        sent = None
        try:
            for position, report in reports:
                self._publisher.confirm(report)
                sent = position
        finally:
            if sent is not None:
                self._orders.forget_waiting(sent)
        return bool(waiting)
