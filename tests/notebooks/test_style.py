# SPDX-License-Identifier: Apache-2.0
"""The house style of the notebooks, a test a rule and notebook; then the proof that each rule can fail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpers.project import ROOT
from tests.notebooks import rules
from tests.notebooks.example import EXAMPLE, notebook
from tests.notebooks.lesson import Lesson
from tests.notebooks.rules import RULES, Rule
from tests.notebooks.tidy import main, tidy

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def complaints(rule: Rule, lesson: Lesson) -> str:
    return "\n".join(f"{lesson.file}: {complaint}" for complaint in rule(lesson))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_style(rule: Rule, path: Path) -> None:
    if found := complaints(rule, Lesson(path.name, path.read_text("utf-8"))):
        pytest.fail(found, pytrace=False)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_between_lessons(path: Path) -> None:
    prose = Lesson(path.name, path.read_text("utf-8")).prose
    dead = [link for link in re.findall(r"\]\((?!\w+:)([^)#\s]+)", prose) if not (path.parent / link).exists()]
    assert not dead, f"{path.name} links to what is not there: {', '.join(dead)}"


def test_there_are_lessons() -> None:
    assert NOTEBOOKS, "no notebook was found: the tests above have looked at nothing"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_lesson_passes(rule: Rule) -> None:
    found = complaints(rule, Lesson("01_lag.ipynb", notebook(EXAMPLE)))
    assert not found


BROKEN: list[tuple[Rule, str, str, str]] = [
    (rules.one_title, "# Measure the lag", "# Measure The Lag", "write The, Lag small"),
    (rules.one_title, "# Measure the lag", "# measure the lag", "small letter"),
    (rules.one_title, "# Measure the lag", "## Measure the lag", "found []"),
    (rules.one_title, "So the log", "# So the log", "have no other"),
    (rules.opening, "**What you will do:** you", "You", "say «What you will do»"),
    (rules.opening, "you will fill a log in memory", "Read. Write it", "one sentence"),
    (
        rules.opening,
        "- Write records",
        "Write records\n- Lag is lag\n- Write records",
        "Begin «Lag is lag» with a verb",
    ),
    (rules.opening, "- Write records to a log\n- Measure the lag of its reader", "Much.", "0 bullets"),
    (rules.opening, "- Write records", "- Write more\n" * 4 + "- Write", "6 bullets"),
    (rules.opening, "|---|---|\n", "", "table"),
    (rules.opening, "5 minutes", "soon", "minutes"),
    (rules.closing, "## Clean up", "## Tidy up", "Clean up"),
    (rules.closing, "log.clear()", "log.clear()\n%% code\nlog", "after the clean-up cell"),
    (rules.closing, "## Recap", "## In short", "say «Recap»"),
    (rules.closing, "## Next", "## Later", "say «Next»"),
    (rules.closing, "- [The log](https://example.org/log): why", "Why", "0 bullets"),
    (rules.closing, ": why a log is the simplest way to keep systems in step", "", "a few words"),
    (rules.recap, "- You wrote records to a log\n", "", "has 1 bullets"),
    (rules.recap, "- You measured the lag", "- You will measure the lag", "«measured …»"),
    (rules.number_of_code_cells, "%% code\noffset", "%% markdown\noffset", "8 code cells"),
    (rules.number_of_code_cells, "So the log has grown.", "%% code\n1\n" * 20, "35 code cells"),
    (
        rules.length_of_code_cells,
        'log.append("Hello")',
        "log\n" * 12 + "\n%% code\n" + "log\n" * 12,
        "The median code cell has",
    ),
    (rules.length_of_code_cells, "answer = None", "answer = None\n" * 21, "has 21 lines"),
    (rules.length_of_code_cells, "offset = len(log)\n", "offset = 1\n" * 12, "13 lines or more"),
    (
        rules.text_between_code,
        "%% markdown\nThe solution is folded; open it when you have tried.\n",
        "",
        "third code cell in a row",
    ),
    (rules.text_between_code, "neither\nby a mistake nor by will", "and so on " * 80, "words of text a code cell"),
    (
        rules.text_between_code,
        "The next cell writes one more record to the log and asks for its offset.",
        "",
        "words of text a code",
    ),
    (rules.bounded, "committed = 5", "while True:\n    break", "`while True`"),
    (rules.bounded, "committed = 5", "committed = input('?')", "input()"),
    (rules.bounded, "committed = 5", "import time\ntime.sleep(1)", "sleeps"),
    (rules.asserts, ', "a log keeps every record in the order of its offsets"', "", "without a message"),
    (rules.asserts, "assert len(log) == 7,", "len(log),", "1 asserts"),
    (rules.exercises, "%% code solution-check", "%% code", "in this order"),
    (rules.exercises, "%% code exercise-stub", "%% markdown exercise-stub", "no code cell"),
    (rules.exercises, "## Exercise: how", "## How", "no question"),
    (rules.admonitions, "> **Note:**", "> **Danger:**", "none of important, note, tip, warning"),
    (rules.admonitions, "> **Note:** the", "> [!NOTE]\n> the", "plain text"),
    (rules.admonitions, "> **Note:** the", ":::{note}\nthe", "plain text"),
    (rules.admonitions, "> **Note:** the", '<div class="alert alert-info">', "none of"),
]


@pytest.mark.parametrize(
    ("rule", "good", "bad", "said"), BROKEN, ids=[f"{rule.__name__}: {said}" for rule, _, _, said in BROKEN]
)
def test_a_rule_can_fail(rule: Rule, good: str, bad: str, said: str) -> None:
    assert good in EXAMPLE
    found = complaints(rule, Lesson("01_lag.ipynb", notebook(EXAMPLE.replace(good, bad))))
    assert said in found


def test_a_file_name_can_fail() -> None:
    assert "small letters" in complaints(rules.file_name, Lesson("1-Lag.ipynb", notebook(EXAMPLE)))


def test_every_rule_was_shown_to_fail() -> None:
    elsewhere = {rules.file_name, rules.is_tidy}
    assert {rule for rule, *_ in BROKEN} | elsewhere == set(RULES)


def untidy() -> str:
    """Return the example as an editor leaves it after a run."""
    content = json.loads(notebook(EXAMPLE))
    content["metadata"]["kernelspec"]["name"] = "my-kernel"
    cell = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    cell.update(execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])
    cell["metadata"] = {"collapsed": False, "tags": ["live-plot"]}
    solution = next(cell for cell in content["cells"] if cell["metadata"].get("tags") == ["exercise-solution"])
    solution["metadata"].pop("jupyter")
    return json.dumps(content)


def test_an_untidy_notebook_fails() -> None:
    found = complaints(rules.is_tidy, Lesson("01_lag.ipynb", untidy()))
    assert "cell 2 (log = []) kept an output" in found
    assert "tests.notebooks.tidy notebooks/01_lag.ipynb" in found
    assert "not folded" in complaints(rules.exercises, Lesson("01_lag.ipynb", untidy()))


def test_tidy_mends_and_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "01_lag.ipynb"
    path.write_text(untidy(), "utf-8")
    assert main(["--check", str(path)]) == 1
    assert path.read_text("utf-8") == untidy()
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0
    assert capsys.readouterr().out == f"needs tidying: {path}\ntidied: {path}\n"
    mended = json.loads(path.read_text("utf-8"))["cells"]
    assert mended[1]["metadata"] == {"tags": ["live-plot"]}


def test_ids_change_only_with_their_cells() -> None:
    before = json.loads(untidy())["cells"]
    content = json.loads(untidy())
    for number, cell in enumerate(content["cells"]):
        cell["id"] = f"from-another-tool-{number}"
    content["cells"][0]["source"] = ["# Measure it"]
    content["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "New."})
    after = json.loads(tidy(json.dumps(content)))["cells"]
    assert [cell["id"] for cell in after[2:]] == [cell["id"] for cell in before[1:]]
    assert after[0]["id"] != before[0]["id"]
    assert len({cell["id"] for cell in after}) == len(after)
