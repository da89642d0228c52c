# SPDX-License-Identifier: Apache-2.0
"""Every notebook once more, from the last to the first: before, nbval ran them in order on the same lab.

That they stay together, and in this order, is the work of `tests/side_by_side.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers import topics
from helpers.lab import Lab
from helpers.project import ROOT
from helpers.stack.home.secrets import password_folder
from tests.notebooks.example import notebook
from tests.notebooks.execution import Executed, changes, execute, try_answers, wrong_answers

Rule = Callable[[Executed, Lab], Iterator[str]]


def leaves_the_lab_as_found(run: Executed, lab: Lab) -> Iterator[str]:
    if run.left:
        yield f"{run.name} leaves the lab with another content than it found: {', '.join(sorted(run.left))}."


def fails_where_it_says_so(run: Executed, lab: Lab) -> Iterator[str]:
    announced = set(run.shown("raises-exception"))
    failed = {cell for cell, output in run.outputs() if output.output_type == "error"}
    yield from (f"{cell} shows an error and is not tagged raises-exception." for cell in failed - announced)
    yield from (f"{cell} is tagged raises-exception and shows no error." for cell in announced - failed)


def starter_fails_its_check(run: Executed, lab: Lab) -> Iterator[str]:
    checks = run.shown("exercise-check")
    if not checks:
        yield f"{run.name} has no exercise."
    elif not any("Not yet" in text for text in checks.values()):
        yield f"{run.name} has no hint for the stub, which answers nothing."
    for cell, text in checks.items():
        if "✓" in text:
            yield f"{cell} says of the stub, which answers nothing: {text!r}"


def wrong_answers_get_their_hint(run: Executed, lab: Lab) -> Iterator[str]:
    said = run.attempts()
    for number, (source, hint) in enumerate(wrong_answers(Path(run.name)), 1):
        text = said.get(number, "")
        if hint not in text or "✓" in text:
            yield f"{run.name} says of wrong answer {number} {text!r}; wanted: {hint!r}. The answer:\n{source}"


def solution_passes_its_check(run: Executed, lab: Lab) -> Iterator[str]:
    for cell, text in run.shown("solution-check").items():
        if "✓" not in text or "Not yet" in text:
            yield f"{cell} says of the solution: {text!r}"


def shows_no_password(run: Executed, lab: Lab) -> Iterator[str]:
    assert lab.home
    secrets = {path.stem: path.read_text("ascii") for path in password_folder(lab.home).glob("*.password")}
    assert secrets
    for cell, output in run.outputs():
        yield from (
            f"{cell} shows the password of {account}." for account, word in secrets.items() if word in str(output)
        )


def keeps_the_live_picture(run: Executed, lab: Lab) -> Iterator[str]:
    draws = any("LivePlot(" in cell.source for cell in run.content.cells if cell.cell_type == "code")
    kept = [output.data for _, output in run.outputs() if "live plot" in output.get("data", {}).get("text/plain", "")]
    if draws and not any("image/png" in data for data in kept):
        yield f"{run.name} draws a live plot, and no picture of it has stayed."


def no_title_gives_an_answer_away(run: Executed, lab: Lab) -> Iterator[str]:
    titles = [""]
    asked: dict[str, int] = {}
    for name, cell in run.cells():
        titles += re.findall("^#+ (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", ()):
            text = output.get("data", {}).get("text/plain", "")
            if question := re.fullmatch(r"(.+) Write down your guess, then go on\.", text):
                asked[question[1]] = len(titles) - 1
            elif answer := re.fullmatch(r"(.+) You made no prediction; it is (.+)\.", text):
                told = [it for it in titles[asked[answer[1]] :] if re.search(rf"\b{re.escape(answer[2])}\b", it)]
                yield from (f"{name}: the answer {answer[2]!r} stands in the title «{title}»." for title in told)


RULES: list[Rule] = [
    leaves_the_lab_as_found,
    fails_where_it_says_so,
    starter_fails_its_check,
    wrong_answers_get_their_hint,
    solution_passes_its_check,
    shows_no_password,
    keeps_the_live_picture,
    no_title_gives_an_answer_away,
]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executed")


@pytest.fixture(
    scope="module", params=sorted((ROOT / "notebooks").glob("*.ipynb"), reverse=True), ids=lambda path: path.stem
)
def run(request: pytest.FixtureRequest, lab: Lab, copies: Path) -> Executed:
    """One notebook, executed."""
    try:
        return execute(request.param, lab, copies)
    except CellExecutionError as error:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        pytest.fail(f"{request.param.name}: {plain}", pytrace=False)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_executed(rule: Rule, run: Executed, lab: Lab) -> None:
    if found := list(rule(run, lab)):
        pytest.fail("\n".join(found), pytrace=False)


def made_up(source: str, text: str, tag: str = "") -> Executed:
    """Return a run of one cell that showed `text`."""
    output = new_output("display_data", {"text/plain": text})
    cell = new_code_cell(source, outputs=[output], metadata={"tags": [tag] if tag else []})
    return Executed("01_lag.ipynb", new_notebook(cells=[cell]))


@pytest.mark.parametrize(
    ("rule", "broken", "said"),
    [
        (starter_fails_its_check, made_up("check(1)", "✓ Well done", "exercise-check"), "cell 1 says of the stub"),
        (starter_fails_its_check, made_up("check(1)", "Not yet"), "has no exercise"),
        (starter_fails_its_check, made_up("check(1)", "1", "exercise-check"), "no hint for the stub"),
        (solution_passes_its_check, made_up("check(1)", "Not yet. Add one.", "solution-check"), "Not yet. Add one."),
        (solution_passes_its_check, made_up("", "", "solution-check"), "says of the solution: ''"),
        (fails_where_it_says_so, made_up("1 / 1", "1", "raises-exception"), "shows no error"),
        (keeps_the_live_picture, made_up("LivePlot(recorder)", "<live plot>"), "no picture of it has stayed"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_rule_can_fail(rule: Rule, broken: Executed, said: str, lab: Lab) -> None:
    assert said in "\n".join(rule(broken, lab))


def test_an_answer_in_a_title_is_found(lab: Lab) -> None:
    output = new_output("display_data", {"text/plain": "The state? Write down your guess, then go on."})
    outcome = new_output("display_data", {"text/plain": "The state? You made no prediction; it is RUNNING."})
    title = new_markdown_cell("## RUNNING, and it FAILED")
    cells = [title, new_code_cell("guess", outputs=[output]), new_code_cell("run", outputs=[outcome])]
    (found,) = no_title_gives_an_answer_away(Executed("01_lag.ipynb", new_notebook(cells=cells)), lab)
    assert "'RUNNING' stands in the title" in found
    after = [new_markdown_cell("## The state"), *cells[1:], title]
    assert list(no_title_gives_an_answer_away(Executed("01_lag.ipynb", new_notebook(cells=after)), lab)) == []


def test_a_shown_password_is_found(lab: Lab) -> None:
    assert lab.database
    password = Path(lab.database.password_file).read_text("ascii")
    assert "owner" in "\n".join(shows_no_password(made_up("print(url)", f"mysql://owner:{password}@host"), lab))


EXERCISE = """
%% code exercise-stub
answer = None
%% code exercise-check
print("✓ 4." if answer == 4 else f"Not yet. {answer} is not 4.")
%% code exercise-solution
solution = 4
"""


def test_a_wrong_answer_is_tried_and_leaves_no_trace(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.notebooks.execution.wrong_answers", lambda path: [("answer = 3", ""), ("answer = 4", "")]
    )
    monkeypatch.setitem(
        globals(), "wrong_answers", lambda path: [("answer = 3", "3 is not 4"), ("answer = 4", "Not yet")]
    )
    path = tmp_path / "99_answers.ipynb"
    path.write_text(notebook(EXERCISE), "utf-8")
    (tmp_path / "copies").mkdir()
    run = execute(path, lab, tmp_path / "copies")
    assert run.shown("exercise-check") == {"99_answers.ipynb, cell 2": "Not yet. None is not 4.\n"}
    (found,) = wrong_answers_get_their_hint(run, lab)
    assert "says of wrong answer 2 '✓ 4.\\n'" in found


def test_a_wrong_answer_goes_to_the_exercise_that_it_names() -> None:
    two = EXERCISE + EXERCISE.replace("answer", "other")
    content = nbformat.reads(notebook(two), as_version=4)
    try_answers(content, [("other = 5", "")])
    assert next(cell.source for cell in content.cells if "attempt" in cell.metadata) == "other = 5"
    assert [cell.metadata.get("attempt") for cell in content.cells] == [None] * 3 + [1, 1] + [None] * 3


UNTIDY = """
%% code
from helpers import attach, topics
lab = attach()
name = topics.unique_name("left-behind")
topics.create(lab, name)
%% code
import pathlib, sys
from helpers import processes
waits = [sys.executable, "-c", "import threading; threading.Event().wait(30)"]
processes.spawn(waits, cwd=pathlib.Path.cwd(), log=pathlib.Path("/dev/null"))
%% code raises-exception
1 / 0
"""


def test_what_is_left_is_found(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "99_untidy.ipynb"
    path.write_text(notebook(UNTIDY), "utf-8")
    (tmp_path / "copies").mkdir()
    run = execute(path, lab, tmp_path / "copies", patience=0.5)
    found = "\n".join(leaves_the_lab_as_found(run, lab))
    topics.delete(lab, *[name for name in topics.names(lab) if name.startswith("left-behind-")])
    assert "topic left-behind" in found
    process = re.search(r"process (\d+) python", found)
    assert process
    psutil.Process(int(process[1])).kill()
    assert list(fails_where_it_says_so(run, lab)) == []
    assert nbformat.read(tmp_path / "copies" / path.name, as_version=4).cells[2].outputs


def test_what_came_and_what_went() -> None:
    before, after = frozenset({"topic a", "group of others"}), frozenset({"topic b", "group left"})
    assert changes(before, after) == {"topic a", "topic b", "group left"}


def test_a_cell_that_fails_ends_the_run(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "99_broken.ipynb"
    path.write_text(notebook("%% code\n1 / 0\n%% code\nprint(2)\n"), "utf-8")
    (tmp_path / "copies").mkdir()
    with pytest.raises(CellExecutionError, match="division by zero"):
        execute(path, lab, tmp_path / "copies")
