# SPDX-License-Identifier: Apache-2.0
"""Topics: create, list, describe and delete them. Each function waits until the cluster shows the change. Unique names too."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pandas as pd
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, TopicMetadata

from helpers import clients
from helpers.arguments import above_zero, check_mapping, check_text, whole_number
from helpers.cleanup import afterwards
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning
from helpers.lab import Lab
from helpers.waiting import wait_until

COLUMNS = ["topic", "partition", "leader", "replicas", "isr", "begin offset", "end offset"]


def create(
    lab: Lab,
    name: str,
    partitions: int = 1,
    *,
    replication_factor: int = 1,
    config: Mapping[str, object] | None = None,
    timeout: float = 10.0,
) -> None:
    """Create a topic and wait until each of its partitions has a leader, and each broker that answers knows it.

    `config` has topic settings with Kafka's names, as in `{"retention.ms": 60000}`.

    Raises `InvalidInput` for a name or a number of partitions that Kafka refuses, `KafkaFailed` with the broker's words
    when the topic exists already or a setting is wrong, and `TimedOut` when no leader shows within `timeout` seconds.
    """
    check_name(name)
    whole_number(partitions, "partitions")
    whole_number(replication_factor, "replication_factor")
    check_mapping("config", config)
    above_zero(timeout, "timeout")
    if name in _all(lab):
        problem = f"Topic {name!r} exists already at {lab.bootstrap_servers}."
        raise KafkaFailed(problem, "Use another name, or delete it first with `topics.delete`.")
    settings = {key: _text(value) for key, value in (config or {}).items()}
    new = NewTopic(name, partitions, replication_factor, config=settings)
    answers = lab.admin.create_topics([new], request_timeout=timeout)
    clients.results(answers, f"create topic {name!r}", lab.bootstrap_servers)
    wait_for_leaders(lab, name, partitions, timeout)
    wait_until(lambda: _known_by_all(lab, name), timeout, f"every broker to know topic {name}")


def wait_for_leaders(lab: Lab, name: str, partitions: int = 1, timeout: float = 10.0) -> None:
    """Wait until each partition of a topic has a leader that answers. Brokers learn of a new topic one after another.

    Raises `TimedOut` after `timeout` seconds.
    """
    expected = f"topic {name} to have leaders for all of its {partitions} partitions"
    wait_until(lambda: _led(lab, name) == partitions, timeout, expected, last_seen=lambda: f"{_led(lab, name)} of them")


def names(lab: Lab) -> list[str]:
    """Return the names of the topics, sorted, without Kafka's internal ones (such as `__consumer_offsets`)."""
    return _visible(_all(lab))


def describe(lab: Lab, *names: str) -> pd.DataFrame:
    """Return one row for each partition of the named topics. Without a name, of all topics that `names` lists.

    Columns: topic, partition, leader (broker id), replicas and isr (lists of broker ids), begin offset, end offset.
    The log holds the offsets from begin (included) to end (not included).

    Raises `KafkaFailed` for a topic that does not exist.
    """
    _check_names(names)
    known = _all(lab)
    chosen = _existing(lab, known, names) if names else _visible(known)
    places = [TopicPartition(name, number) for name in chosen for number in sorted(known[name].partitions)]
    begins = clients.offsets(lab.admin, lab.bootstrap_servers, places, clients.EARLIEST)
    ends = clients.offsets(lab.admin, lab.bootstrap_servers, places, clients.LATEST)
    rows = []
    for place in places:
        told = known[place.topic].partitions[place.partition]
        rows.append([place.topic, place.partition, told.leader, told.replicas, told.isrs, begins[place], ends[place]])
    return pd.DataFrame(rows, columns=COLUMNS)


