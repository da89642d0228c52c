# SPDX-License-Identifier: Apache-2.0
"""pytest plugin: what stays together when two workers share the tests.

The tests of one file do: they share a lab, or another thing that one of them made. So do all runs of all lessons: what one
lesson leaves behind is what the next one finds.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

_LESSONS = ("notebooks/", "tests/notebooks/test_executed.py")


def together(test: str) -> str:
    """Return what the test with this id has to stay with: its file, or the lessons."""
    file = test.partition("::")[0]
    return "lessons" if file.startswith(_LESSONS) else file


class Files(LoadFileScheduling):  # type: ignore[misc]  # xdist comes without types
    """Hands out files; those with the most tests first, so the lessons before all."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Files:
    return Files(config, log)
