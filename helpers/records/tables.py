# SPDX-License-Identifier: Apache-2.0
"""Records as a table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from confluent_kafka import Message

from helpers.arguments import check_several
from helpers.records.outbox import text

_LATEST_TIME = pd.Timestamp.max.value // 1_000_000  # milliseconds since 1970, the last that pandas can show


def as_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return one row for each message, with the columns topic, partition, offset, time (UTC), key, value and headers.

    Keys, values and headers are shown as text where they are UTF-8, else as bytes. Several headers of one name are a list.
    A time that is not in milliseconds since 1970, as every client should write it, is the bare number.
    Raises `InvalidInput` for what is no list of them.
    """
    check_several("messages", messages, may_be_empty=True)
    messages = list(messages)
    columns: dict[str, list[object]] = {
        "topic": [message.topic() for message in messages],
        "partition": [message.partition() for message in messages],
        "offset": [message.offset() for message in messages],
        "time": [_time(message.timestamp()[1]) for message in messages],
        "key": [text(message.key()) for message in messages],
        "value": [text(message.value()) for message in messages],
        "headers": [_headers(message) for message in messages],
    }
    as_they_are = ("key", "value", "headers")  # pandas would make NaN of None
    return pd.DataFrame({**columns, **{name: pd.Series(columns[name], dtype=object) for name in as_they_are}})


def _headers(message: Message) -> dict[str, object]:
    found: dict[str, list[object]] = {}
    for name, value in list(message.headers() or []):  # the client gives pairs, whatever its types say
        found.setdefault(str(name), []).append(text(value))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _time(milliseconds: int) -> object:
    """Return a record's time in UTC, NaT if it has none, and the number if it is later than the year 2262."""
    if milliseconds < 0:
        return pd.NaT
    if milliseconds > _LATEST_TIME:
        return milliseconds
    return pd.Timestamp(milliseconds, unit="ms", tz="UTC")
