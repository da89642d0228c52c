# SPDX-License-Identifier: Apache-2.0
"""The rules of how a lesson teaches: plain code, honest guesses and minutes, exercises that keep what a learner wrote.

Each is a function like those in `rules`, and yields what is wrong, where, and what to do about it.
"""

from __future__ import annotations

import ast
import math
import re
import statistics
from collections.abc import Iterator

from tests.notebooks.lesson import Cell, Lesson, nodes, sections

NOT_YET: set[str] = set()
"""Lessons that are still written in the old way: the rules of this module are not applied to them."""

CLEVER = (
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.IfExp, ast.NamedExpr, ast.Starred,
)  # fmt: skip
FURNITURE = {"attach", "Workspace", "predict", "check"}
"""What every lesson has: a reader meets it once, in the first."""
FIXED = {"what you will do", "what you will learn", "what you need", "time", "in spring", "in practice", "clean up"}
FIXED |= {"recap", "next", "references"}
"""Headings that are no section of a lesson's body."""
EXERCISE = r"(?:exercise-stub (?:exercise-check )+exercise-solution (?:solution-check )+)"


def title_number(lesson: Lesson) -> Iterator[str]:
    """The title begins with the number of the file's name."""
    number = lesson.file[:2]
    if not lesson.cells[0].source.startswith(f"# {number} "):
        yield f"The title of {lesson.file} begins with its number: `# {number} …`."


def size_of_code_cells(lesson: Lesson) -> Iterator[str]:
    """Median at most 4 lines, nine of ten at most 10, none over 15, none wider than 90 characters."""
    lengths = sorted(cell.lines for cell in lesson.code) or [0]
    if (median := statistics.median(lengths)) > 4:
        yield f"The median code cell has {median:g} lines; at most 4: say less at once."
    if (most := lengths[math.ceil(0.9 * len(lengths)) - 1]) > 10:
        long = ", ".join(str(cell) for cell in lesson.code if cell.lines > 10)
        yield f"One code cell in ten has {most} lines or more; at most 10: {long}."
    for cell in lesson.code:
        if cell.lines > 15:
            yield f"{cell} has {cell.lines} lines; at most 15: split it."
        if (width := max(map(len, cell.source.splitlines()), default=0)) > 90:
            yield f"{cell} has a line of {width} characters; at most 90: JupyterLab cuts it off."


def plain_python(lesson: Lesson) -> Iterator[str]:
    """At most one clever construct a cell, one cell in four; no walrus, no `it`, one assignment at a time."""
    counted = {cell.number: sum(_clever(node) for node in ast.walk(cell.tree)) for cell in lesson.code}
    for cell in lesson.code:
        if (count := counted[cell.number]) > 1:
            yield f"{cell} has {count} comprehensions, lambdas, ternaries or unpackings; at most 1: write a plain loop."
    if (mean := sum(counted.values()) / max(len(counted), 1)) > 0.25:
        yield f"{mean:.2f} comprehensions, lambdas, ternaries or unpackings a code cell; at most 0.25."
    for cell, node in nodes(lesson.code):
        if isinstance(node, ast.NamedExpr):
            yield f"{cell} has a walrus: assign in a line of its own."
        if _is_called_it(node):
            yield f"{cell} has the name `it`: say what it is."
        if _assigns_two_things(node):
            yield f"{cell} has `{ast.unparse(node)}`: give each its own line."


def _clever(node: ast.AST) -> int:
    unpacks = (isinstance(node, ast.keyword) and node.arg is None) or (isinstance(node, ast.Dict) and None in node.keys)
    return int(isinstance(node, CLEVER) or unpacks or _assigns_two_things(node))


def _is_called_it(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "it") or (isinstance(node, ast.arg) and node.arg == "it")


def _assigns_two_things(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)


def course_names(lesson: Lesson) -> Iterator[str]:
    """At most 15 names that only this course has, one new one a cell after the first; helper source is not shown."""
    imports = [node for _, node in nodes(lesson.code) if isinstance(node, ast.ImportFrom)]
    aliases = [alias for node in imports if (node.module or "").split(".")[0] == "helpers" for alias in node.names]
    names = {alias.asname or alias.name for alias in aliases}
    if len(names) > 15:
        yield f"{len(names)} names of the course's own; at most 15: {', '.join(sorted(names))}."
    met = set(FURNITURE)
    for cell in lesson.code:
        used = {node.id for node in ast.walk(cell.tree) if isinstance(node, ast.Name)}
        new = (names & used) - met
        if len(new) > 1 and cell is not lesson.code[0]:
            yield f"{cell} uses {', '.join(sorted(new))} for the first time; one new helper name a cell."
        met |= used
        if used & {"getsource", "Code"}:
            yield f"{cell} shows helper source: write the lines that matter into the cell."


def guesses(lesson: Lesson) -> Iterator[str]:
    """`predict` stands in a cell of its own, with None for the learner to replace; it is compared with the outcome."""
    names: set[str] = set()
    for cell in lesson.code:
        asked = [node for node in cell.tree.body if _asks(node)]
        names |= {part.id for node in asked for part in ast.walk(node) if isinstance(part, ast.Name)}
        others = [
            node for node in cell.tree.body if node not in asked and not isinstance(node, ast.Import | ast.ImportFrom)
        ]
        if asked and others:
            yield f"{cell} guesses and does something else: the guess is a cell of its own, above the run."
        for question in asked:
            call = getattr(question, "value", None)
            if isinstance(call, ast.Call) and not _is_open(call):
                yield f"{cell} answers its own question: pass None as the guess."
    for cell, node in nodes(lesson.code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compare":
            of_a_guess = isinstance(node.func.value, ast.Name) and node.func.value.id in names
            if of_a_guess and any(isinstance(argument, ast.Constant) for argument in node.args):
                yield f"{cell} compares a guess with `{ast.unparse(node.args[0])}`: compare it with what came out."


def _asks(node: ast.stmt) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "predict"
        for part in ast.walk(node)
    )


