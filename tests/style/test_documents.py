# SPDX-License-Identifier: Apache-2.0
"""README and CONTRIBUTING against what they describe: the verbs, the exit codes, the rooms of the tests."""

from __future__ import annotations

import re

from click.testing import CliRunner

from helpers import bootstrap, errors
from helpers.command import cli, testing
from helpers.errors import LabError
from helpers.project import ROOT

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def commands(*group: str) -> set[str]:
    """Return the verbs that `lab GROUP --help` lists."""
    shown = CliRunner().invoke(cli.lab, [*group, "--help"]).output.partition("\nCommands:\n")[2]
    return set(re.findall(r"^  (\w+)  ", shown, re.MULTILINE))


def promised(readme: str) -> set[tuple[str, ...]]:
    """Return the verbs in the first column of the README's table: words behind `lab`, or alone in a row that began with it."""
    table = readme.partition("\n| verb | does |\n")[2].partition("\n\n")[0]
    verbs: set[tuple[str, ...]] = set()
    for row in table.splitlines()[1:]:
        first, *others = re.findall(r"`(?:\./)?([^`]+)`", row.split("|")[1])
        words = tuple(re.findall(r"[\w-]+", first)[1:])
        verbs |= {words, *((*words[:-1], *it.removeprefix("lab ").split()) for it in others)}
    return verbs


def test_the_table_has_each_verb_of_the_command() -> None:
    named = promised(README)
    assert {words[0] for words in named if words} - {"--version"} == commands()
    for group in ("plugins", "shop", "class"):
        assert {words[1] for words in named if words[:1] == (group,)} == commands(group)


def test_a_verb_that_is_missing_or_made_up_is_seen() -> None:
    table = (
        "\n| verb | does |\n|---|---|\n| `./lab up` / `lab down` | x |\n| `lab plugins list`, `add` | y |\n\n`lab no`"
    )
    assert promised(table) == {("up",), ("down",), ("plugins", "list"), ("plugins", "add")}


def test_each_verb_has_an_example() -> None:
    for verb in commands():
        group = [verb] if not commands(verb) else next([verb, it] for it in commands(verb))
        assert "Example: ./lab" in CliRunner().invoke(cli.lab, [*group, "--help"]).output, verb


def kinds(kind: type[LabError] = LabError) -> set[type[LabError]]:
    """Return `kind` and all that come from it."""
    return {kind}.union(*(kinds(each) for each in kind.__subclasses__()))


def test_the_exit_codes_are_those_of_the_errors() -> None:
    sentence = re.search(r"Exit codes: (.*?)\.\n", README, re.DOTALL)
    assert sentence
    told = [int(code) for code in re.findall(r"(?:^|,)\s*(\d+) ", sentence[1])]
    assert told == sorted({0, bootstrap.FAILED, cli.INTERRUPTED, *(kind.exit_code for kind in kinds())})


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = dict(re.findall(r"(\w+) (\d+)(?:,|$)", errors.__doc__ or "", re.MULTILINE))
    assert drawn == {kind.__name__: str(kind.exit_code) for kind in kinds()}


def test_each_room_of_the_tests_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", CONTRIBUTING.partition("\n## Tests\n")[2], re.MULTILINE)
    assert rows == list(testing.ROOMS)
    assert all((ROOT / path).is_dir() for paths in testing.ROOMS.values() for path in paths)
