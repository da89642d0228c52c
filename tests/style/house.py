# SPDX-License-Identifier: Apache-2.0
"""The rules for `helpers/`, each a function that yields what is wrong with one source file, and where."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from helpers.project import ROOT

Map = list[set[str]]
"""The rooms of one folder, a set for each of its floors, from the top."""


def floors(docstring: str | None) -> Map:
    """Return the map in a folder's docstring: each line that begins with - and a name in backticks is a floor."""
    lines = (line for line in (docstring or "").splitlines() if line.startswith("- `"))
    return [set(re.findall(r"`(\w+)`", re.split(r" (?!`)", line[2:])[0])) for line in lines]


Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its path from the project's root, its text."""

    module: str
    path: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        place = path.relative_to(ROOT)
        return cls(
            ".".join(place.with_suffix("").parts).removesuffix(".__init__"), place.as_posix(), path.read_text("utf-8")
        )

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        """The first name below `helpers`; empty for `helpers` itself."""
        return self.module.partition(".")[2].partition(".")[0]

    @property
    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    @property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of whatever is imported, inside functions too."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                # `from helpers import lag` names a room, `from helpers.lag import LagSample` a class in one.
                folder = ROOT.joinpath(*node.module.split(".")).is_dir()
                yield from (
                    (node.lineno, f"{node.module}.{alias.name}" if folder else node.module) for alias in node.names
                )

    def at(self, node: ast.AST, problem: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {problem}"


Rule = Callable[[Source], Iterator[str]]


def module_length(source: Source) -> Iterator[str]:
    """At most 250 lines."""
    if (lines := len(source.text.splitlines())) > 250:
        yield f"{source.path} has {lines} lines of at most 250: make it a folder."


def length(function: Function) -> int:
    """Return the lines of `function`, its signature and docstring included."""
    return (function.end_lineno or 0) - function.lineno + 1


def function_length(source: Source) -> Iterator[str]:
    """At most 40 lines."""
    for function in source.functions:
        if length(function) > 40:
            yield source.at(function, f"{function.name} has {length(function)} lines of at most 40.")


def median_length(sources: Iterable[Source]) -> float:
    """Return the lines of the median function in `sources`."""
    return statistics.median(length(function) for source in sources for function in source.functions)


def parameters(source: Source) -> Iterator[str]:
    """At most four that can be given by position."""
    for function in source.functions:
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if (count := len([name for name in names if name not in ("self", "cls")])) > 4:
            yield source.at(
                function, f"{function.name} takes {count} positional parameters of at most 4: make some keyword-only."
            )


def docstrings(source: Source) -> Iterator[str]:
    """On every public module, class, function and method; what overrides a base class's method has that one's."""
    if not ast.get_docstring(source.tree) and source.text:
        yield f"{source.path} has no docstring."
    yield from _undocumented(source, source.tree, "")


def _undocumented(source: Source, parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    derived = isinstance(parent, ast.ClassDef) and bool(parent.bases)
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not (derived and isinstance(node, Function)):
            yield source.at(node, f"{prefix}{node.name} has no docstring.")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(source, node, f"{node.name}.")


def layers(source: Source) -> Iterator[str]:
    """Imports only downwards, in each folder by the map in its `__init__`; a folder without a map has no order."""
    here = source.module.split(".")[1:]
    for depth, room in enumerate(here):
        folder = ".".join(["helpers", *here[:depth]])
        if (plan := _map(folder)) and _floor(plan, room) is None:
            yield f"{source.path}: the map in {folder} says nowhere on which floor {room} is."
    for line, name in source.imports:
        there = name.split(".")[1:] if name.startswith("helpers.") else []
        shared = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), None)
        if shared is None:
            continue
        plan = _map(".".join(["helpers", *here[:shared]]))
        mine, other = _floor(plan, here[shared]), _floor(plan, there[shared])
        if mine is not None and other is not None and other < mine:
            yield f"{source.path}:{line}: imports {name}, which stands above it."


@cache
def _map(folder: str) -> Map:
    path = ROOT.joinpath(*folder.split("."), "__init__.py")
    return floors(ast.get_docstring(ast.parse(path.read_text("utf-8")))) if path.exists() else []


