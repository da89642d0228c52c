# SPDX-License-Identifier: Apache-2.0
"""One producer for many requests. Each can wait for the broker's answer to its own record."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from helpers.shop.orders import Order

_TIMEOUT = 3.0
"""Seconds until an order that the broker does not confirm is given up. By default the client waits five minutes."""
SETTINGS: dict[str, str | int | bool] = {
    "enable.idempotence": True,  # waits for all replicas, and a repetition by the client makes no second record
    "linger.ms": 0,  # a customer waits for this record; by default it waits 5 ms for company
    "message.timeout.ms": int(_TIMEOUT * 1000),
    "reconnect.backoff.max.ms": 1000,
    "topic.metadata.propagation.max.ms": 2000,
}
"""Settings of the producer, with Kafka's names."""

_REPORT_TIMEOUT = 3.0  # seconds more, because librdkafka looks for overdue records only now and then
_FINAL = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_RECORD}


class NotPublished(Exception):
    """The broker did not confirm the record in time, or refused it.

    If `final`, the broker refused this record and will refuse it again. If not, nobody knows whether it is in the topic.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final

    @classmethod
    def because(cls, error: KafkaError) -> NotPublished:
        """Return this exception for an error of the client or of the broker."""
        return cls(error.str(), final=error.code() in _FINAL)


class Publisher:
    """Sends orders to `topic`, keyed by their id, until `close`."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self.topic = topic
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, **SETTINGS})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"reports of {topic}", daemon=True)
        self._thread.start()

    def send(self, order: Order) -> Future[Message]:
        """Send one order. Returns at once; the result is the broker's report, or it raises `NotPublished`."""
        return self.send_document(order.orderId, order.document)

    def send_document(self, key: str, document: str) -> Future[Message]:
        """Send an order that is JSON already. As `send`."""
        report: Future[Message] = Future()
        try:
            self._producer.produce(self.topic, document, key, on_delivery=partial(_settle, report))
        except BufferError as error:  # too many records wait already
            report.set_exception(NotPublished(str(error)))
        except KafkaException as error:
            report.set_exception(NotPublished.because(error.args[0]))
        return report

    def confirm(self, report: Future[Message]) -> Message:
        """Wait for the report of a record. Raises `NotPublished` if the broker does not have it."""
        try:
            return report.result(_TIMEOUT + _REPORT_TIMEOUT)
        except TimeoutError:
            raise NotPublished("no report came") from None

    def close(self) -> None:
        """Wait a few seconds for what is on its way, then stop."""
        self._producer.flush(_TIMEOUT)
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(0.1)  # returns as soon as a report has come


def _settle(report: Future[Message], error: KafkaError | None, message: Message) -> None:
    if not report.set_running_or_notify_cancel():
        return  # the request has ended, and nobody waits any more
    if error:
        report.set_exception(NotPublished.because(error))
    else:
        report.set_result(message)
