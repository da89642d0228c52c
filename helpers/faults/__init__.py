# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on purpose. Each fault is a `with` block, is undone at its end, and ends by itself after two minutes.

- `commits` `servers` `poison` an answer to a COMMIT that never comes; the lab's own servers; records that stop a reader
- `relay` a network between a client and a server that loses, delays or holds what passes
- `waker` the program that lets frozen servers continue
"""

from helpers.faults.relay import Connection, Relay

__all__ = ["Connection", "Relay"]
