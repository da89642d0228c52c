# SPDX-License-Identifier: Apache-2.0
"""What becomes of numbered records while brokers fail: acknowledged, in the topic, lost, doubled, and the longest gap."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

import pandas as pd
from confluent_kafka import KafkaError, Message, Producer

from helpers import clients, records, topics
from helpers.background import Background
from helpers.cluster import Cluster
from helpers.errors import InvalidInput, KafkaFailed
from helpers.lab import Lab
from helpers.waiting import wait_until

_TICK = 0.01
_PATIENCE = 30.0
_SPACE = 0.003  # seconds between two records: each is a request of its own, so that frozen followers have one of them at most
_UNANSWERED = 0.2  # seconds for answers that come at once; with acks=all none comes
_AT_ONCE = {"linger.ms": 0, "message.timeout.ms": int(_PATIENCE * 1000)}


@dataclass(frozen=True)
class Outcome:
    """What became of the numbered records of one producer."""

    acknowledged: int
    """Records that the producer counts as stored."""
    in_topic: int
    """Different records in the topic."""
    lost: int
    """Acknowledged, and not in the topic."""
    doubled: int
    """More than once in the topic."""
    reordered: int
    """Behind a record that was sent later."""
    unanswered: int
    """In the topic, and not acknowledged: the producer does not know it."""
    gap: float
    """The longest time between two acknowledgements, in seconds."""


@dataclass
class Answers:
    """What the brokers answered to a producer whose values are numbers, by their number. Times are seconds since `began`."""

    began: float = field(default_factory=time.monotonic)
    acknowledged: dict[int, float] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    """The name of the error, as `NOT_ENOUGH_REPLICAS`."""

    newest: int = -1
    """The highest number that was acknowledged."""

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Take the client's report of one record. It is the producer's `on_delivery`."""
        number = int(message.value() or b"")
        if error:
            self.failed[number] = error.name()
        else:
            self.acknowledged[number] = time.monotonic() - self.began
            self.newest = max(self.newest, number)


class SteadyProducer:
    """Sends the values "0", "1", "2" … to `topic`, `rate` a second, for a `with` block. It keeps each answer with its time.

    The block begins after the first acknowledgement: an idempotent producer first asks for its id, and would hide a gap by that.
    `config` has producer settings with Kafka's names.
    """

    def __init__(self, lab: Lab, topic: str, rate: int = 200, *, config: Mapping[str, object] | None = None) -> None:
        if not 1 <= rate <= 10_000:
            raise InvalidInput(f"`rate` must be from 1 to 10,000 records a second, not {rate}.", "Give another number.")
        self.answers = Answers()
        self.sent = 0
        self.marks: dict[str, float] = {}
        """Seconds since the first record, by what happened then."""
        self._lab, self._topic, self._rate = lab, topic, rate
        settings = {**_AT_ONCE, **(config or {}), "on_delivery": self.answers.report}
        self._producer = clients.new(Producer, lab.client_settings, settings)
        self._sending = Background(f"records for {topic}", self._send, _TICK)

    def mark(self, text: str) -> None:
        """Keep the time at which something happens, for a picture."""
        self.marks[text] = time.monotonic() - self.answers.began

    def wait_acknowledged(self, timeout: float = _PATIENCE) -> None:
        """Return once a record that is sent from now on is acknowledged. Raises `TimedOut` after `timeout` seconds."""
        now = self.sent
        wait_until(
            lambda: self.answers.newest >= now,
            timeout,
            f"record {now} to be acknowledged",
            last_seen=lambda: self.answers.newest,
            pause=_TICK,
        )

    def outcome(self) -> Outcome:
        """Return what became of the records so far. Raises as `count` does."""
        return count(self._lab, self._topic, self.answers.acknowledged)

    def __enter__(self) -> SteadyProducer:
        clients.metadata(self._producer, self._lab.bootstrap_servers, self._topic)
        self.answers.began = time.monotonic()
        self._sending.start()
        self.wait_acknowledged()
        return self

    def __exit__(self, *_: object) -> None:
        self._sending.stop()
        _finish(self._producer)

    def _send(self) -> None:
        due = int((time.monotonic() - self.answers.began) * self._rate) + 1
        while self.sent < due:
            self._producer.produce(self._topic, str(self.sent))
            self.sent += 1
        self._producer.poll(0)


