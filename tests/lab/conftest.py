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

_offered: dict[str, str | None] = {}
_mysql: list[str] = []


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


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLab]:
    """A running lab for the tests of one file, with the learner's added connectors. Each test leaves it running."""
    for own in _owned(tmp_path_factory.mktemp("own") / "home"):
        copy_added_plugins(own.home)
        own.up()
        yield own


@pytest.fixture(scope="session")
def mysqld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a real MySQL. Where it does not run, the tests that need it are skipped, and the summary says so."""
    try:
        program = mysql_server.install(cache_folder(), tmp_path_factory.mktemp("mysql"))
    except OSError as error:
        _mysql.append(f"NOT PRESENT, so not tried here: {error}")
        pytest.skip(f"MySQL does not run here: {error}")
    return program


@pytest.fixture(scope="module")
def mysql_lab(tmp_path_factory: pytest.TempPathFactory, mysqld: Path) -> Iterator[OwnLab]:
    """A running lab with MySQL for the tests of one file."""
    for own in _owned(tmp_path_factory.mktemp("own") / "home", LAB_DATABASE_SERVER=str(mysqld)):
        own.up()
        family = "Debezium MySQL source"
        _mysql.append(f"{Installation.around(mysqld).version()}; {family}: {families(own.attach())[family]}")
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
    _offered.update(families(lab))
    return {family for family, version in _offered.items() if version}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which families of connectors were tested and which could not be tested."""
    if _offered:
        terminalreporter.section("connectors on this worker")
    for family, version in _offered.items():
        terminalreporter.line(f"{family}: {version or 'NOT PRESENT, so not tried here'}")
    if _mysql:
        terminalreporter.section("a lab with MySQL")
        terminalreporter.line(f"MySQL: {_mysql[0]}")
