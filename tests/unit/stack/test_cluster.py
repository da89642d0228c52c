# SPDX-License-Identifier: Apache-2.0
"""A cluster that cannot be is refused with one sentence, before anything was started."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from helpers import processes
from helpers.cluster import Cluster
from helpers.errors import InvalidInput, KafkaFailed, LabError, LabNotRunning
from helpers.lab import Lab
from helpers.stack import cluster as stack
from helpers.stack import cluster_guard
from helpers.stack.servers import partitions


@pytest.fixture
def cluster(nobody: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster[Lab]:
    """A cluster that was not started; its folder would be below `tmp_path`."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    return nobody.cluster()


@pytest.mark.parametrize("brokers", [0, -1, 10])
def test_a_number_of_brokers_that_cannot_be(nobody: Lab, brokers: int) -> None:
    with pytest.raises(InvalidInput, match=rf"cannot have {brokers} brokers here\. Give a number from 1 to 9\.$"):
        nobody.cluster(brokers)


def test_too_little_memory(cluster: Cluster[Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=999_000_000))
    with pytest.raises(LabError, match=r"Too little memory for a cluster: 999 MB are free and it needs 1,000 MB\."):
        cluster.start()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1_000_000_000))
    stack.check_memory(4)


def test_no_free_ports(cluster: Cluster[Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "can_bind", lambda port: False)
    with pytest.raises(LabError, match="No free port was found"):
        cluster.start()
    assert not list(tmp_path.iterdir())


def test_what_is_asked_before_the_start(cluster: Cluster[Lab]) -> None:
    for ask in (
        lambda: cluster.bootstrap_servers,
        lambda: cluster.lab,
        lambda: cluster.leaders("orders"),
        lambda: cluster.kill(1),
        lambda: cluster.relay(1),
    ):
        with pytest.raises(LabNotRunning, match=r"This cluster does not run\. Start one"):
            ask()
    assert cluster.frame().empty
    cluster.stop()


def test_the_guard_deletes_the_folder_and_leaves_others(tmp_path: Path) -> None:
    mine, other = tmp_path / "cluster-1", tmp_path / "cluster-12"
    for folder in (mine / "kafka-1", other):
        folder.mkdir(parents=True)
    cluster_guard.clear(mine)
    cluster_guard.clear(mine)
    assert list(tmp_path.iterdir()) == [other]


def test_a_new_topic_is_asked_of_each_broker(cluster: Cluster[Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    """One broker after another learns of a new topic, and some do not answer."""
    known = [partitions.Partition(0, leader=3, replicas=[3, 1, 2], isr=[1, 2, 3], elr=[])]
    refusals = {1: TimeoutError(), 2: KafkaFailed("No topic orders in this cluster.")}
    living: list[int] = []

    def describe(port: int, topic: str) -> list[partitions.Partition]:
        if port in refusals:
            raise refusals[port]
        return known

    monkeypatch.setattr(partitions, "describe", describe)
    monkeypatch.setattr(Cluster, "_living", lambda _: living)
    monkeypatch.setattr(cluster._local, "members", {number: SimpleNamespace(port=number) for number in (1, 2, 3)})
    living[:] = [1, 2, 3]
    assert cluster.leader("orders") == 3
    living[:] = [1, 2]
    with pytest.raises(KafkaFailed, match="No topic orders"):
        cluster.leaders("orders")
    living[:] = [1]
    with pytest.raises(LabNotRunning, match="No broker of this cluster answers"):
        cluster.leaders("orders")