def lose_leader(cluster: Cluster[Lab], acks: str, *, idempotence: bool = False, records: int = 100) -> Outcome:
    """Freeze the followers, send `records` with `acks` ("0", "1", "all"), kill the leader, let the followers continue, and count.

    This is a leader that dies while its followers are half a second behind. It takes a topic of its own. In the end all brokers
    run. Raises what `SteadyProducer` and `count` raise.
    """
    topic = _new_topic(cluster)
    leader, followers = cluster.leader(topic), cluster.followers(topic)
    answers, producer = _producer(cluster.bootstrap_servers, {"acks": acks, "enable.idempotence": idempotence})
    producer.list_topics(topic, timeout=_PATIENCE)
    cluster.pause(*followers)
    for number in range(records):
        producer.produce(topic, str(number))
        producer.poll(_SPACE)
    producer.flush(_UNANSWERED)
    cluster.kill(leader)
    cluster.resume(*followers)
    cluster.leader(topic)
    _finish(producer)
    cluster.restart(leader)
    cluster.wait_in_sync(topic, len(cluster.brokers))
    return count(cluster.lab, topic, answers.acknowledged)


def lose_answers(cluster: Cluster[Lab], *, idempotence: bool = False, records: int = 100) -> Outcome:
    """Send `records` through a relay that swallows the broker's answers, break the connection, wait for the rest, and count.

    It takes a topic of its own. Raises what `SteadyProducer` and `count` raise.
    """
    topic = _new_topic(cluster)
    with cluster.relay(cluster.leader(topic)) as relay:
        answers, producer = _producer(relay.address, {"enable.idempotence": idempotence, "linger.ms": 50})
        producer.produce(topic, "0")
        _finish(producer)
        with relay.swallow("answers"):
            for number in range(1, records):
                producer.produce(topic, str(number))
            relay.wait_swallowed()
        _finish(producer)
    return count(cluster.lab, topic, answers.acknowledged)


def count(lab: Lab, topic: str, acknowledged: Mapping[int, float]) -> Outcome:
    """Return what became of the records of `topic`: their values are numbers, and `acknowledged` has their times (s).

    The topic has one partition.

    Raises `TimedOut` if the topic cannot be read to its end, and `LabNotRunning` if nobody answers.
    """
    topics.wait_for_leaders(lab, topic)
    end = int(topics.describe(lab, topic)["end offset"].sum())
    messages = records.consume(lab, topic, end, timeout=_PATIENCE) if end else []
    return judge([int(message.value() or b"") for message in messages], acknowledged)


def judge(found: Sequence[int], acknowledged: Mapping[int, float]) -> Outcome:
    """Return what became of records, from the numbers that were `found` in the topic, in order, and those `acknowledged` (s)."""
    first_seen = list(dict.fromkeys(found))
    times = sorted(acknowledged.values())
    return Outcome(
        acknowledged=len(acknowledged),
        in_topic=len(first_seen),
        lost=len(acknowledged.keys() - set(found)),
        doubled=sum(often > 1 for often in Counter(found).values()),
        reordered=sum(later < earlier for earlier, later in pairwise(first_seen)),
        unanswered=len(set(found) - acknowledged.keys()),
        gap=max((later - earlier for earlier, later in pairwise(times)), default=0.0),
    )


def table(outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    """Return a row for each of `outcomes`, with a column for each of its numbers."""
    return pd.DataFrame({name: asdict(outcome) for name, outcome in outcomes.items()}).T.convert_dtypes()


def _new_topic(cluster: Cluster[Lab]) -> str:
    topic = topics.unique_name("failover")
    topics.create(cluster.lab, topic, replication_factor=len(cluster.brokers))
    return topic


def _producer(address: str, config: Mapping[str, object]) -> tuple[Answers, Producer]:
    answers = Answers()
    return answers, clients.new(Producer, address, {**_AT_ONCE, **config, "on_delivery": answers.report})


def _finish(producer: Producer) -> None:
    if left := producer.flush(_PATIENCE):
        raise KafkaFailed(f"{left} records had no answer within {_PATIENCE:g} s.")
