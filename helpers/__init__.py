# SPDX-License-Identifier: Apache-2.0
"""What the notebooks of the Kafka sync lab share. A lesson begins with `from helpers import attach`.

What a lesson imports is directly in this folder, or in its own folder if it has more than one file. The rest
is in folders, and the docstring of each folder lists what it holds. A module imports only from its own line or the lines below:

- `command` the `lab` command
- `classroom` a lab for each learner of a class
- `plots` `checks` `guide` pictures; predictions and exercises; what to use when
- `experiments` `shop` what one lesson measures: groups of consumers, changes of a table, the way of rows; the services of the shop
- `connectors` `reconcile` configurations of connectors; a topic against the table that a sink makes of it
- `connect` `database` `groups` `lag` `records` `schemas` `segments` `services` `kafka_tools` `topics` `workspace` what lessons do
- `attaching` `given` `lab` `cluster` `clients` `java_client` where the servers answer, brokers to kill, how a client is made
- `faults` `sql_errors` what goes wrong on purpose; what a database refuses, as an error
- `stack` how the servers are downloaded and run
- `child` `child_input` programs that end with their parent
- `processes` the only place that starts a process
- `memory` how much of it is free
- `arguments` `background` `bootstrap` `child_guard` `cleanup` `errors` `progress` `project` `recording` `settings` `waiting` all
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.attaching import attach
    from helpers.lab import Lab

__all__ = ["Lab", "attach"]


def __getattr__(name: str) -> object:
    """Import `Lab` and `attach` when they are first asked for: the programs of the shop need neither, and start sooner."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from helpers import attaching

    return getattr(attaching, name)
