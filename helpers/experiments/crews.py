# SPDX-License-Identifier: Apache-2.0
"""Groups of consumers that share the partitions of a topic, read all its records, or crash. Each leaves the cluster as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from confluent_kafka import Consumer, Message

from helpers import clients, groups, topics
from helpers.arguments import whole_number
from helpers.experiments.members import Member, owners
from helpers.lab import Lab
from helpers.records import Record, produce
from helpers.waiting import wait_until

Program = Callable[[Consumer, Callable[[Message], object], "int | None"], object]
"""What a learner writes: it polls a consumer, works on each message, commits, and may die after the work on an offset."""


@dataclass(frozen=True, slots=True)
class Work:
    """How long a group took, in seconds, and how many records each of its members handled."""

    seconds: float
    handled: list[int]


def share_work(lab: Lab, size: int, *, partitions: int = 4, count: int = 800, rate: float = 400.0) -> Work:
    """Let `size` members handle `count` records, evenly spread. Each member does `rate` records a second.

    The time is from the first record sent to the last one handled. The partitions are assigned before.
    Raises what `crew` raises.
    """
    whole_number(partitions, "partitions")
    whole_number(count, "count")
    load = [Record(b"work", partition=number % partitions) for number in range(count)]
    with topics.temporary(lab, "work", partitions) as topic, crew(lab, "workers", topic, size, rate=rate) as members:
        started = time.monotonic()
        produce(lab, topic, load)
        wait_for_records(members, count, timeout=30 + count / rate)
        return Work(time.monotonic() - started, [member.handled for member in members])


@contextmanager
def crew(lab: Lab, prefix: str, topic: str, size: int, *, rate: float | None = None) -> Iterator[list[Member]]:
    """Yield `size` running members of a new group named after `prefix`, once they share the partitions of `topic`.

    At the end of the block they leave and the group is deleted. Raises `TimedOut` when the group does not finish its rebalance.
    """
    whole_number(size, "size")
    group = topics.unique_name(prefix)
    patient = {"session.timeout.ms": 30_000}  # no member is killed here, and a slow one must not look like it
    members = [Member(lab, group, topic, name=f"{n} of {size}", rate=rate, config=patient) for n in range(1, size + 1)]
    with ExitStack() as running:
        running.callback(groups.delete, lab, group)
        for member in members:
            running.enter_context(member)
        settle(members)
        yield members


def settle(members: Sequence[Member], *, timeout: float = 30.0) -> dict[int, str]:
    """Wait until those of `members` that run have shared out their topic's partitions evenly; return `{partition: name}`.

    All are of one group, which has no other members. Raises `TimedOut` when it does not settle within `timeout` seconds.
    """
    first = members[0]
    told = clients.metadata(first.lab.admin, first.lab.bootstrap_servers, first.topic).topics[first.topic]
    running = [member for member in members if member.running]
    wait_until(
        lambda: _evenly(running, set(told.partitions)) and groups.count_members(first.lab, first.group) == len(running),
        timeout,
        f"{len(running)} members to share {len(told.partitions)} partitions",
        last_seen=lambda: f"{groups.count_members(first.lab, first.group)} present, {owners(running)}",
    )
    return dict(sorted(owners(running).items()))


def _evenly(members: Sequence[Member], partitions: set[int]) -> bool:
    shares = [len(member.assignment) for member in members]
    return set(owners(members)) == partitions and sum(shares) == len(partitions) and max(shares) - min(shares) <= 1


def wait_for_records(members: Sequence[Member], count: int, *, timeout: float = 30.0) -> None:
    """Wait until `members` have handled `count` records together. Raises `TimedOut` after `timeout` seconds."""
    wait_until(
        lambda: sum(member.handled for member in members) >= count,
        timeout,
        f"{count} records to be handled",
        last_seen=lambda: {member.name: member.handled for member in members},
    )


def crash(lab: Lab, commit: str, *, count: int = 20) -> list[int]:
    """Let a member crash between commit and work, and let a second one continue. Return the offsets handled, in that order.

    They work in batches of five, with `commit` "before" or "after" the work. The first one crashes in its second batch.
    Raises `TimedOut` when a member does not finish.
    """
    group = topics.unique_name("crash")
    with topics.temporary(lab, "crash") as topic:
        produce(lab, topic, [f"order {number}" for number in range(count)])
        with Member(lab, group, topic, name="first", commit=commit, batch=5, crash_after=10) as first:
            wait_until(lambda: not first.running, 30, "the first member to crash")
        with Member(lab, group, topic, name="second", commit=commit, batch=5) as second:
            wait_until(lambda: (0, count - 1) in second.records, 30, "the second member to work on the last record")
        groups.delete(lab, group)
    return [offset for _, offset in first.records + second.records]


def crash_once(
    lab: Lab,
    topic: str,
    program: Program,
    work: Callable[[Message], object] | None = None,
    *,
    dies_after: int = 4,
    config: Mapping[str, object] | None = None,
) -> list[str]:
    """Run `program(consumer, work, dies_after)` until its power fails, then again without a failure.

    The power fails when it raises `RuntimeError`. Both consumers are of one new group, start at the beginning of `topic`, and
    commit nothing by themselves unless `config` says so. Returns the values that were worked on, in that order; `work` is done
    on each of them besides.
    """
    done: list[str] = []

    def note(message: Message) -> None:
        done.append((message.value() or b"").decode())
        if work:
            work(message)

    group = topics.unique_name("crash")
    settings = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, **(config or {})}
    try:
        for offset in (dies_after, None):
            with suppress(RuntimeError), clients.new(Consumer, lab.client_settings, settings) as consumer:
                consumer.subscribe([topic])
                program(consumer, note, offset)
    finally:
        groups.delete(lab, group, missing_ok=True)
    return done