def _is_open(call: ast.Call) -> bool:
    given = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    return all(isinstance(value, ast.Constant) and value.value is None for value in given)


def one_traceback(lesson: Lesson) -> Iterator[str]:
    """One error is left uncaught, as it looks at work."""
    found = [cell for cell in lesson.code if "raises-exception" in cell.tags]
    if len(found) != 1:
        yield f"{len(found)} cells are tagged raises-exception; one a lesson shows a real traceback."


def in_spring(lesson: Lesson) -> Iterator[str]:
    """A box for those who come from Spring, in every lesson but the first."""
    if lesson.file[:2] != "00" and not re.search(r"^> \*\*In Spring\b", lesson.prose, re.MULTILINE):
        yield "Say in a box `> **In Spring.** …` what the property is called there, its default, and what differs."


def diagram(lesson: Lesson) -> Iterator[str]:
    """The opening has a Mermaid diagram of what is connected to what."""
    if not any("```mermaid" in cell.source for cell in lesson.opening):
        yield "Before the first code cell draw what is connected to what, in a block ```mermaid."


def korean_lines(lesson: Lesson) -> Iterator[str]:
    """Each section of the body begins with three lines in Korean."""
    for title, text in re.findall(r"^## +(.+)\n+((?:.+\n?)*)", lesson.prose, re.MULTILINE):
        label = " ".join(re.findall(r"\w+", title.lower()))
        if label in FIXED or label.startswith(("recap", "references")):
            continue
        box = re.match(r">\s*\*\*한국어[.:]?\*\*(.*(?:\n>.*)*)", text)
        lines = re.split(r"<br>", box[1]) if box else []
        if len(lines) != 3 or not all(re.search("[가-힣]", line) for line in lines):
            yield f"Begin «{title}» with `> **한국어** …<br>…<br>…`: three lines, what it is about and what to watch for."


def exercises(lesson: Lesson) -> Iterator[str]:
    """Question, stub, check, folded solution, check: one to three times. A solution never overwrites an answer."""
    tagged = [(cell, tag) for cell in lesson.cells for tag in cell.tags if tag.startswith(("exercise-", "solution-"))]
    found = " ".join(tag for _, tag in tagged)
    if not re.fullmatch(f"{EXERCISE}{{1,3}}", found + " "):
        order = "exercise-stub, exercise-check, exercise-solution, solution-check"
        yield f"One to three exercises, each with cells tagged {order}, in this order; found {found}."
    for cell, tag in tagged:
        if not cell.is_code:
            yield f"{cell} is tagged {tag} and is no code cell."
        elif tag == "exercise-stub":
            yield from _stub(lesson, cell)
        elif tag == "exercise-solution":
            yield from _solution(cell)
    checks = [node for _, node in nodes([cell for cell, tag in tagged if tag == "exercise-check"])]
    if not any(isinstance(node, ast.Call) and ast.unparse(node.func).startswith("check") for node in checks):
        yield "No exercise-check calls a judging function `check_…`."


def _stub(lesson: Lesson, stub: Cell) -> Iterator[str]:
    before = [cell for cell in lesson.cells[: stub.number - 1] if not cell.is_code]
    headings = [label for label in sections(before) if label.startswith("exercise")] if before else []
    if not headings:
        yield f"Before {stub} stands no question: a Markdown cell with a heading «Exercise …»."
    for cell in lesson.code:
        if cell.number > stub.number and (taken := names_bound(cell.source) & names_bound(stub.source)):
            yield f"{cell} overwrites the learner's {', '.join(sorted(taken))}: use another name."


def _solution(cell: Cell) -> Iterator[str]:
    if not cell.hidden:
        yield f"{cell} is a solution that is not folded; run `python -m tests.notebooks.tidy`."
    if not cell.source.startswith("#"):
        yield f"{cell} shows its first line although it is folded: begin with a comment, `# One solution …`."


def names_bound(source: str) -> set[str]:
    """Return the names that a cell's code gives a value, outside its functions."""
    bound: set[str] = set()
    for statement in Cell(0, "code", source, (), False, False).tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            bound.add(statement.name)
        else:
            stored = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            bound |= {node.id for node in stored if isinstance(node.ctx, ast.Store)}
    return bound


def honest_minutes(lesson: Lesson) -> Iterator[str]:
    """The minutes that the lesson claims are those of the rule, and at most 45."""
    if (honest := minutes(lesson)) > 45:
        yield f"{honest} honest minutes; at most 45: cut text or cells."
    if (claimed := claimed_minutes(lesson)) != honest:
        yield f"«Time» says {claimed} minutes; by words, cells and exercises it is {honest}."


def minutes(lesson: Lesson) -> int:
    """Return words / 120 + 1 a code cell + 10 a written exercise, rounded up to 5, without the lines in Korean."""
    stubs = sum("exercise-stub" in cell.tags for cell in lesson.code)
    return math.ceil((lesson.english_words / 120 + len(lesson.code) + 10 * stubs) / 5) * 5


def claimed_minutes(lesson: Lesson) -> int:
    """Return what the lesson says of its length, 0 if nothing."""
    said = re.search(r"(\d+)\s*min", sections(lesson.opening).get("time", ""))
    return int(said[1]) if said else 0


TEACHING = [
    title_number, size_of_code_cells, plain_python, course_names, guesses, one_traceback, in_spring, diagram,
    korean_lines, exercises, honest_minutes,
]  # fmt: skip
