# SPDX-License-Identifier: Apache-2.0
"""A cluster of several brokers in a temporary folder, for experiments that kill some of them. Nothing of it is left."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from helpers import memory
from helpers.child import Child
from helpers.errors import InvalidInput, LabError
from helpers.processes import choose_port, free_soon, is_gone
from helpers.settings import Settings
from helpers.stack import cluster_guard
from helpers.stack.home.folder import make_home
from helpers.stack.home.place import Place
from helpers.stack.home.state import new_id
from helpers.stack.install.catalogue import catalogue
from helpers.stack.installed import tools_java
from helpers.stack.progress import Silent
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.starting import start
from helpers.waiting import wait_until

CONTROLLER = 100
"""The number of the node that is only a controller. It can still say what two dead brokers of three cannot."""

MEMORY = 250_000_000
"""Bytes of free memory that a node needs. It takes about 190 MB."""

MOST = 9
"""Brokers of one cluster. Lessons need three."""

_GUARD = Path(cluster_guard.__file__)
_PATIENCE = 15.0

_FOR_FAULTS: dict[str, object] = {
    # How long a dead broker counts as alive. The default is nine seconds, and a lesson kills many.
    "broker.session.timeout.ms": 1500,
    "broker.heartbeat.interval.ms": 375,
    # By default a leader moves back after five minutes: a reader would find another one than in the last cell.
    "auto.leader.rebalance.enable": "false",
}


class Member(Kafka):
    """A small node. If it is a broker, clients reach it also by its port `behind`, as one whose port is `relayed`.

    A client leaves the first address that it was given as soon as it knows the brokers' own. So the broker itself must name
    the relay's port, and it names that one only to clients that came through the relay.
    """

    heap = "128m"
    behind: int
    relayed: int

    def settings(self) -> dict[str, object]:
        return {**super().settings(), **_FOR_FAULTS, **(self._second_door() if self.node.port else {})}

    def _second_door(self) -> dict[str, object]:
        own = f"PLAINTEXT://127.0.0.1:{self.node.port}"
        return {
            "listeners": f"{own},RELAYED://127.0.0.1:{self.behind}",
            "advertised.listeners": f"{own},RELAYED://127.0.0.1:{self.relayed}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,RELAYED:PLAINTEXT,CONTROLLER:PLAINTEXT",
        }


class LocalCluster:
    """The brokers 1 to `brokers` and a controller, in a folder of their own below the system's temporary folder.

    They end and the folder goes at `stop`, or when this process ends for any reason. Raises `InvalidInput` for a number of
    brokers that cannot be.
    """

    def __init__(self, brokers: int, settings: Settings) -> None:
        if not 1 <= brokers <= MOST:
            raise InvalidInput(f"A cluster cannot have {brokers} brokers here.", f"Give a number from 1 to {MOST}.")
        self.home = Path(tempfile.gettempdir()).resolve() / f"kafka-cluster-{secrets.token_hex(8)}"
        self.members: dict[int, Member] = {}
        self.programs: dict[int, psutil.Process] = {}
        """The process of each member, running or ended; empty before the start and after the stop."""
        self._numbers = [CONTROLLER, *range(1, brokers + 1)]
        self._settings = settings
        self._guard = Child((sys.executable, "-P", _GUARD), str(self.home), patience=_PATIENCE)

    def start(self) -> None:
        """Format once, start all side by side, and return when each of them answers.

        Raises `LabError` if there is too little memory, disk space or no port, and `ServerFailed` with the end of its log
        for a node that does not start. Nothing runs then.
        """
        check_memory(len(self._numbers))
        self.members = self._place()
        self._guard.start()  # before there is anything to leave behind
        try:
            make_home(self.home)
            first, *others = self.members.values()
            first.prepare()
            for other in others:
                other.copy_format(first)
            self.start_members(self._numbers)
        except BaseException:
            self.stop()
            raise

    def start_members(self, numbers: Sequence[int]) -> None:
        """Start members that do not run, side by side. Raises `ServerFailed` for one that does not start."""
        start([self.members[number] for number in numbers], Silent())
        for number in numbers:  # look now, not at the kill: a search of the process table takes up to half a second
            if found := self.members[number].place.find():
                self.programs[number] = found

    def kill(self, numbers: Sequence[int]) -> None:
        """Kill members, and return when they are gone and their ports are free."""
        killed = [self.programs[number] for number in numbers]
        for program in killed:
            program.kill()
        wait_until(lambda: all(map(is_gone, killed)), _PATIENCE, f"the killed nodes {numbers} to end", pause=0.01)
        free_soon([self.members[number].port for number in numbers])

    def pause(self, numbers: Sequence[int]) -> None:
        """Freeze members, and return when the system shows them as frozen."""
        for number in numbers:
            self.programs[number].suspend()
        self._wait_state(numbers, "frozen")

    def resume(self, numbers: Sequence[int]) -> None:
        """Let frozen members continue, and return when the system shows them as running."""
        for number in numbers:
            self.programs[number].resume()
        self._wait_state(numbers, "running")

    def state(self, number: int) -> str:
        """Return whether a member is `running`, `frozen` or `ended`."""
        if is_gone(self.programs[number]):
            return "ended"
        return "frozen" if self.programs[number].status() == psutil.STATUS_STOPPED else "running"

    def memory(self, number: int) -> int:
        """Return the resident bytes of a member, 0 if it has ended."""
        program = self.programs[number]
        return 0 if is_gone(program) else int(program.memory_info().rss)

    def stop(self) -> None:
        """Kill all members and delete the folder. May be called twice.

        A throw-away cluster is killed: the last of several brokers finds nobody to say good-bye to, and would wait for ever.
        """
        self.programs = {}
        try:
            cluster_guard.clear(self.home)
        except OSError as error:
            raise LabError(f"{error.filename} cannot be deleted: {error.strerror}.", "Delete it by hand.") from error
        finally:
            self._guard.stop()

    def _wait_state(self, numbers: Sequence[int], state: str) -> None:
        wait_until(
            lambda: {self.state(number) for number in numbers} <= {state},
            _PATIENCE,
            f"the nodes {numbers} to be {state}",
            pause=0.005,
        )

    def _place(self) -> dict[int, Member]:
        ports: list[int] = []
        for _ in range(3 * len(self._numbers)):
            ports.append(choose_port(set(ports)))
        free = iter(ports)
        nodes = [Node(CONTROLLER, None, next(free)), *(Node(number, next(free), None) for number in self._numbers[1:])]
        java, cluster_id, version = tools_java(self._settings), new_id(), catalogue().kafka_version
        members = {}
        for node in nodes:
            place = Place(self.home, f"kafka-{node.number}")
            members[node.number] = Member(place, node, nodes, cluster_id=cluster_id, version=version, java=java)
            members[node.number].behind, members[node.number].relayed = next(free), next(free)
        return members


def check_memory(nodes: int) -> None:
    """Raise `LabError` if this computer has too little free memory for that many nodes."""
    free, needed = memory.free(), nodes * MEMORY
    if free < needed:
        problem = f"Too little memory for a cluster: {free / 1e6:,.0f} MB are free and it needs {needed / 1e6:,.0f} MB."
        raise LabError(problem, "Close other programs or notebooks (their kernels too), then run this again.")
