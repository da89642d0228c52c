# SPDX-License-Identifier: Apache-2.0
"""`Cluster`: several brokers that a lesson may kill and freeze. A notebook gets one from `lab.cluster()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from helpers import clients
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning
from helpers.faults import Relay
from helpers.settings import Settings
from helpers.stack.cluster import CONTROLLER, LocalCluster
from helpers.stack.servers import partitions
from helpers.waiting import wait_until

if TYPE_CHECKING:
    import pandas as pd

_PATIENCE = 30.0
_ANSWER = 1.0  # seconds that one broker has to answer

AnyLab = TypeVar("AnyLab")


class Cluster(Generic[AnyLab]):
    """The brokers 1 to `brokers` and a controller (node 100), from `start` to `stop` or for a `with` block.

    They are not those of the lab. Nothing of them is left afterwards, also if this process is killed. A process has one
    cluster: when another one starts, the last one ends. With three brokers a topic has three copies if none are named, and
    `min.insync.replicas` is 2.

    The questions here go to living brokers only, each with a client of its own. A client that knows all brokers may ask a
    frozen one, and waits.
    """

    _last: ClassVar[Cluster[Any] | None] = None

    def __init__(self, brokers: int, settings: Settings, lab_at: Callable[[str], AnyLab]) -> None:
        self._local = LocalCluster(brokers, settings)
        self._lab_at = lab_at
        self.brokers = list(range(1, brokers + 1))
        """The numbers of the brokers. A dead one is among them."""

    @property
    def bootstrap_servers(self) -> str:
        """The addresses of all brokers for clients: `host:port,host:port`. Raises `LabNotRunning` if they do not run."""
        self._check_started()
        return self._addresses(self.brokers)

    @property
    def lab(self) -> AnyLab:
        """What the helpers take as `lab`: the brokers that live now. Raises `LabNotRunning` if there are none."""
        return self._lab_at(self._addresses(self._living()))

    def start(self) -> Cluster[AnyLab]:
        """Start all nodes. Returns itself when each broker knows all of them.

        Raises `LabError` if there is too little memory or disk space, or no port, and `ServerFailed` if a node does not
        start. Then nothing of the cluster is left.
        """
        if Cluster._last:
            Cluster._last.stop()
        Cluster._last = self
        self._local.start()
        try:
            self._wait_known()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Kill all nodes and delete what they wrote. May be called twice."""
        self._local.stop()

    def __enter__(self) -> Cluster[AnyLab]:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What may be done to a broker. An unknown number is `InvalidInput`, one that does not run `LabNotRunning`.

    def kill(self, *numbers: int) -> None:
        """Kill these brokers (SIGKILL): nothing is saved, nobody is informed. Returns when they are gone, and their ports free."""
        self._check_run(numbers)
        self._local.kill(numbers)

    def pause(self, *numbers: int) -> None:
        """Freeze these brokers (SIGSTOP) until `resume`: their connections stay open, and they say nothing."""
        self._check_run(numbers)
        self._local.pause(numbers)

    def resume(self, *numbers: int) -> None:
        """Let frozen brokers continue. Does nothing to one that runs."""
        self._check_run(numbers)
        self._local.resume(numbers)

    def restart(self, *numbers: int) -> None:
        """Start these brokers, which were killed, side by side. Returns when all living brokers know each other.

        Raises `InvalidInput` for one that runs. It is in the ISR a moment later: `wait_in_sync` waits for that.
        """
        for number in numbers:
            if self._state(number) != "ended":
                raise InvalidInput(f"Broker {number} runs already.", f"Kill it first: `kill({number})`.")
        self._local.start_members(numbers)
        self._wait_known()

    def relay(self, number: int) -> Relay:
        """Return a relay to this broker, for a `with` block. Clients that came through it stay with it."""
        self._state(number)
        member = self._local.members[number]
        return Relay(member.behind, member.relayed)

    # What may be asked of it.

    def leaders(self, topic: str) -> pd.DataFrame:
        """Return a row for each partition: leader (missing if there is none), replicas, ISR and ELR (lists of broker numbers).

        ISR: the replicas that are in sync. ELR: those that left when the ISR was too small, and may still lead (KIP-966).
        Raises `KafkaFailed` for a topic that does not exist, and `LabNotRunning` if no broker answers.
        """
        import pandas as pd  # takes a second, and the `lab` command does not need it

        found = self._describe(topic)
        columns = {
            "leader": pd.array([None if it.leader < 0 else it.leader for it in found], dtype="Int64"),
            "replicas": [it.replicas for it in found],
            "ISR": [it.isr for it in found],
            "ELR": [it.elr for it in found],
        }
        return pd.DataFrame(columns, index=pd.Index([it.number for it in found], name="partition"))

    def leader(self, topic: str) -> int:
        """Return the broker that leads partition 0, once there is one that lives. Raises `TimedOut` after 30 s."""

        def living_leader() -> int:
            leader = self._describe(topic)[0].leader
            return leader if leader in self._living() else 0

        return wait_until(
            living_leader, _PATIENCE, f"a leader of topic {topic}", last_seen=lambda: self._describe(topic)
        )

    def followers(self, topic: str) -> list[int]:
        """Return the brokers that have a copy of partition 0 and do not lead it. A dead one is among them."""
        leader = self.leader(topic)
        return [number for number in self._describe(topic)[0].replicas if number != leader]

    def wait_in_sync(self, topic: str, count: int) -> pd.DataFrame:
        """Return `leaders` once the ISR of each partition has `count` brokers, and its leader names its end offset.

        A new leader does not name it until its followers have fetched. Raises `TimedOut` after 30 s.
        """
        wait_until(
            lambda: all(len(it.isr) == count for it in self._describe(topic)) and self._names_ends(topic),
            _PATIENCE,
            f"{count} replicas of topic {topic} to be in sync",
            last_seen=lambda: self._describe(topic),
        )
        return self.leaders(topic)

    def frame(self) -> pd.DataFrame:
        """Return a row for each node: its role, its state, its memory (MB, resident), its address."""
        import pandas as pd

        rows = [
            {
                "node": number,
                "role": "controller" if number == CONTROLLER else "broker",
                "state": self._local.state(number),
                "memory (MB)": round(self._local.memory(number) / 1e6) or None,
                "address": self._local.members[number].address,
            }
            for number in self._local.programs
        ]
        columns = ["node", "role", "state", "memory (MB)", "address"]
        return pd.DataFrame(rows, columns=columns).set_index("node")

    def _repr_html_(self) -> str:
        return self.frame().to_html(na_rep="")

    def _living(self) -> list[int]:
        """The brokers that can answer."""
        self._check_started()
        living = [number for number in self.brokers if self._state(number) == "running"]
        if not living:
            raise LabNotRunning("No broker of this cluster runs.", "Start one: `restart` it, or `resume` it.")
        return living

    def _describe(self, topic: str) -> list[partitions.Partition]:
        unknown: KafkaFailed | None = None
        for number in self._living():
            try:
                return partitions.describe(self._local.members[number].port, topic)
            except OSError:  # it does not answer in time
                continue
            except KafkaFailed as error:  # one broker after another learns of a new topic
                unknown = error
        raise unknown or LabNotRunning("No broker of this cluster answers.", "Wait a moment, then run this again.")

    def _names_ends(self, topic: str) -> bool:
        admin = clients.new(AdminClient, self._addresses(self._living()))
        places = dict.fromkeys((TopicPartition(topic, it.number) for it in self._describe(topic)), clients.LATEST)
        answers = admin.list_offsets(places, request_timeout=clients.PATIENCE)
        return all(answer.exception() is None for answer in answers.values())

    def _addresses(self, numbers: Sequence[int]) -> str:
        return ",".join(self._local.members[number].address for number in numbers)

    def _wait_known(self) -> None:
        """Wait until each living broker knows all living ones: a client may ask any of them."""
        wait_until(lambda: all(map(self._knows_all, self._living())), _PATIENCE, "the brokers to know each other")

    def _knows_all(self, number: int) -> bool:
        try:
            admin = clients.new(AdminClient, self._local.members[number].address)
            return set(self._living()) <= set(admin.list_topics(timeout=_ANSWER).brokers)
        except KafkaException:  # not yet: the wait has the deadline
            return False

    def _check_run(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            if self._state(number) == "ended":
                raise LabNotRunning(f"Broker {number} does not run.", f"Start it: `restart({number})`.")

    def _state(self, number: int) -> str:
        self._check_started()
        if number not in self.brokers:
            problem = f"This cluster has no broker {number!r}."
            raise InvalidInput(problem, f"It has {', '.join(map(str, self.brokers))}.")
        return self._local.state(number)

    def _check_started(self) -> None:
        if not self._local.programs:
            raise LabNotRunning("This cluster does not run.", "Start one: `cluster = lab.cluster().start()`.")
