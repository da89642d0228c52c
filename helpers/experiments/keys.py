# SPDX-License-Identifier: Apache-2.0
"""Which partition a key goes to: with the Python client, and with Kafka's own Java client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers import kafka_tools, topics
from helpers.arguments import check_several
from helpers.lab import Lab
from helpers.records import consume, produce


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
    """Do the same with Kafka's own console producer, which is written in Java. Raises what `kafka_tools.kafka` raises."""
    settings = ("parse.key=true", "key.separator=:")
    options = [word for setting in settings for word in ("--reader-property", setting)]
    with topics.temporary(lab, "keys", partitions) as topic:
        kafka_tools.kafka(
            lab, "console-producer", "--topic", topic, *options, stdin="".join(f"{key}:\n" for key in keys)
        )
        found = {message.key(): message.partition() or 0 for message in consume(lab, topic, len(keys))}
    return [found[key.encode()] for key in keys]
