# SPDX-License-Identifier: Apache-2.0
"""Lets frozen processes continue at the end of its input. The first line has their ids and start times, as JSON.

`servers.freeze` runs it. It imports nothing of the lab. The end of the input is the order, and it comes also when the program
that froze them is killed.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import psutil


def main() -> None:
    """Wait for the end of the input, then let those continue that are still the same processes."""
    frozen = json.loads(sys.stdin.readline() or "[]")
    sys.stdin.read()
    for pid, started in frozen:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == started:
                process.resume()


if __name__ == "__main__":
    main()
