# SPDX-License-Identifier: Apache-2.0
"""Consumer groups: where a member would start, the settings that the broker keeps for a group, and how to delete it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from confluent_kafka import Consumer, ConsumerGroupState, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from helpers import clients
from helpers.arguments import above_zero, check_mapping, check_text
from helpers.errors import KafkaFailed, TimedOut
from helpers.lab import Lab
from helpers.topics import check_name

Key = TypeVar("Key")


def peek(lab: Lab, group: str, topic: str, auto_offset_reset: str, *, timeout: float = 10.0) -> list[int]:
    """Return the offsets that a member of `group` would read now, up to the end of `topic`, which has one partition.

    It joins the group with `auto_offset_reset` ("earliest" or "latest") and commits nothing. The client reports
    when it is at the end (`enable.partition.eof`), so an empty topic needs no wait.
    Afterwards the group exists, without members, until it is deleted.

    Raises `TimedOut` when the end is not reached within `timeout` seconds, and `KafkaFailed` when reading fails.
    """
    check_name(topic)
    above_zero(timeout, "timeout")
    settings = {
        "group.id": group,
        "auto.offset.reset": auto_offset_reset,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,  # by default the broker waits half a second before it answers that there is no more
    }
    offsets: list[int] = []
    with clients.new(Consumer, lab.client_settings, settings) as consumer:
        consumer.subscribe([topic])
        deadline = time.monotonic() + timeout
        # A message with an empty value, or a tombstone, counts as false: its length is that of its value.
        while (message := consumer.poll(max(deadline - time.monotonic(), 0))) is not None:
            error = message.error()
            if error and error.code() == KafkaError._PARTITION_EOF:
                return offsets
            if error:
                raise KafkaFailed(f"Topic {topic!r} could not be read: {error.str()}.")
            offsets.append(message.offset() or 0)
    raise TimedOut(f"Waited {timeout:g} s for the end of topic {topic!r}; {len(offsets)} records came.")


def configure(lab: Lab, group: str, config: Mapping[str, object | None]) -> None:
    """Change the settings that the broker keeps for `group`, as `{"share.auto.offset.reset": "earliest"}`. None removes a setting.

    Raises `KafkaFailed` with the broker's words for a setting that it refuses.
    """
    check_text("group", group)
    check_mapping("config", config)
    entries = [
        ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE)
        if value is None
        else ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]
    if not entries:
        return
    resource = ConfigResource(ResourceType.GROUP, group, incremental_configs=entries)
    answers = _ask(lab, lambda admin: admin.incremental_alter_configs([resource], request_timeout=clients.PATIENCE))
    clients.results(answers, f"configure group {group!r}", lab.bootstrap_servers)


def names(lab: Lab) -> list[str]:
    """Return the names of the groups that the brokers know, sorted. Raises `LabNotRunning` when nothing answers."""
    answers = _ask(lab, lambda admin: {"": admin.list_consumer_groups(request_timeout=clients.PATIENCE)})
    what = "list the groups"
    told = clients.results(answers, what, lab.bootstrap_servers)[""]
    if told.errors:  # no answer does not mean an empty list
        raise clients.failed(KafkaException(told.errors[0]), what, lab.bootstrap_servers)
    return sorted(group.group_id for group in told.valid)


def count_members(lab: Lab, group: str) -> int:
    """Return how many members `group` has after it has assigned its partitions, and 0 while it rebalances."""
    check_text("group", group)
    answers = _ask(lab, lambda admin: admin.describe_consumer_groups([group], request_timeout=clients.PATIENCE))
    told = clients.results(answers, f"describe group {group!r}", lab.bootstrap_servers)[group]
    return len(told.members) if told.state == ConsumerGroupState.STABLE else 0


def delete(lab: Lab, *groups: str, missing_ok: bool = False) -> None:
    """Delete groups and their committed offsets.

    Raises `KafkaFailed` for one that has members, or that does not exist (unless `missing_ok`).
    """
    if busy := delete_empty(lab, *groups, missing_ok=missing_ok):
        problem = f"{', '.join(busy)} cannot be deleted: the group has members."
        raise KafkaFailed(
            problem, "Close its consumers first. A killed consumer counts as a member until its session times out."
        )


def delete_empty(lab: Lab, *groups: str, missing_ok: bool = False) -> list[str]:
    """Delete those of `groups` that have no members, and return the names of the others.

    Raises `KafkaFailed` for one that does not exist (unless `missing_ok`).
    """
    for group in groups:
        check_text("group", group)
    doomed = sorted(set(groups) & set(names(lab))) if missing_ok else list(groups)
    if not doomed:
        return []
    answers = _ask(lab, lambda admin: admin.delete_consumer_groups(doomed, request_timeout=clients.PATIENCE))
    errors = {group: future.exception() for group, future in answers.items()}
    busy = [group for group, error in errors.items() if _says(error, KafkaError.NON_EMPTY_GROUP)]
    others = {group: future for group, future in answers.items() if group not in busy}
    clients.results(others, f"delete {', '.join(doomed)}", lab.bootstrap_servers)
    return busy


def _ask(lab: Lab, question: Callable[[AdminClient], Mapping[Key, Future[Any]]]) -> Mapping[Key, Future[Any]]:
    """Return the answers to one question about groups, when all have arrived. It uses its own client, never `lab.admin`.

    If a question about a group timed out, its client ends the whole process when the broker is back (librdkafka's issue 4605).
    So the client is closed before an error is raised, because the error's traceback would keep it.
    """
    with clients.new(AdminClient, lab.client_settings) as admin:
        answers = question(admin)
        wait(answers.values())
    return answers


def _says(error: BaseException | None, code: int) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() == code
