# SPDX-License-Identifier: Apache-2.0
"""The house style of `helpers/`, what no project file may hold, and the proof that each of these tests can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.project import ROOT
from tests.style import house
from tests.style.files import tracked
from tests.style.house import RULES, Rule, Source

SOURCES = [Source.read(path) for path in sorted((ROOT / "helpers").rglob("*.py"))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house(rule: Rule) -> None:
    if found := [complaint for source in SOURCES for complaint in rule(source)]:
        pytest.fail("\n".join(found), pytrace=False)


FOLDERS = sorted(path.parent for path in (ROOT / "helpers").rglob("__init__.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_map_names_only_what_is_there(folder: Path) -> None:
    assert house.unmapped(folder) == []


def test_tests_and_benchmarks_start_processes_there_too() -> None:
    others = [Source.read(path) for folder in ("bench", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [complaint for source in others for complaint in house.one_room_starts_processes(source)]
    assert others and found == []


def test_functions_are_short() -> None:
    assert house.median_length(SOURCES) <= 8


def test_imports_go_round_nowhere() -> None:
    assert house.circle(SOURCES) == []


BROKEN: list[tuple[Rule, str, str, str]] = [
    (house.module_length, "topics", "x = 1\n" * 251, "251 lines"),
    (house.function_length, "topics", "def f():\n" + "    x = 1\n" * 40, "41 lines"),
    (house.parameters, "topics", "def f(a, b, c, d, e): ...", "5 positional"),
    (house.parameters, "topics", "class A:\n    def f(self, a, b, c, d, e): ...", "5 positional"),
    (house.docstrings, "topics", "x = 1", "helpers/topics.py has no docstring"),
    (house.docstrings, "topics", "def f(): ...", "f has no docstring"),
    (house.docstrings, "topics", "class A:\n    def f(self): ...", "A.f has no docstring"),
    (house.layers, "stack.servers.kafka", "from helpers import lag", "imports helpers.lag"),
    (house.layers, "errors", "import helpers.stack.local", "imports helpers.stack.local"),
    (house.layers, "stack.plugins", "from helpers.stack import local", "imports helpers.stack.local"),
    (
        house.layers,
        "stack.servers.java",
        "from helpers.stack.servers.kafka import Kafka",
        "imports helpers.stack.servers.kafka",
    ),
    (house.layers, "stack.servers.attic", "x = 1", "the map in helpers.stack.servers says nowhere"),
    (house.layers, "topics", "def f():\n    from helpers.plots import LivePlot", "imports helpers.plots"),
    (house.layers, "attic", "x = 1", "says nowhere"),
    (house.matplotlib_in_plots, "lag", "import matplotlib.pyplot as plt", "matplotlib"),
    (house.matplotlib_in_plots, "checks", "def f():\n    from matplotlib.figure import Figure", "matplotlib"),
    (house.settings_read_the_environment, "lab", "import os\nos.environ.get('LAB_HOME')", "LAB_HOME"),
    (house.settings_read_the_environment, "lab", "import os\nos.environ['LAB_HOME']", "LAB_HOME"),
    (house.settings_read_the_environment, "lab", "import os\nos.getenv('LAB_HOME')", "LAB_HOME"),
    (house.one_room_starts_processes, "lag", "import subprocess", "imports subprocess"),
    (house.one_room_starts_processes, "stack.local", "from subprocess import run", "imports subprocess"),
    (house.no_sleep, "lag", "import time\ntime.sleep(1)", "sleeps"),
    (house.no_sleep, "lag", "from time import sleep\nsleep(1)", "sleeps"),
    (house.no_wide_except, "lag", "try:\n    f()\nexcept Exception:\n    g()", "except Exception"),
    (house.no_wide_except, "lag", "try:\n    f()\nexcept:\n    g()", "bare except"),
    (house.no_wide_except, "lag", "try:\n    f()\nexcept (OSError, BaseException):\n    g()", "BaseException"),
    (house.no_wide_except, "lag", "with suppress(Exception):\n    f()", "suppress(Exception)"),
]


@pytest.mark.parametrize(("rule", "room", "text", "said"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_can_fail(rule: Rule, room: str, text: str, said: str) -> None:
    found = "\n".join(rule(Source(f"helpers.{room}", f"helpers/{room.replace('.', '/')}.py", text)))
    assert said in found


def test_every_rule_was_shown_to_fail() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


ALLOWED = '''"""A room."""

import os
from helpers import topics
from helpers.stack.local import LocalLab

try:
    f(os.environ.get("DISPLAY"))
except BaseException:
    g()
    raise

class A(B):
    """A class."""

    def f(self, a, b, c, d, *, e): ...
'''


def test_what_is_allowed() -> None:
    source = Source("helpers.lag", "helpers/lag.py", ALLOWED)
    assert [complaint for rule in RULES for complaint in rule(source)] == []


def test_long_functions_and_circles_are_found() -> None:
    long = Source("helpers.lag", "helpers/lag.py", "from helpers import topics\ndef f():\n" + "    x = 1\n" * 9)
    back = Source("helpers.topics", "helpers/topics.py", "from helpers.lag import f")
    assert house.median_length([long]) == 10
    assert house.circle([long, back]) != []


def test_no_file_names_a_registry_or_this_machine() -> None:
    found, files = [], tracked()
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {what}" for what in house.foreign(text, ROOT)]
    assert files
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    "text",
    [
        "https://" + ".".join(("repo1", "maven", "org")) + "/maven2",
        "index-url = " + ".".join(("pypi", "org")),
        "image: " + ".".join(("quay", "io")) + "/debezium/connect",
        "/".join(("", "home", "kim", "notes.txt")),
        "/".join(("", "Users", "kim", "notes.txt")),
        "\\".join(("C:", "Users", "kim")),
        f"cd {ROOT}/notebooks",
        f"cat {Path.home()}/.config",
    ],
    ids=lambda text: re.sub(r"\W+", " ", text).strip(),
)
def test_a_registry_or_a_path_is_found(text: str) -> None:
    assert list(house.foreign(text, ROOT))
    assert not list(house.foreign("https://kafka.apache.org/documentation and /usr/bin and ~/home/x", ROOT))
