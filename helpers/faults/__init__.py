# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on purpose. Each fault is a `with` block, is undone at its end, and ends by itself after two minutes.

- `relay` a network between a client and a server that loses, delays or holds what passes
"""

from helpers.faults.relay import Connection, Relay

__all__ = ["Connection", "Relay"]
