# SPDX-License-Identifier: Apache-2.0
"""What a program that `child.Child` runs finds in its standard input: its orders, in the first line. It ends when its parent does.

It imports nothing of the lab, so that such a program starts in a fraction of a second.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

ended = threading.Event()
"""Set when the input has ended: it is time to end."""


def read_orders() -> dict[str, Any]:
    """Return the orders, and begin to watch for the end of the input. To be called once, before anything else."""
    orders: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_watch, name="standard input", daemon=True).start()
    return orders


def _watch() -> None:
    sys.stdin.read()
    ended.set()
