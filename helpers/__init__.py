"""What the notebooks of the Kafka sync lab share. A lesson begins with `from helpers import attach`.

The rooms, from the top; each imports only from those below it:

- `cli` `console` `doctor` `jupyter` `testing` the lab command
- `plots` `checks` pictures; exercises
- `experiments` `journeys` `members` consumers as processes, and what is measured with them
- `changes` `load` `poller` a table's changes, who sees them and at what price
- `connectors` `connect` `database` `groups` `lag` `records` `segments` `tools` `topics` `clients` `lab` what a lesson does
- `stack` how the servers are obtained and run
- `background` `bootstrap` `errors` `project` `settings` `waiting` the ground floor
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.lab import Lab, attach

__all__ = ["Lab", "attach"]


def __getattr__(name: str) -> object:
    """Import `attach` and `Lab` when they are asked for: the `lab` command starts without a Kafka client."""
    if name in __all__:
        from helpers import lab

        return getattr(lab, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
