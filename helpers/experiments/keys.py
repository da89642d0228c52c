# SPDX-License-Identifier: Apache-2.0
"""Which partition a key goes to: with the Python client, and with Kafka's own Java client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from helpers import kafka_tools, topics
from helpers.arguments import check_several, check_text
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.records import consume, produce

Event = dict[str, str]
"""One step of an order: `{"customer": "customer 7", "order": "order 812", "step": "paid"}`."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where events went: how many to each partition, and how many orders have events in more than one."""

    load: dict[str, int]
    torn: int

    @property
    def busiest(self) -> float:
        """The share of all events that the fullest partition has, from 0 to 1."""
        return max(self.load.values()) / sum(self.load.values())

    @property
    def finding(self) -> str:
        """Both numbers in a sentence, for the title of a picture."""
        return f"The busiest partition has {self.busiest:.0%} of the events; {self.torn} orders are torn apart"


def shop_events() -> list[Event]:
    """Return the 3,000 events of a shop: 1,000 orders of three steps each, of which 700 are one company's."""
    events = []
    for number in range(1000):
        customer = "big company" if number < 700 else f"customer {number}"
        events += [
            {"customer": customer, "order": f"order {number}", "step": step} for step in ("created", "paid", "shipped")
        ]
    return events


def spread(lab: Lab, key_for: Callable[[Event], str], *, partitions: int = 4) -> Spread:
    """Send the events of `shop_events`, each with the key that `key_for` gives it, and return where they went.

    Raises what `records.produce` raises.
    """
    events = shop_events()
    placed = partitions_of(lab, [key_for(event) for event in events], partitions=partitions)
    places = {(event["order"], place) for event, place in zip(events, placed, strict=True)}
    homes = Counter(order for order, _ in places)
    counted = Counter(placed)
    load = {f"partition {number}": counted[number] for number in range(partitions)}
    return Spread(load, sum(count > 1 for count in homes.values()))


def partitions_of(
    lab: Lab, keys: Sequence[str], *, partitions: int = 4, config: Mapping[str, object] | None = None
) -> list[int]:
    """Send a record with each of `keys` to a new topic, and return the partition that each went to.

    `config` has producer settings with Kafka's names. Raises what `records.produce` raises.
    """
    check_several("keys", keys, may_be_empty=True)
    with topics.temporary(lab, "keys", partitions) as topic:
        sent = produce(lab, topic, [(key, None) for key in keys], reports=True, config=config)
    return [message.partition() or 0 for message in sent.messages]


def partitions_by_java(lab: Lab, keys: Sequence[str], *, partitions: int = 4) -> list[int]:
    """Do the same with Kafka's own console producer, which is written in Java. Raises what `kafka_tools.kafka` raises.

    Raises `InvalidInput` for a key with a colon or a line break, which would end it there.
    """
    check_several("keys", keys, may_be_empty=True)
    for key in keys:
        check_text("keys", key)
        if set(":\r\n") & set(key):
            raise InvalidInput(
                f"The console producer would end the key {key!r:.60} early.", "Use a key without : and breaks."
            )
    if not keys:
        return []
    settings = ("parse.key=true", "key.separator=:")
    options = [word for setting in settings for word in ("--reader-property", setting)]
    with topics.temporary(lab, "keys", partitions) as topic:
        kafka_tools.kafka(
            lab, "console-producer", "--topic", topic, *options, stdin="".join(f"{key}:\n" for key in keys)
        )
        found = {message.key(): message.partition() or 0 for message in consume(lab, topic, len(keys))}
    return [found[key.encode()] for key in keys]
