"""Labs to break: each in a home of its own, ended and looked after when the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.connectors import offered
from helpers.lab import Lab
from tests.resources import OwnLab, cache_folder

_offered: dict[str, str | None] = {}


def _owned(home: Path) -> Iterator[OwnLab]:
    own = OwnLab(home, cache_folder())
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
    """A running lab for the tests of one file; each leaves it running."""
    for own in _owned(tmp_path_factory.mktemp("own") / "home"):
        own.up()
        yield own


@pytest.fixture(scope="session")
def present(lab: Lab) -> set[str]:
    """The families of connectors that the worker of the shared lab has."""
    _offered.update(offered(lab))
    return {family for family, version in _offered.items() if version}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which families of connectors were tried and which could not be: none is passed over in silence."""
    if _offered:
        terminalreporter.section("connectors on this worker")
    for family, version in _offered.items():
        terminalreporter.line(f"{family}: {version or 'NOT PRESENT, so not tried here'}")
