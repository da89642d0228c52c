# SPDX-License-Identifier: Apache-2.0
"""What the notebooks of the Kafka sync lab share. A lesson begins with `from helpers import attach`.

What a lesson imports lies flat in this folder, or in a folder of its own where it is more than one file. Everything
behind it has a folder whose docstring is its map. From the top; each imports only from its own line and those below it:

- `command` the `lab` command
- `plots` `checks` pictures; predictions and exercises
- `experiments` what one lesson measures: groups of consumers, changes of a table, rows on their way
- `connectors` configurations of connectors
- `connect` `database` `groups` `lag` `records` `segments` `kafka_tools` `topics` `workspace` what a lesson does
- `lab` `clients` where the servers answer, and how a Kafka client is made
- `stack` how the servers are obtained and run
- `child` programs that end with their parent
- `processes` the only place that starts a process
- `arguments` `background` `bootstrap` `child_guard` `errors` `project` `settings` `waiting` the ground floor
"""

from helpers.lab import Lab, attach

__all__ = ["Lab", "attach"]
