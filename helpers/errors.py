# SPDX-License-Identifier: Apache-2.0
"""One tree of errors: whatever goes wrong in the lab is a `LabError` that says what, where and what to do."""

from __future__ import annotations


class LabError(Exception):
    """Something the reader can act on. `str(error)` is one sentence on what is wrong and where, then what to do.

    `exit_code` is what the `lab` command ends with when this error reaches it.
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
    """No lab answers at the place where one was looked for."""

    exit_code = 3


class TimedOut(LabError, TimeoutError):
    """A fact did not come true within its time."""

    exit_code = 4


class DownloadFailed(LabError):
    """A file could not be fetched, or is not the file that was asked for."""

    exit_code = 5


class ServerFailed(LabError):
    """A server did not start, or ended by itself; the message ends with the last lines of its log."""

    exit_code = 6


class Unsupported(LabError):
    """This platform or this Python cannot do what was asked; the remedy names the way that works there."""

    exit_code = 7


class KafkaFailed(LabError):
    """The cluster refused a request; the message carries its own words."""


class ConnectFailed(LabError):
    """The Connect worker refused a request; the message carries its own words.

    `status` is HTTP's number for it. `fields` maps each refused key of a configuration to what the worker says of it.
    """

    def __init__(
        self, problem: str, remedy: str = "", *, status: int, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.fields = fields or {}


class ConnectorFailed(LabError):
    """A connector, or a task of it, has the state FAILED; the message ends with the root cause in its `trace`."""

    def __init__(self, problem: str, remedy: str = "", *, trace: str) -> None:
        super().__init__(problem, remedy)
        self.trace = trace


class DatabaseFailed(LabError):
    """The database refused a statement; the message carries its own words."""


class DeliveryFailed(KafkaFailed):
    """Records were not delivered. `failures` lists at most a hundred of them as (key, reason); `count` is how many in all."""

    def __init__(self, problem: str, remedy: str = "", *, failures: list[tuple[object, str]], count: int) -> None:
        super().__init__(problem, remedy)
        self.failures = failures
        self.count = count
