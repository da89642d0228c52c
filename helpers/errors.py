# SPDX-License-Identifier: Apache-2.0
"""All errors of the lab are `LabError`s. Each one says what is wrong, where, and what to do.

The number is the exit code of the `lab` command.

    LabError 1
    ├── InvalidInput 2, also a ValueError
    ├── LabNotRunning 3
    ├── TimedOut 4, also a TimeoutError
    ├── DownloadFailed 5
    ├── ServerFailed 6
    ├── Unsupported 7
    ├── KafkaFailed 1
    │   └── DeliveryFailed 1
    ├── ConnectFailed 1
    ├── ConnectorFailed 1
    └── DatabaseFailed 1
"""

from __future__ import annotations

import errno

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""The numbers of an `OSError` when the disk, or the share of this user, is full."""


class LabError(Exception):
    """A problem that the reader can fix. `str(error)` says in one sentence what is wrong and where, then what to do.

    `exit_code` is the exit code of the `lab` command for this error.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())


class InvalidInput(LabError, ValueError):
    """An argument that cannot be right: a count of 0, a name that Kafka refuses, a value of the wrong type."""

    exit_code = 2


class LabNotRunning(LabError):
    """No lab answers at the expected place."""

    exit_code = 3


class TimedOut(LabError, TimeoutError):
    """An expected fact was not true before the deadline."""

    exit_code = 4


class DownloadFailed(LabError):
    """A file could not be downloaded, or it is not the expected file."""

    exit_code = 5


class ServerFailed(LabError):
    """A server did not start, or it ended by itself. The message ends with the last lines of its log."""

    exit_code = 6


class Unsupported(LabError):
    """This platform or this Python cannot do this. The remedy names a way that works there."""

    exit_code = 7


class KafkaFailed(LabError):
    """The cluster refused a request. The message quotes its reason."""


class ConnectFailed(LabError):
    """The Connect worker refused a request. The message quotes its reason.

    `status` is the HTTP status code. `fields` maps each refused key of a configuration to the worker's reasons.
    """

    def __init__(
        self, problem: str, remedy: str = "", *, status: int, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.fields = fields or {}


class ConnectorFailed(LabError):
    """A connector, or one of its tasks, has the state FAILED. The message ends with the root cause in its `trace`."""

    def __init__(self, problem: str, remedy: str = "", *, trace: str) -> None:
        super().__init__(problem, remedy)
        self.trace = trace


class DatabaseFailed(LabError):
    """The database refused a statement. The message quotes its reason."""


class DeliveryFailed(KafkaFailed):
    """Records were not delivered. `failures` lists at most a hundred of them as (key, reason). `count` is the number of all."""

    def __init__(self, problem: str, remedy: str = "", *, failures: list[tuple[object, str]], count: int) -> None:
        super().__init__(problem, remedy)
        self.failures = failures
        self.count = count
