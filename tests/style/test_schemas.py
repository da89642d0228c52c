# SPDX-License-Identifier: Apache-2.0
"""Files that other programs read: each fits its schema, and each schema is shown to refuse."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from helpers.project import ROOT

WORKFLOW = ".github/workflows/test.yml"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# File, schema, and words that, when replaced, make it unfit.
FILES = [
    (WORKFLOW, "vendor.github-workflows", "runs-on:", "run-on:"),
    (WORKFLOW, "custom.github-workflows-require-timeout", "timeout-minutes: 40", "name: no limit"),
    (".github/dependabot.yml", "vendor.dependabot", "directory:", "folder:"),
    ("docker-compose.yml", "vendor.compose-spec", "healthcheck:", "healthchek:"),
    ("CITATION.cff", "vendor.citation-file-format", "authors:", "writers:"),
]


@pytest.mark.parametrize(("name", "schema", "words", "broken"), FILES, ids=[f"{name} {it}" for name, it, *_ in FILES])
def test_schema(tmp_path: Path, name: str, schema: str, words: str, broken: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert words in text
    unfit = tmp_path / Path(name).name
    unfit.write_text(text.replace(words, broken), "utf-8")
    fits = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, str(ROOT / name)])
    assert fits.exit_code == 0, fits.output
    assert CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, str(unfit)]).exit_code == 1


def steps() -> list[dict[str, Any]]:
    jobs = yaml.safe_load((ROOT / WORKFLOW).read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_actions_are_pinned_by_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+\n", (ROOT / WORKFLOW).read_text("utf-8"))) == len(used)


def test_the_workflow_tries_each_python_that_the_project_promises() -> None:
    jobs = yaml.safe_load((ROOT / WORKFLOW).read_text("utf-8"))["jobs"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert jobs["everything"]["strategy"]["matrix"]["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"


def test_each_package_has_an_exact_version() -> None:
    for requirement in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]:
        assert re.fullmatch(r"[\w.-]+(\[\w+(,\w+)*])?==\d[\w.]*(; \w+ != '\w+')?", requirement), requirement


def test_versions_agree() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == PROJECT["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", PROJECT["version"]]


def test_what_runs_before_a_commit_is_here_already() -> None:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in content["repos"]] == ["local"]
    for hook in content["repos"][0]["hooks"]:
        python, option, module, *_ = hook["entry"].split()
        assert (python, option, hook["language"]) == (".venv/bin/python", "-m", "system")
        assert find_spec(module), f"{module} is not installed"
