# SPDX-License-Identifier: Apache-2.0
"""The house style of the notebooks, a test a rule and notebook; then the proof that each rule can fail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpers.project import ROOT
from tests.notebooks import rules, teaching
from tests.notebooks.example import EXAMPLE, notebook
from tests.notebooks.execution import wrong_answers
from tests.notebooks.lesson import Lesson
from tests.notebooks.rules import RULES, Rule
from tests.notebooks.teaching import NOT_YET, TEACHING, claimed_minutes, minutes, names_bound
from tests.notebooks.tidy import main, tidy

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def complaints(rule: Rule, lesson: Lesson) -> str:
    return "\n".join(f"{lesson.file}: {complaint}" for complaint in rule(lesson))


APPLIED = [(rule, path) for path in NOTEBOOKS for rule in RULES if not (rule in TEACHING and path.name in NOT_YET)]


@pytest.mark.parametrize(("rule", "path"), APPLIED, ids=lambda of: getattr(of, "__name__", None) or of.stem)
def test_style(rule: Rule, path: Path) -> None:
    if found := complaints(rule, Lesson(path.name, path.read_text("utf-8"))):
        pytest.fail(found, pytrace=False)


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.name not in NOT_YET], ids=lambda path: path.stem)
def test_the_readme_names_the_minutes_of_a_lesson(path: Path) -> None:
    row = re.search(rf"\| \[[^]]+\]\(notebooks/{path.name}\) \| (\d+) \|", (ROOT / "README.md").read_text("utf-8"))
    assert row, f"README's table of lessons has no row for {path.name}"
    assert int(row[1]) == claimed_minutes(Lesson(path.name, path.read_text("utf-8")))


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.name not in NOT_YET], ids=lambda path: path.stem)
def test_two_wrong_answers_are_known(path: Path) -> None:
    stubs = [cell for cell in Lesson(path.name, path.read_text("utf-8")).code if "exercise-stub" in cell.tags]
    known = wrong_answers(path)
    assert len(known) >= 2, f"tests/notebooks/answers/{path.name[:2]}.py has {len(known)} wrong answers; name two"
    for source, _ in known:
        named = [cell for cell in stubs if names_bound(cell.source) & names_bound(source)]
        assert len(named) == 1, f"this wrong answer names what {len(named)} stubs of {path.name} name: {source}"


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
    (rules.one_title, "# 01 Measure the lag", "# 01 Measure The Lag", "write The, Lag small"),
    (rules.one_title, "# 01 Measure the lag", "# 01 measure the lag", "small letter"),
    (rules.one_title, "# 01 Measure the lag", "## 01 Measure the lag", "found []"),
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
    (rules.opening, "35 minutes", "soon", "minutes"),
    (rules.closing, "## Clean up", "## Tidy up", "Clean up"),
    (rules.closing, "log.clear()", "log.clear()\n%% code\nlog", "after the clean-up cell"),
    (rules.closing, "## Recap", "## In short", "say «Recap»"),
    (rules.closing, "## Next", "## Later", "say «Next»"),
    (rules.closing, "- [The log](https://example.org/log): why", "Why", "0 bullets"),
    (rules.closing, ": why a log is the simplest way to keep systems in step", "", "a few words"),
    (rules.recap, "- You wrote records to a log\n", "", "has 1 bullets"),
    (rules.recap, "- You measured the lag", "- You will measure the lag", "«measured …»"),
    (rules.number_of_code_cells, "%% code\noffset", "%% markdown\noffset", "10 code cells"),
    (rules.number_of_code_cells, "So the log has grown.", "%% code\n1\n" * 20, "37 code cells"),
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
    (rules.alone, "committed = 5", "psutil.Process(5).kill()", "`workspace.alone(…)`"),
    (rules.asserts, ', "a log keeps every record in the order of its offsets"', "", "without a message"),
    (rules.asserts, "assert len(log) == 7,", "len(log),", "1 asserts"),
    (rules.admonitions, "> **Note:**", "> **Danger:**", "none of important, note, tip, warning"),
    (rules.admonitions, "> **Note:** the", "> [!NOTE]\n> the", "plain text"),
    (rules.admonitions, "> **Note:** the", ":::{note}\nthe", "plain text"),
    (rules.admonitions, "> **Note:** the", '<div class="alert alert-info">', "none of"),
    (teaching.title_number, "# 01 Measure", "# 02 Measure", "begins with its number"),
    (teaching.title_number, "# 01 Measure", "# Measure", "`# 01 …`"),
    (
        teaching.size_of_code_cells,
        "%% code\noffset",
        "%% code\n" + "offset\n" * 5 + "%% code\n" + "log\n" * 5 + "offset",
        "The median code cell has 5 lines",
    ),
    (teaching.size_of_code_cells, "offset = len(log)\n", "offset = 1\n" * 10, "11 lines or more"),
    (teaching.size_of_code_cells, "committed = 5", "committed = 5\n" * 14, "has 16 lines; at most 15"),
    (teaching.size_of_code_cells, "log.clear()", f"log.clear()  # {'w' * 80}", "a line of 95 characters"),
    (teaching.plain_python, "log.clear()", "[[1 for a in log] for b in log]", "has 2 comprehensions"),
    (teaching.plain_python, "log.clear()", "print(*log, **{})", "has 2 comprehensions"),
    (teaching.plain_python, "log.clear()", "{**{}, 'a': lambda: 1}", "has 2 comprehensions"),
    (
        teaching.plain_python,
        "offset = len(log)",
        "offset = len(log) if log else 0",
        "ternaries or unpackings a code cell",
    ),
    (teaching.plain_python, "log.clear()", "if (size := len(log)):\n    log.clear()", "a walrus"),
    (teaching.plain_python, "log.clear()", "for it in log:\n    print(it)", "the name `it`"),
    (teaching.plain_python, "log.clear()", "(lambda it: 1)(log)", "the name `it`"),
    (teaching.plain_python, "log.clear()", "log, lag = [], 0", "give each its own line"),
    (
        teaching.course_names,
        "import predict",
        "import " + ", ".join(f"name_{number}" for number in range(16)),
        "16 names of the course's own",
    ),
    (
        teaching.course_names,
        "committed = 5",
        "from helpers import lag, topics\nlag, topics",
        "uses lag, topics for the first time",
    ),
    (teaching.course_names, "committed = 5", "Code(getsource(log.append))", "shows helper source"),
    (teaching.guesses, 'log have?", None)', 'log have?", None)\nassert len(log) == 7, "so"', "a cell of its own"),
    (teaching.guesses, 'log have?", None)', 'log have?", 7)', "pass None as the guess"),
    (teaching.guesses, 'log have?", None)', 'log have?", guess=7)', "pass None as the guess"),
    (teaching.guesses, "guess.compare(len(log))", "guess.compare(7)", "compares a guess with `7`"),
    (teaching.one_traceback, "%% code raises-exception", "%% code", "0 cells are tagged"),
    (teaching.one_traceback, "%% code\nlog.clear()", "%% code raises-exception\nlog.clear()", "2 cells are tagged"),
    (teaching.in_spring, "> **In Spring.**", "In Spring,", "in a box"),
    (teaching.diagram, "```mermaid", "```text", "```mermaid"),
    (teaching.korean_lines, "> **한국어** 로그는", "로그는", "Begin «A log grows»"),
    (teaching.korean_lines, "보세요.<br>로그는", "보세요. 로그는", "Begin «A staged failure: beyond the end»"),
    (teaching.korean_lines, "오프셋은 한 번에 하나씩 커집니다", "An offset grows", "three lines"),
    (teaching.exercises, "%% code solution-check", "%% code", "in this order"),
    (teaching.exercises, "%% code exercise-stub", "%% markdown exercise-stub", "no code cell"),
    (teaching.exercises, "## Exercise: how", "## How", "no question"),
    (
        teaching.exercises,
        "# One solution: the end of the log minus the committed offset.\n",
        "",
        "begin with a comment",
    ),
    (teaching.exercises, "solution = len", "answer = len", "overwrites the learner's answer"),
    (teaching.exercises, "solution = len", "def answer():\n    ...\nsolution = len", "overwrites the learner's answer"),
    (teaching.exercises, "\n\n\ncheck_lag(answer)", "", "No exercise-check calls"),
    (teaching.honest_minutes, "35 minutes", "5 minutes", "says 5 minutes; by words, cells and exercises it is 35"),
    (teaching.honest_minutes, "a mistake nor by will", "a mistake nor by will" + " and so on" * 80, "at most 45"),
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


def test_the_minutes_of_a_lesson_are_counted_by_the_rule() -> None:
    """2 words, 1 code cell; a cell more; an exercise more; 120 words for each minute."""
    cells = "%% markdown\n# Lag\n**Time:** now\n%% code\nlog\n"
    many = cells + "%% code\nlog\n" * 4
    assert [minutes(Lesson("01_lag.ipynb", notebook(text))) for text in (cells, many, many + "%% code\n")] == [
        5,
        10,
        10,
    ]
    assert minutes(Lesson("01_lag.ipynb", notebook(cells + "%% code exercise-stub\nlog\n"))) == 15
    assert minutes(Lesson("01_lag.ipynb", notebook(cells + "%% markdown\n" + "word " * 480))) == 10


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
    assert "not folded" in complaints(teaching.exercises, Lesson("01_lag.ipynb", untidy()))


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
    content["cells"][0]["source"] = ["# 01 Measure it"]
    content["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "New."})
    after = json.loads(tidy(json.dumps(content)))["cells"]
    assert [cell["id"] for cell in after[2:]] == [cell["id"] for cell in before[1:]]
    assert after[0]["id"] != before[0]["id"]
    assert len({cell["id"] for cell in after}) == len(after)
