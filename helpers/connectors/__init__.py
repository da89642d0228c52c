# SPDX-License-Identifier: Apache-2.0
"""Configurations of connectors, by name and typed arguments, each a plain dictionary of Kafka's keys.

- `choice` which families the worker has, and a configuration of any of them
- `debezium` `files` `jdbc` one family each
- `parts` what they have in common
"""

from helpers.connect import Config
from helpers.connectors.choice import (
    about_classic_sink,
    choose_sink,
    choose_source,
    families,
    has_classic_sink,
    poll_every,
    sink,
    source,
)
from helpers.connectors.debezium import debezium_sink, debezium_source
from helpers.connectors.files import file_sink, file_source
from helpers.connectors.jdbc import jdbc_sink, jdbc_source
from helpers.connectors.parts import CLASSIC_SINK, SINKS, SOURCES, table_for

__all__ = [
    "CLASSIC_SINK", "SINKS", "SOURCES", "Config", "about_classic_sink", "choose_sink", "choose_source", "debezium_sink",
    "debezium_source", "families", "file_sink", "file_source", "has_classic_sink", "jdbc_sink", "jdbc_source",
    "poll_every", "sink", "source", "table_for",
]  # fmt: skip
