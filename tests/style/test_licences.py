# SPDX-License-Identifier: Apache-2.0
"""Each file has its licence: source files by a line of their own, all others by REUSE.toml."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from helpers.project import ROOT
from tests.style import licences
from tests.style.files import tracked

LINE = f"# {licences.LINE}\n"


def test_each_source_file_has_its_line() -> None:
    sources = {path: path.read_bytes().decode("utf-8", errors="replace") for path in tracked()}
    missing = [str(path.relative_to(ROOT)) for path, text in sources.items() if licences.licensed(path, text) != text]
    if missing:
        pytest.fail(f"Run: python -m tests.style.licences {' '.join(missing)}", pytrace=False)


@pytest.mark.parametrize(
    ("name", "text", "new"),
    [
        ("a.py", '"""A room."""\n', f'{LINE}"""A room."""\n'),
        ("a.py", f'{LINE}"""A room."""\n', f'{LINE}"""A room."""\n'),
        ("__init__.py", "", ""),
        ("run", "#!/usr/bin/env bash\nset -u\n", f"#!/usr/bin/env bash\n{LINE}set -u\n"),
        ("lab.cmd", "@echo off\nsetlocal\n", f"@echo off\nrem {licences.LINE}\nsetlocal\n"),
        ("a.md", "# A page\n", "# A page\n"),
    ],
)
def test_a_missing_line_is_found_and_added(tmp_path: Path, name: str, text: str, new: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert licences.main([str(file)]) == int(text != new)
    assert file.read_text() == new
    assert licences.main([str(file)]) == 0


def licence_of(name: str) -> str:
    """Return the licence of the file `name` by REUSE.toml."""
    tables = tomllib.loads((ROOT / "REUSE.toml").read_text("utf-8"))["annotations"]
    fitting = [
        table
        for table in tables
        for path in ([table["path"]] if isinstance(table["path"], str) else table["path"])
        if fnmatch(name, path)
    ]
    return str(fitting[-1]["SPDX-License-Identifier"])


def test_text_and_pictures_have_the_other_licence() -> None:
    assert licence_of("notebooks/01_a_log_that_you_can_measure.ipynb") == "Apache-2.0 AND CC-BY-4.0"
    assert licence_of("README.md") == licence_of(".github/live_lag.png") == "CC-BY-4.0"
    assert licence_of("docker-compose.yml") == licence_of("pyproject.toml") == "Apache-2.0"
