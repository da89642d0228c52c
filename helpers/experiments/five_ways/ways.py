# SPDX-License-Identifier: Apache-2.0
"""The five ways: what each consists of, and the worst moment for its program to die."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpers.connect import Config
from helpers.connectors import debezium_sink, debezium_source
from helpers.connectors.parts import FEW_CONNECTIONS, TEXT
from helpers.experiments.five_ways.orders import FIELDS
from helpers.experiments.five_ways.taker_program import BEFORE_ANSWER, BETWEEN_WRITES
from helpers.experiments.five_ways.upsert_program import BETWEEN_COMMITS
from helpers.lab import Lab
from helpers.schemas import json_converter


@dataclass(frozen=True)
class Way:
    """One way to move an order from the program that takes it into the table of the other side."""

    parts: tuple[str, ...]
    """What must run for it, beside the two databases."""
    dies: str
    """Where the program dies once: where its way has most to lose."""
    own_table: bool = False
    """Whether the program writes each order into a table of its own as well."""
    by_hand: bool = False
    """Whether the consumer is the program that dies. Else it is the one that takes orders."""

    @property
    def moving_parts(self) -> str:
        """The parts with their number, as the table shows them."""
        return f"{len(self.parts)}: {', '.join(self.parts)}"

    def has(self, part: str) -> bool:
        """Return whether `part` is one of its parts."""
        return part in self.parts


WAYS: Mapping[str, Way] = {
    "direct": Way(("program",), BEFORE_ANSWER),
    "dual write": Way(("program", "Kafka", "Connect", "sink"), BETWEEN_WRITES, own_table=True),
    "outbox": Way(("program", "Kafka", "Connect", "source", "sink"), BETWEEN_WRITES, own_table=True),
    "topic first": Way(("program", "Kafka", "Connect", "sink"), BEFORE_ANSWER),
    "by hand": Way(("program", "Kafka", "consumer"), BETWEEN_COMMITS, by_hand=True),
}
"""The ways by name, in the order of the table."""


def source(lab: Lab, name: str, outbox: str, topic: str) -> Config:
    """Return Debezium's source of the table `outbox`: `EventRouter` makes a record of `topic` of each row in it."""
    router = {
        "transforms": "outbox",
        "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.route.topic.replacement": topic,
        "transforms.outbox.table.expand.json.payload": True,
        "key.converter": TEXT,
        **json_converter(),  # ignored silently without a converter: the next key
        "value.converter.schemas.enable": False,
        "poll.interval.ms": 10,  # by default half a second
    }
    config = debezium_source(lab, name, [outbox], config=router)
    flattening = ("transforms.unwrap.", "transforms.route.")  # the router takes their place
    return {key: value for key, value in config.items() if not key.startswith(flattening)}


def sink(lab: Lab, name: str, topic: str, table: str) -> Config:
    """Return Debezium's sink that upserts the orders of `topic` into `table`, by their id."""
    return debezium_sink(
        lab,
        name,
        [topic],
        key="record_value",
        key_fields=["order_id"],
        table=table,
        create_tables=False,
        config={"key.converter": TEXT, **json_converter(FIELDS), **FEW_CONNECTIONS},
    )
