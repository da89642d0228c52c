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


class DeliveryFailed(KafkaFailed):
    """Records were not delivered. `failures` lists at most a hundred of them as (key, reason); `count` is how many in all."""

    def __init__(self, problem: str, remedy: str = "", *, failures: list[tuple[object, str]], count: int) -> None:
        super().__init__(problem, remedy)
        self.failures = failures
        self.count = count
