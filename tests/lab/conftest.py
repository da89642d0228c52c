# SPDX-License-Identifier: Apache-2.0
"""Labs to break: each in its own home. After the test they are stopped and removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from helpers.connectors import families
from helpers.lab import Lab
from helpers.stack.install.database import Installation
from tests import mysql_server
from tests.resources import OwnLab, cache_folder, copy_added_plugins

_CONNECTORS, _MYSQL = "connectors on this worker", "a lab with MySQL"
_told: list[tuple[str, str]] = []
"""Sections and lines for the summary. One process runs the test, perhaps another one writes the summary: reports bring it there."""


def _owned(home: Path, **variables: str) -> Iterator[OwnLab]:
    own = OwnLab(home, cache_folder(), variables)
    yield own
    done = own.run("down")
    assert done.returncode == 0, done.stderr
    assert own.processes() == [], "a server outlived `lab down`"


@pytest.fixture
def new_lab(tmp_path: Path) -> Iterator[OwnLab]:
    """A lab that does not exist yet. Its home has a blank and Korean letters in its name."""
    yield from _owned(tmp_path / "lab home 실습")


def _running(home: Path) -> Iterator[OwnLab]:
    for own in _owned(home):
        copy_added_plugins(own.home)
        own.up()
        yield own


@pytest.fixture(scope="module")
def file_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLab]:
    """A running lab for the tests of one file, with the learner's added connectors."""
    yield from _running(tmp_path_factory.mktemp("file") / "home")


@pytest.fixture(scope="session")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLab]:
    """A running lab whose servers a test may end. Each test leaves it running, and without connectors or plugins of its own."""
    yield from _running(tmp_path_factory.mktemp("own") / "home")


@pytest.fixture(scope="session")
def mysqld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a real MySQL. Where it does not run, the tests that need it are skipped, and the summary says so."""
    try:
        program = mysql_server.install(cache_folder(), tmp_path_factory.mktemp("mysql"))
    except OSError as error:
        _told.append((_MYSQL, f"MySQL: NOT PRESENT, so not tried here: {error}"))
        pytest.skip(f"MySQL does not run here: {error}")
    return program


@pytest.fixture(scope="module")
def mysql_lab(tmp_path_factory: pytest.TempPathFactory, mysqld: Path) -> Iterator[OwnLab]:
    """A running lab with MySQL for the tests of one file."""
    for own in _owned(tmp_path_factory.mktemp("own") / "home", LAB_DATABASE_SERVER=str(mysqld)):
        own.up()
        family = "Debezium MySQL source"
        version = Installation.around(mysqld).version()
        _told.append((_MYSQL, f"MySQL: {version}; {family}: {families(own.attach())[family]}"))
        yield own


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A client of services on this computer: it goes through no proxy."""
    with requests.Session() as found:
        found.trust_env = False
        yield found


@pytest.fixture(scope="session")
def present(lab: Lab) -> set[str]:
    """The families of connectors that the worker of the shared lab has."""
    offered = families(lab)
    for family, version in offered.items():
        _told.append((_CONNECTORS, f"{family}: {version or 'NOT PRESENT, so not tried here'}"))
    return {family for family, version in offered.items() if version}


def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.user_properties += _told
    _told.clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which families of connectors were tested and which could not be tested."""
    reports = [report for some in terminalreporter.stats.values() for report in some if hasattr(report, "nodeid")]
    told = dict.fromkeys(tuple(pair) for report in reports for pair in getattr(report, "user_properties", ()))
    for section in (_CONNECTORS, _MYSQL):
        if lines := [line for place, line in told if place == section]:
            terminalreporter.section(section)
            terminalreporter.write_line("\n".join(lines))
