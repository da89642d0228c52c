# SPDX-License-Identifier: Apache-2.0
"""Which port each server of a lab gets: it keeps the one that it had, as long as no other program uses it."""

from __future__ import annotations

from collections.abc import Mapping

from helpers import processes
from helpers.stack.progress import Reporter


def keep_or_choose(known: Mapping[str, int], idle: Mapping[str, str], report: Reporter) -> dict[str, int]:
    """Return `known` with a port for each server that does not run: its earlier one, or another if a program uses that now.

    `idle` has their names, with what people call them.
    """
    ports = dict(known)
    free = processes.free_soon([ports[name] for name in idle if name in ports])
    for name, title in idle.items():
        if (port := ports.get(name)) in free:
            continue
        ports[name] = processes.choose_port(set(ports.values()))
        if port:
            report.say(f"Port {port} is used by another program. {title} moves to {ports[name]}")
    return ports
