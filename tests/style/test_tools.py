# SPDX-License-Identifier: Apache-2.0
"""Lint, format, types, spelling, declared packages: each tool finds nothing here, and is shown to find something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.project import ROOT
from tests.style.files import expect_well, run, tracked

CONFIGURED = ROOT / "pyproject.toml"


def test_types() -> None:
    expect_well(run("mypy"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(x): return x", "no-untyped-def"),
        ("def f(x: int) -> int:\n    if isinstance(x, int):\n        return x\n    return 1", "unreachable"),
        ("x: int = 'a'  # type: ignore", "ignore-without-code"),
    ],
)
def test_types_can_fail(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "example.py").write_text(text)
    assert said in run("mypy", f"--config-file={CONFIGURED}", tmp_path / "example.py").stdout


def test_lint() -> None:
    expect_well(run("ruff", "check", "--output-format=concise", "."))


def test_lint_can_fail() -> None:
    assert "BLE001" in run("ruff", "check", "-", text="try:\n    f()\nexcept Exception:\n    g()\n").stdout


def test_format() -> None:
    expect_well(run("ruff", "format", "--check", "--quiet", "--diff", "."))


def test_format_can_fail(tmp_path: Path) -> None:
    code: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": ["x=1"],
    }
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    (tmp_path / "b.py").write_text("x = 'a'\n")
    done = run("ruff", "format", "--check", f"--config={CONFIGURED}", tmp_path)
    assert done.returncode == 1
    assert "2 files would be reformatted" in done.stdout


def test_spelling() -> None:
    expect_well(run("codespell_lib", *tracked()))


def test_spelling_can_fail(tmp_path: Path) -> None:
    wrong = "".join(("rec", "ieve"))
    (tmp_path / "a.md").write_text(f"We {wrong} a record.")
    assert f"{wrong} ==> receive" in run("codespell_lib", tmp_path / "a.md").stdout


def test_every_imported_package_is_declared() -> None:
    expect_well(run("deptry", "--no-ansi", "."))


def test_the_package_imports_nothing_of_the_tests() -> None:
    expect_well(run("deptry", "--no-ansi", "--optional-dependencies-dev-groups=test", "helpers", "notebooks"))


PROJECT = """
[project]
name = "example"
version = "1"
dependencies = ["requests==2.34.2"]
optional-dependencies.test = ["pytest==9.2.0"]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import requests, yaml", "DEP003 'yaml' imported but it is a transitive dependency"),
        ("import requests, pytest", "DEP004 'pytest' imported but declared as a dev dependency"),
        ("import pathlib", "DEP002 'requests' defined as a dependency but not used"),
    ],
)
def test_an_import_that_is_not_declared_is_found(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "helpers.py").write_text(text)
    assert said in run("deptry", "--no-ansi", "--optional-dependencies-dev-groups=test", ".", where=tmp_path).stderr
