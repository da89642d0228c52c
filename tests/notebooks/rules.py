# SPDX-License-Identifier: Apache-2.0
"""The rules for a notebook's form, each a function that yields what is wrong, where, and what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.notebooks.lesson import Lesson, bullets, nodes, sections, words
from tests.notebooks.teaching import TEACHING
from tests.notebooks.tidy import tidy
from tests.notebooks.vocabulary import NAMES, PAST

Rule = Callable[[Lesson], Iterator[str]]

ADMONITIONS = {"note", "tip", "warning", "important"}
BOXES = {"in spring", "한국어"}
"""What is no admonition and looks like one: the box for readers who come from Spring, the three lines in Korean."""
ADMONITION = re.compile(
    r"^>\s*\*\*(?P<quote>[^*]+?)[.:!]?\*\*|^>\s*\[!(?P<alert>\w+)\]|^(?::{3,}|`{3,})\{(?P<myst>\w+)\}"
    r'|class="[^"]*\b(?:admonition|alert)\s+(?P<html>[\w-]+)',
    re.MULTILINE,
)
EXERCISE = {"exercise-stub", "exercise-check", "exercise-solution", "solution-check"}


def file_name(lesson: Lesson) -> Iterator[str]:
    """`NN_verb_or_topic.ipynb`."""
    if not re.fullmatch(r"\d\d(_[a-z0-9]+)+\.ipynb", lesson.file):
        yield f"{lesson.file}: name it NN_verb_or_topic.ipynb, in small letters."


def is_tidy(lesson: Lesson) -> Iterator[str]:
    """Outputs and counts stripped, metadata reduced, the kernel the one that everybody has."""
    ran = [str(cell) for cell in lesson.code if cell.ran]
    if tidy(lesson.text) != lesson.text:
        what = f"{', '.join(ran)} kept an output or a count" if ran else "its metadata or cell ids are not normalised"
        yield f"{what}; run `python -m tests.notebooks.tidy notebooks/{lesson.file}`."


def one_title(lesson: Lesson) -> Iterator[str]:
    """One H1, first, in sentence case."""
    titles = re.findall(r"^#\s+(.+)$", lesson.prose, re.MULTILINE)
    if len(titles) != 1 or not lesson.cells[0].source.startswith("# "):
        yield f"Begin cell 1 with `# Title` and have no other; found {titles}."
    for title in titles:
        first, *rest = words(re.sub(r"^\d+\W+", "", title))
        if not (first[0].isupper() or first[0].isdigit()):
            yield f"The title begins with a small letter: {title}."
        if wrong := [word for word in rest if word[0].isupper() and word not in NAMES]:
            yield f"Sentence case: write {', '.join(wrong)} small in «{title}» (names stand in vocabulary.py)."


def opening(lesson: Lesson) -> Iterator[str]:
    """What you will do (one sentence), will learn (at most five bullets, each a verb), need (table), time."""
    found = sections(lesson.opening)
    for label in ("what you will do", "what you will learn", "what you need", "time"):
        if not found.get(label):
            yield f"Before the first code cell say «{label.capitalize()}», as a heading or a line's bold beginning."
    if len(re.findall(r"[.!?](?=\s|$)", found.get("what you will do", "."))) != 1:
        yield "«What you will do» is one sentence, with a full stop."
    learn = bullets(found.get("what you will learn", ""))
    if not 1 <= len(learn) <= 5:
        yield f"«What you will learn» has {len(learn)} bullets; 1 to 5 are allowed."
    for bullet in learn:
        if words(bullet)[0].lower() not in PAST:
            yield f"Begin «{bullet}» with a verb, one of VERBS in vocabulary.py (add it if it is missing there)."
    if not re.search(r"^\|.*\n\|[\s:|-]+\|$", found.get("what you need", ""), re.MULTILINE):
        yield "«What you need» is a Markdown table."
    if not re.search(r"\d+\s*min", found.get("time", "")):
        yield "«Time» says how many minutes."


def closing(lesson: Lesson) -> Iterator[str]:
    """A clean-up cell, the recap, the next notebook, at most five annotated references; nothing after them."""
    found = sections(lesson.closing)
    if not any(cell.is_code for cell in lesson.closing[1:2]):
        yield "After the heading «Clean up» comes one code cell that leaves the lab as it was found."
    elif extra := [cell for cell in lesson.closing[2:] if cell.is_code]:
        yield f"{extra[0]} stands after the clean-up cell; move it up."
    for label in ("recap", "next", "references"):
        if not any(key.startswith(label) and text for key, text in found.items()):
            yield f"After the clean-up cell say «{label.capitalize()}», as a heading or a line's bold beginning."
    references = bullets(found.get("references", ""))
    if not 1 <= len(references) <= 5:
        yield f"«References» has {len(references)} bullets; 1 to 5 are allowed."
    for reference in references:
        without_links = re.sub(r"\[.*?\]\(\S+\)", "", reference)
        if without_links == reference or len(words(without_links)) < 4:
            yield f"A reference is a link and a few words on what it is good for: «{reference}»."


def recap(lesson: Lesson) -> Iterator[str]:
    """The recap mirrors the learning bullets, in the past tense."""
    learn = bullets(sections(lesson.opening).get("what you will learn", ""))
    told = bullets(next((text for label, text in sections(lesson.closing).items() if label.startswith("recap")), ""))
    if len(learn) != len(told):
        yield f"The recap has {len(told)} bullets and «What you will learn» {len(learn)}: one each, in order."
    for promise, fact in zip(learn, told, strict=False):
        past = PAST.get(words(promise)[0].lower())
        if past and past not in words(fact.lower())[:3]:
            yield f"The recap says «{past} …» where the opening says «{promise}»; found «{fact}»."


def number_of_code_cells(lesson: Lesson) -> Iterator[str]:
    """12 to 30."""
    if not 12 <= len(lesson.code) <= 30:
        yield f"{len(lesson.code)} code cells; a lesson has 12 to 30."


def text_between_code(lesson: Lesson) -> Iterator[str]:
    """Never more than two code cells in a row; 40 to 110 words of text a code cell."""
    for one, two, three in zip(lesson.cells, lesson.cells[1:], lesson.cells[2:], strict=False):
        if one.is_code and two.is_code and three.is_code:
            yield f"{three} is the third code cell in a row: say before it what to notice."
    share = lesson.words / max(len(lesson.code), 1)
    if not 40 <= share <= 110:
        yield f"{share:.0f} words of text a code cell; 40 to 110."


def bounded(lesson: Lesson) -> Iterator[str]:
    """Every loop ends by count or deadline; nothing waits for a human or for a while."""
    for cell, node in nodes(lesson.code):
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            yield f"{cell} has `while {ast.unparse(node.test)}`: end it by a count or a deadline."
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == "input":
                yield f"{cell} asks with `input()`: nobody answers in a test; let the reader change a variable."
            if name == "sleep":
                yield f"{cell} sleeps: wait for the fact with `wait_until`."


def asserts(lesson: Lesson) -> Iterator[str]:
    """An assert with a message for each learning bullet."""
    found = [(cell, node) for cell, node in nodes(lesson.code) if isinstance(node, ast.Assert)]
    for cell, node in found:
        if node.msg is None:
            yield f"{cell} has an `assert` without a message: state the fact about Kafka."
    wanted = len(bullets(sections(lesson.opening).get("what you will learn", "")))
    lessons = sum(not EXERCISE & set(cell.tags) for cell, _ in found)
    if lessons < wanted:
        yield f"{lessons} asserts outside the exercises for {wanted} learning bullets: one each at least."


def admonitions(lesson: Lesson) -> Iterator[str]:
    """Note, tip, warning and important, in a form that JupyterLab shows."""
    text = "\n".join(cell.source for cell in lesson.cells if not cell.is_code)
    for found in ADMONITION.finditer(text):
        name = (found["quote"] or found["alert"] or found["myst"] or found["html"]).lower()
        if name not in ADMONITIONS | BOXES:
            yield f"«{found[0]}» is none of {', '.join(sorted(ADMONITIONS))}."
        if found["alert"] or found["myst"]:
            yield f"JupyterLab shows «{found[0]}» as plain text: write `> **{name.capitalize()}:** …`."


def alone(lesson: Lesson) -> Iterator[str]:
    """A lesson that kills a server of the lab first asks whether another lesson uses it."""
    asked = False
    for cell in lesson.code:
        asked = asked or "workspace.alone(" in cell.source
        if not asked and "psutil.Process(" in cell.source and ".kill()" in cell.source:
            yield f"{cell} kills a server that another learner may use: write `workspace.alone(…)` before it."


RULES: list[Rule] = [
    file_name, is_tidy, one_title, opening, closing, recap, number_of_code_cells, text_between_code, bounded, asserts,
    admonitions, alone, *TEACHING,
]  # fmt: skip
