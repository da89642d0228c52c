# SPDX-License-Identifier: Apache-2.0
"""Plain English in `helpers/`: a short list of words that a reader would have to translate, and the proof that it finds them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from helpers.project import ROOT
from tests.style.house import Source

PLAIN = {
    r"\banew\b": "again",
    r"\bwithout a word\b": "silently",
    r"\bin clear\b": "in plain text",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\b(tell|tells|told)\b": "say, report, give",
    r"\b(is|are) of (this|that|the|other|another)\b": "belongs to",
    r"[,:;] for (it|they|there|nobody|nothing)\b": "because",
    r"\b(this|the|a|your) machine\b": "computer",
    r"\bgo(es)? on (at|from|where|with)\b": "continues",
    r"\bin the way\b(?! that)": "a problem",
    r"\b(seldom|wherefore|whence|thence|herein|therein|whosoever)\b": "an everyday word",
}
"""A pattern for each idiom, and the plain word."""

WITHOUT_PATH = r"(?<![/\w])lab (up|down|status|doctor|reset|open|test|bench|logs|plugins)\b"
"""The command as only the docstrings may write it: a message says `./lab up`, which can be typed."""


def prose(source: Source) -> Iterator[tuple[int, str, bool]]:
    """Yield each docstring, string and comment: its line, its text without code, and whether it is a message."""
    documents = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split()), id(node) not in documents
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, False


def idioms(source: Source) -> Iterator[str]:
    """Yield what is not plain in `source`, with its line and what to write. What stands in backticks is code."""
    for line, text, is_message in prose(source):
        without_code = re.sub(r"`[^`]*`", "`code`", text)
        for pattern, plain in PLAIN.items():
            if found := re.search(pattern, without_code, re.IGNORECASE):
                yield f"{source.path}:{line}: {found[0]!r}; plainer: {plain}"
        if is_message and (found := re.search(WITHOUT_PATH, text)):
            yield f"{source.path}:{line}: {found[0]!r} in a message; write './{found[0]}'"


def test_helpers_are_in_plain_english() -> None:
    sources = [Source.read(path) for path in sorted((ROOT / "helpers").rglob("*.py"))]
    if found := [complaint for source in sources for complaint in idioms(source)]:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    "text",
    [
        '"""Draw the picture anew."""',
        "def f():\n    '''The worker would ignore it without\n    a word.'''",
        'x = f"{y} is in clear"',
        "x = 1  # what mends it",
        '"""The user is told."""',
        'x = "Their data is of another lab."',
        "x = 1  # not now, for there is nothing else",
        "x = 1\n'''Whatever this machine has.'''",
        'x = "Start it again: it goes on where it was."',
        'x = "Run `lab up` again."',
        'x = f"{y}: lab status --json"',
    ],
)
def test_idioms_are_seen(text: str) -> None:
    found = list(idioms(Source("helpers.topics", "helpers/topics.py", text)))
    assert len(found) == 1, found


@pytest.mark.parametrize(
    "text",
    ['"""What `lab status` shows."""', 'x = "Run `./lab up` again."', "x = 1  # `told` is code", "told = 1"],
)
def test_plain_words_are_not(text: str) -> None:
    assert list(idioms(Source("helpers.topics", "helpers/topics.py", text))) == []
