"""Consumer groups: where a member would start, what the broker keeps for a group, and its end."""

from __future__ import annotations

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from helpers import clients
from helpers.errors import KafkaFailed, TimedOut
from helpers.lab import Lab


def would_read(lab: Lab, group: str, topic: str, auto_offset_reset: str, *, timeout: float = 10.0) -> list[int]:
    """Return the offsets that a member of `group` would read now, up to the end of `topic`, which has one partition.

    It joins the group with `auto_offset_reset` ("earliest" or "latest") and commits nothing. The client itself says
    when it is at the end (`enable.partition.eof`): that there is nothing to read is an answer, and takes no waiting.
    Afterwards the group exists, empty, until it is deleted.

    Raises `TimedOut` when the end is not reached within `timeout` seconds, and `KafkaFailed` when reading fails.
    """
    settings = {
        "group.id": group,
        "auto.offset.reset": auto_offset_reset,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,  # else the broker thinks for half a second before it says that there is no more
    }
    offsets: list[int] = []
    with clients.connect(Consumer, lab.bootstrap_servers, settings) as consumer:
        consumer.subscribe([topic])
        deadline = time.monotonic() + timeout
        # A message whose value is empty, or a tombstone, is not true: it has the length of its value.
        while (message := consumer.poll(max(deadline - time.monotonic(), 0))) is not None:
            error = message.error()
            if error and error.code() == KafkaError._PARTITION_EOF:
                return offsets
            if error:
                raise KafkaFailed(f"Topic {topic!r} could not be read: {error.str()}.")
            offsets.append(message.offset() or 0)
    raise TimedOut(f"Waited {timeout:g} s for the end of topic {topic!r}; {len(offsets)} records came.")


def configure(lab: Lab, group: str, config: Mapping[str, object | None]) -> None:
    """Set what the broker keeps for `group`, such as `{"share.auto.offset.reset": "earliest"}`; None removes a setting.

    Raises `KafkaFailed` with the broker's words for a setting that it refuses.
    """
    entries = [
        ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE)
        if value is None
        else ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]
    resource = ConfigResource(ResourceType.GROUP, group, incremental_configs=entries)
    answers = lab.admin.incremental_alter_configs([resource], request_timeout=clients.PATIENCE)
    clients.results(answers, f"Group {group!r} was to be configured", lab.bootstrap_servers)


def names(lab: Lab) -> list[str]:
    """Return the names of the groups that the brokers know, sorted. Raises `LabNotRunning` when nothing answers."""
    asked = {"": lab.admin.list_consumer_groups(request_timeout=clients.PATIENCE)}
    told = clients.results(asked, "The groups were asked for", lab.bootstrap_servers)[""]
    return sorted(group.group_id for group in told.valid)


def delete(lab: Lab, *groups: str, missing_ok: bool = False) -> None:
    """Delete groups, with what they have committed.

    Raises `KafkaFailed` for one that has members, or that does not exist (unless `missing_ok`).
    """
    doomed = sorted(set(groups) & set(names(lab))) if missing_ok else list(groups)
    if not doomed:
        return
    answers = lab.admin.delete_consumer_groups(doomed, request_timeout=clients.PATIENCE)
    clients.results(answers, f"{', '.join(doomed)} were to be deleted", lab.bootstrap_servers)