def delete(lab: Lab, *names: str, missing_ok: bool = False, timeout: float = 10.0) -> None:
    """Delete topics and wait until the cluster no longer shows them.

    Raises `KafkaFailed` for one that does not exist (unless `missing_ok`), and `TimedOut` after `timeout` seconds.
    """
    _check_names(names)
    known = _all(lab)
    doomed = [name for name in names if name in known] if missing_ok else _existing(lab, known, names)
    if not doomed:
        return
    answers = lab.admin.delete_topics(doomed, request_timeout=timeout)
    clients.results(answers, f"delete {', '.join(doomed)}", lab.bootstrap_servers)
    wait_until(lambda: not set(doomed) & set(_all(lab)), timeout, f"{', '.join(doomed)} to be gone")


def unique_name(prefix: str) -> str:
    """Return a name that begins with `prefix` and that no other run has. Raises `InvalidInput` for a bad prefix."""
    check_text("prefix", prefix)
    return check_name(f"{prefix}-{secrets.token_hex(4)}")


@contextmanager
def temporary(
    lab: Lab, prefix: str, partitions: int = 1, *, config: Mapping[str, object] | None = None
) -> Iterator[str]:
    """Create a topic for the length of the block, and yield its unique name. Raises what `create` and `delete` raise."""
    name = unique_name(prefix)
    # Around the creation too: one that timed out may have made the topic.
    with afterwards(lambda: delete(lab, name, missing_ok=True), f"Topic {name}"):
        create(lab, name, partitions, config=config, timeout=60)
        yield name


def check_name(name: str, what: str = "topic") -> str:
    """Return `name`, or raise `InvalidInput` with the broken rule (`Topic.validate` in Kafka's source).

    `what` is the thing that shall have it: a connector's name becomes part of those of its topics.
    """
    check_text(f"name of the {what}", name, may_be_empty=True)
    strange = sorted(set(re.sub(r"[a-zA-Z0-9._-]", "", name)))
    reason = ""
    if not name:
        reason = "it is empty"
    elif name in (".", ".."):
        reason = "the file system reads that as a folder"
    elif len(name) > 249:
        reason = f"it has {len(name)} characters of at most 249"
    elif strange:
        reason = f"it contains {strange}"
    if reason:
        problem = f"Kafka refuses the {what} name {name[:60]!r}: {reason}."
        raise InvalidInput(problem, "Use 1 to 249 of a-z A-Z 0-9 . _ and -.")
    return name


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        check_text("name of the topic", name)


def _visible(topics: Iterable[str]) -> list[str]:
    return sorted(name for name in topics if not name.startswith("__"))


def _all(lab: Lab) -> dict[str, TopicMetadata]:
    topics: dict[str, TopicMetadata] = clients.metadata(lab.admin, lab.bootstrap_servers).topics
    return topics


def _existing(lab: Lab, known: Mapping[str, TopicMetadata], names: Sequence[str]) -> list[str]:
    missing = [name for name in names if name not in known]
    if missing:
        problem = f"No topic {', '.join(missing)} at {lab.bootstrap_servers}."
        raise KafkaFailed(problem, "`topics.names(lab)` lists those that exist.")
    return list(names)


def _led(lab: Lab, name: str) -> int:
    """The number of partitions whose leader answers: the metadata may name a leader that does not know it yet."""
    topic = _all(lab).get(name)
    led = [number for number, partition in topic.partitions.items() if partition.leader >= 0] if topic else []
    asked = dict.fromkeys((TopicPartition(name, number) for number in led), clients.LATEST)
    answers = lab.admin.list_offsets(asked, request_timeout=clients.PATIENCE) if asked else {}
    return sum(future.exception() is None for future in answers.values())


def _known_by_all(lab: Lab, name: str) -> bool:
    """Whether each broker that answers knows topic `name`: the next client may ask any of them."""
    brokers = clients.metadata(lab.admin, lab.bootstrap_servers).brokers.values()
    for broker in brokers if len(brokers) > 1 else ():
        address = f"{broker.host}:{broker.port}"
        try:
            clients.metadata(
                clients.new(AdminClient, lab.client_settings | {"bootstrap.servers": address}), address, name
            )
        except LabNotRunning:
            continue
        except KafkaFailed:
            return False
    return True


def _text(setting: object) -> str:
    return str(setting).lower() if isinstance(setting, bool) else str(setting)
