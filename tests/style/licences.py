# SPDX-License-Identifier: Apache-2.0
"""The licence's line at the top of each source file: find where it is missing, or add it.

`python -m tests.style.licences FILE ...` adds it, and ends with 1 if there was something to add.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

LINE = "SPDX-License-Identifier: Apache-2.0"


def comment(path: Path, text: str) -> str | None:
    """Return how a comment begins in the source file at `path`, or None where it is no source of Python or of a shell."""
    if path.suffix == ".cmd":
        return "rem"
    shell = text.startswith("#!") and "sh" in text.splitlines()[0]
    return "#" if text and (shell or path.suffix in (".py", ".sh")) else None


def licensed(path: Path, text: str) -> str:
    """Return `text`, the content of the file at `path`, with the licence's line: behind the one that names the interpreter."""
    mark = comment(path, text)
    lines = text.splitlines(keepends=True)
    first = 1 if lines and lines[0].startswith(("#!", "@echo off")) else 0
    line = f"{mark} {LINE}\n"
    if mark is None or lines[first : first + 1] == [line]:
        return text
    return "".join([*lines[:first], line, *lines[first:]])


def main(arguments: Sequence[str]) -> int:
    """Add the line to the files named in `arguments` where it is missing; return 1 if it was missing anywhere, else 0."""
    missing = 0
    for path in map(Path, arguments):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if (new := licensed(path, text)) != text:
            path.write_text(new, "utf-8")
            print(f"{path}: licence added")
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
