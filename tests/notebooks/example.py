# SPDX-License-Identifier: Apache-2.0
"""A small made-up lesson that keeps every rule, as text: a test breaks a rule by replacing a few words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from tests.notebooks.tidy import tidy

_STEP = """
%% markdown
The next cell writes one more record to the log and asks for its offset. Look at the number that comes back: it is one
higher than before, for a partition is a list that only grows at its end, and nobody can write into its middle, neither
by a mistake nor by will. What was read stays where it was, so that another reader can begin at the first record again.
%% code
offset = len(log)
log.append("Hello")
"""

EXAMPLE = f"""
%% markdown
# Measure the lag

**What you will do:** you will fill a log in memory and see how far its reader is behind.

## What you will learn
- Write records to a log
- Measure the lag of its reader

## What you need

| what | why |
|---|---|
| Python | it runs the cells |

**Time:** 5 minutes
%% code
log = []
{_STEP * 7}
%% markdown
So the log has grown.
%% code
assert len(log) == 7, "a log keeps every record in the order of its offsets"
%% code
committed = 5
lag = len(log) - committed
assert lag == 2, "lag is the end of the log minus the committed offset"
%% markdown
> **Note:** the lag is a number of records, not of seconds.

## Exercise: how far behind?
The reader has committed offset 6. Set `answer` to its lag.
%% code exercise-stub
answer = None
%% code exercise-check
print("Well done" if answer == len(log) - 6 else "Not yet: subtract the committed offset from the end of the log.")
%% markdown
The solution is folded; open it when you have tried.
%% code exercise-solution
answer = len(log) - 6
%% code solution-check
print("Well done" if answer == len(log) - 6 else "Not yet: subtract the committed offset from the end of the log.")
%% markdown
## Clean up
%% code
log.clear()
%% markdown
## Recap
- You wrote records to a log
- You measured the lag of its reader

## Next
[Start here](00_start_here.ipynb) shows the servers.

## References
- [The log](https://example.org/log): why a log is the simplest way to keep systems in step
"""


def notebook(text: str) -> str:
    """Return `text` as a tidy notebook: `%% kind [tag]` begins a cell."""
    cells: list[NotebookNode] = []
    for kind, tag, source in re.findall(r"^%% (\w+) ?(\S*)\n(.*?)(?=^%%|\Z)", text, re.MULTILINE | re.DOTALL):
        new: Callable[..., NotebookNode] = getattr(nbformat.v4, f"new_{kind}_cell")
        cells.append(new(source.strip(), id=f"cell-{len(cells):02d}", metadata={"tags": [tag]} if tag else {}))
    return tidy(json.dumps(nbformat.v4.new_notebook(cells=cells)))