def _floor(plan: Map, room: str) -> int | None:
    return next((number for number, rooms in enumerate(plan) if room in rooms), None)


def unmapped(folder: Path) -> list[str]:
    """Return the rooms that the map of `folder` names and that are not there."""
    plan = floors(ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))))
    named: set[str] = set().union(*plan)
    return sorted(name for name in named if not ((folder / name).is_dir() or (folder / f"{name}.py").exists()))


def circle(sources: Iterable[Source]) -> list[str]:
    """Return modules that import each other in a circle, or an empty list."""
    known = {source.module: source for source in sources if source.room}
    # What is no module is a name inside one: `helpers.records.Record` is in `helpers.records`.
    graph = {
        name: {found if found in known else found.rpartition(".")[0] for _, found in source.imports}
        & known.keys() - {name}
        for name, source in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def matplotlib_in_plots(source: Source) -> Iterator[str]:
    """Only plots import matplotlib."""
    for line, name in source.imports:
        if name.split(".")[0] == "matplotlib" and source.room != "plots":
            yield f"{source.path}:{line}: imports matplotlib; only plots do."


def settings_read_the_environment(source: Source) -> Iterator[str]:
    """Only settings read the variables of the lab."""
    for node in source.nodes:
        named = str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if re.fullmatch(r"LAB_[A-Z_]+", named) and source.room != "settings":
            yield source.at(node, f"names {named}; only settings.py reads the lab's variables.")


def no_sleep(source: Source) -> Iterator[str]:
    """Only `wait_until` sleeps."""
    for node in source.nodes:
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("time.sleep", "sleep")
            and source.room != "waiting"
        ):
            yield source.at(node, "sleeps; wait for the fact with `wait_until`.")


def no_wide_except(source: Source) -> Iterator[str]:
    """Nothing is caught widely, unless it is raised again at once."""
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and not (isinstance(node.body[-1], ast.Raise) and not node.body[-1].exc):
            caught = ast.unparse(node.type) if node.type else ""
            if not caught:
                yield source.at(node, "has a bare except: name what can happen.")
            elif re.search(r"\b(Base)?Exception\b", caught):
                yield source.at(node, f"has except {caught}: name what can happen.")
        if isinstance(node, ast.Call) and re.search(r"suppress\((Base)?Exception\)", ast.unparse(node)):
            yield source.at(node, f"has {ast.unparse(node)}: name what can happen.")


def one_room_starts_processes(source: Source) -> Iterator[str]:
    """Only `processes` starts one, and two programs that run where nothing of the lab can be imported."""
    for line, name in source.imports:
        if name.split(".")[0] == "subprocess" and source.room not in ("processes", "child_guard", "bootstrap"):
            yield f"{source.path}:{line}: imports subprocess; processes.py starts processes."


RULES: list[Rule] = [
    module_length, function_length, parameters, docstrings, layers, matplotlib_in_plots, settings_read_the_environment,
    no_sleep, no_wide_except, one_room_starts_processes,
]  # fmt: skip

REGISTRIES = r"""
    pypi+org  pythonhosted+org  repo\d*+maven+org  repo+maven+apache+org  sonatype+org  npmjs+org  npmjs+com
    anaconda+org  docker+io  quay+io  ghcr+io  gcr+io  mcr+microsoft+com  crates+io
"""
"""With + for the dot, so that this file does not name them either."""


def foreign(text: str, root: Path) -> Iterator[str]:
    """Yield the registries of packages and the paths of one machine that `text` names."""
    registry = "|".join(REGISTRIES.replace("+", r"\.").split())
    for found in re.finditer(
        rf"\b(?:{registry})\b", text.replace('"docker.io"', "")
    ):  # that alone is a package of Debian
        yield f"names the registry {found[0]}; coordinates are enough."
    here = rf"{re.escape(str(root))}\b|{re.escape(str(Path.home()))}/"
    for found in re.finditer(rf"{here}|(?<![\w~.$}}])/(?:home|Users)/\w+|[A-Z]:\\+Users\\+\w+", text):
        yield f"names a path of one machine: {found[0]}"
