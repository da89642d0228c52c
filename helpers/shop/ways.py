# SPDX-License-Identifier: Apache-2.0
"""Four ways to take an order and send it to Kafka. They differ in what is true when the customer reads "accepted"."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from helpers.shop.orders import Order, Orders, Waiting
from helpers.shop.publisher import NotPublished, Publisher
from helpers.shop.serving import complain

_BATCH = 500
_REST = 0.05  # seconds between two looks into an empty outbox
_PAUSE = 1.0  # seconds after a failure


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
    """Sends what waits in the outbox, the oldest first, from `start` to `stop`.

    While the broker is away it tries again and again. A message that the broker refuses for good is set aside, so that the
    others go on.
    """

    def __init__(self, orders: Orders, publisher: Publisher) -> None:
        self.waiting = 0
        """How many messages waited at the last look, 500 at most."""
        self.refused = 0
        """How many messages were set aside since the start."""
        self._orders = orders
        self._publisher = publisher
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it still sends."""
        return self._thread.is_alive()

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
                self.send_some()
                self._stopping.wait(0 if self.waiting else _REST)
            except (NotPublished, OperationalError) as error:
                complain(f"The outbox must wait: {error}.")
                self._stopping.wait(_PAUSE)

    def send_some(self) -> None:
        """Send the oldest messages. Raises `NotPublished` if the broker is away, `OperationalError` if the database is locked."""
        waiting = self._orders.waiting(_BATCH)
        self.waiting = len(waiting)
        for message, error in self._send(waiting).items():
            if not error.final:
                raise error
            self._send_alone(message)

    def _send(self, messages: Sequence[Waiting]) -> dict[Waiting, NotPublished]:
        """Send `messages`, delete those that the broker has, and return the others with the reason.

        No transaction is open while the broker is awaited, because other writers would wait too. If this process dies
        before the delete, the messages are sent again.
        """
        reports = [self._publisher.send_document(each.order_id, each.document) for each in messages]
        failures = {}
        for message, report in zip(messages, reports, strict=True):
            try:
                self._publisher.confirm(report)
            except NotPublished as error:
                failures[message] = error
        if len(failures) < len(messages):
            self._orders.forget_waiting([message for message in messages if message not in failures])
        return failures

    def _send_alone(self, message: Waiting) -> None:
        """Send one message again, because the broker refuses a whole batch if one message in it is bad."""
        for error in self._send([message]).values():
            if not error.final:
                raise error
            self._orders.set_aside(message, str(error))
            self.refused += 1
            complain(f"Order {message.order_id} can never be sent: {error}.")
