# SPDX-License-Identifier: Apache-2.0
"""Sinks that meet what they cannot write: Debezium's, and the classic one where the worker has it. Each has its own table.

- `bad_row` `changes` one bad row among many; records whose schema has changed
- `members` a table that a sink has made for itself
- `sinks` a sink with its table
"""

from helpers.experiments.sink_failures.bad_row import one_bad_row
from helpers.experiments.sink_failures.changes import schema_changes
from helpers.experiments.sink_failures.members import Members

__all__ = ["Members", "one_bad_row", "schema_changes"]
