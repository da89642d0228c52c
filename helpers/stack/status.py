# SPDX-License-Identifier: Apache-2.0
"""The status of one server of a lab, running or not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerStatus:
    """What `lab status` shows about one server. Memory in bytes (resident), uptime in seconds; None while it is stopped.

    A server in a container has the container's id instead of a pid.
    """

    name: str
    title: str
    version: str
    address: str
    pid: int | None
    memory: int | None
    uptime: float | None
    log: str
    container: str | None = None
    inside: str | None = None
    """The address for other containers of the lab, if that is not `address`."""

    starting: bool = False
    """Whether the server runs and does not listen yet."""

    @property
    def running(self) -> bool:
        """Whether the server runs now."""
        return bool(self.pid or self.container)
