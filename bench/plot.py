# SPDX-License-Identifier: Apache-2.0
"""What a refresh of `LivePlot` costs in a real kernel, and whether one is lost while a cell computes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.manager import KernelManager

from bench.drawing import HZ
from bench.rows import Comparison, Row
from helpers.errors import LabError, TimedOut
from helpers.project import ROOT

_PATIENCE = 60.0
_ROUNDS = 40
_SECONDS = 20  # long enough for the plot to scroll once, which draws everything anew
_PICTURES = ("display_data", "update_display_data")

Message = dict[str, Any]


def measure() -> Iterator[Row]:
    """Yield the rows of this part: milliseconds a refresh, share of a core, frames lost."""
    with _kernel() as client:
        run(client, "%matplotlib inline\nimport json\nfrom bench import drawing")
        times = Comparison(**result(run(client, f"print(json.dumps(drawing.compare({_ROUNDS})))")))
        quiet = result(run(client, f"print(json.dumps(drawing.watch({_SECONDS})))"))
        cells = "plot = drawing.TimedPlot().start()", f"drawing.compute({_SECONDS})", "plot.stop()"
        arrived = pictures([message for cell in cells for message in run(client, cell)])
        drawn = result(run(client, "print(json.dumps({'frames': plot.frames}))"))["frames"]
    refreshes = [1000 * refresh for refresh in quiet["refreshes"]]
    note = f"median of {len(refreshes)}; mean: {statistics.mean(refreshes):.1f}, slowest: {max(refreshes):.0f}"
    yield Row("a refresh", statistics.median(refreshes), "ms", at_most=25, note=note)
    yield Row(f"share of a core at {HZ:g} refreshes a second", quiet["share"] * 100, "%", at_most=12)
    yield times.ratio("faster than updating a display with the figure", at_least=6)
    frames = arrived[1:-1]  # the first and the last are drawn by `start` and `stop` themselves
    longest = max(after - before for before, after in pairwise(frames))
    note = f"{len(frames)} came in {_SECONDS} s; longest gap: {longest:.2f} s"
    yield Row("frames lost while a cell computes", drawn - len(arrived) + skipped(frames), "", at_most=0, note=note)


@contextmanager
def _kernel() -> Iterator[BlockingKernelClient]:
    """Yield a client of a new kernel, whose folder is the project's; it ends with the block."""
    manager = KernelManager(kernel_name=NATIVE_KERNEL_NAME)
    manager.start_kernel(cwd=str(ROOT), extra_arguments=["--log-level=ERROR"])
    try:
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(_PATIENCE)
        yield client
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str) -> list[Message]:
    """Run `code` as a cell and return all that arrived until it was done, whichever cell it came from.

    Raises `LabError` with the cell's error, and `TimedOut` if the kernel falls silent.
    """
    request = client.execute(code)
    messages: list[Message] = []
    try:
        while not (messages and _ends(messages[-1], request)):
            messages.append(client.get_iopub_msg(timeout=_PATIENCE))
    except Empty as error:
        raise TimedOut(f"The kernel said nothing for {_PATIENCE:g} s while it ran {code!r}.") from error
    for message in messages:
        if message["msg_type"] == "error":
            problem = f"{message['content']['ename']}: {message['content']['evalue']}"
            raise LabError(f"The benchmark's kernel failed at {code!r}: {problem}.")
    return messages


def _ends(message: Message, request: str) -> bool:
    if message["msg_type"] != "status" or message["parent_header"].get("msg_id") != request:
        return False
    return bool(message["content"]["execution_state"] == "idle")


def result(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the JSON that a cell printed."""
    printed = "".join(message["content"]["text"] for message in messages if message["msg_type"] == "stream")
    found: dict[str, Any] = json.loads(printed)
    return found


def pictures(messages: Sequence[Message]) -> list[float]:
    """Return when each of the pictures among `messages` was sent, in seconds since the epoch."""
    return [message["header"]["date"].timestamp() for message in messages if message["msg_type"] in _PICTURES]


def skipped(frames: Sequence[float]) -> int:
    """Return how many frames more were due, `HZ` times a second, between the first and the last that was drawn."""
    return max(round((frames[-1] - frames[0]) * HZ) - (len(frames) - 1), 0)
