# SPDX-License-Identifier: Apache-2.0
"""pytest plugin: one lab for all tests of a worker that need servers, started at the first of them and stopped at the end.

It lives in a temporary home, so the learner's own lab is never touched. nbval's cells are no functions: fixtures do not
run for them, so the lab is handed to them, and to the kernels, through the environment.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer

from helpers.attaching import attach
from helpers.command.console import Terminal
from helpers.lab import Lab
from helpers.settings import settings
from helpers.stack.local import LocalLab
from tests.resources import cache_folder, copy_added_plugins

_shared: LocalLab | None = None
_broken: set[str] = set()
"""Notebooks with a failed cell: their later cells would fail for the same reason."""


def start_shared_lab() -> Lab:
    """Return the lab that the tests share, started at the first call."""
    global _shared
    if _shared is None:
        home = Path(tempfile.mkdtemp(prefix="kafka-sync-lab-tests-"))
        copy_added_plugins(home)
        _shared = LocalLab(replace(settings(), home=home, cache=cache_folder()))
        for elsewhere in ("LAB_BOOTSTRAP_SERVERS", "LAB_CONNECT_URL", "LAB_DATABASE_URL", "LAB_REGISTRY_URL"):
            os.environ.pop(elsewhere, None)
        os.environ["LAB_HOME"], os.environ["LAB_CACHE"] = str(home), str(cache_folder())
        _shared.up(Terminal())
    return attach()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The shared lab: use names of your own (`topics.unique_name`) and leave its servers alone."""
    yield start_shared_lab()


@pytest.fixture(scope="session")
def mock() -> Iterator[Lab]:
    """librdkafka's mock cluster: a broker in this process; a topic has four partitions and is made when asked for."""
    broker = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (address,) = broker.list_topics(timeout=5).brokers.values()
    yield Lab(f"{address.host}:{address.port}")
    broker.close()


def _is_cell(item: pytest.Item) -> bool:
    return hasattr(item, "output_timeout")  # what nbval's items have and no other


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("nbval_lax", False):
        _lift_message_limit()


def _lift_message_limit() -> None:
    """nbval reads what a cell prints after the cell has ended; beyond 2,000 messages ZeroMQ drops them, and nbval waits forever."""
    import zmq
    from jupyter_client.connect import ConnectionFileMixin

    create = ConnectionFileMixin._create_connected_socket

    def create_without_limit(
        self: ConnectionFileMixin, channel: str, identity: bytes | None = None
    ) -> zmq.Socket[bytes]:
        self.context.setsockopt(zmq.RCVHWM, 0)
        return create(self, channel, identity)

    ConnectionFileMixin._create_connected_socket = create_without_limit  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in filter(_is_cell, items):
        item.output_timeout = 30  # type: ignore[attr-defined]  # nbval's five seconds are short on a busy machine


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if not _is_cell(item):
        return
    if str(item.path) in _broken:
        pytest.skip("a cell before this one failed")
    if _shared is None:  # not again for each cell: a lesson may have killed the broker, and starts it in a later cell
        start_shared_lab()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    if _is_cell(item) and outcome.get_result().failed:  # type: ignore[attr-defined]
        _broken.add(str(item.path))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """After the last fixture, and before a worker says that it is done: then it has only ten seconds to end."""
    if _shared:
        _shared.reset()
        shutil.rmtree(_shared.home)
