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
# 01 Measure the lag

**What you will do:** you will fill a log in memory and see how far its reader is behind.

```mermaid
flowchart LR
    writer --> log --> reader
```

## What you will learn
- Write records to a log
- Measure the lag of its reader

## What you need

| what | why |
|---|---|
| Python | it runs the cells |

**Time:** 35 minutes
%% code
log = []
%% markdown
## A log grows
> **한국어** 로그는 끝에만 기록됩니다.<br>오프셋은 한 번에 하나씩 커집니다.<br>앞의 기록은 바뀌지 않습니다.
{_STEP * 7}
%% markdown
So the log has grown. How many records does it have?
%% code
from helpers.checks import predict

guess = predict("How many records does the log have?", None)
%% code
guess.compare(len(log))
assert len(log) == 7, "a log keeps every record in the order of its offsets"
%% markdown
Now the reader. It has read five of them.
%% code
committed = 5
lag = len(log) - committed
assert lag == 2, "lag is the end of the log minus the committed offset"
%% markdown
> **Note:** the lag is a number of records, not of seconds.

## A staged failure: beyond the end
> **한국어** 없는 오프셋을 읽습니다.<br>오류의 마지막 줄을 보세요.<br>로그는 그대로입니다.

Nobody can read what is not written yet.
%% code raises-exception
log[len(log)]
%% markdown
## Exercise: how far behind?

> **한국어** 랙을 계산하세요.<br>끝 오프셋에서 커밋된 오프셋을 뺍니다.<br>숫자를 넣으세요.
The reader has committed offset 6. Set `answer` to its lag.
%% code exercise-stub
answer = None
%% code exercise-check
def check_lag(answer):
    right = answer == len(log) - 6
    print("Well done" if right else "Not yet: subtract what is committed from the end.")


check_lag(answer)
%% markdown
The solution is folded; open it when you have tried.
%% code exercise-solution
# One solution: the end of the log minus the committed offset.
solution = len(log) - 6
%% code solution-check
check_lag(solution)
%% markdown
## In Spring
> **In Spring.** `records-lag-max` is the same number, as a metric of the client.

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
