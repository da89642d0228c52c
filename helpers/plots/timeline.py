# SPDX-License-Identifier: Apache-2.0
"""Who had what, and when: a bar for each stretch of time."""

from __future__ import annotations

import pandas as pd

from helpers.errors import InvalidInput
from helpers.plots.style import COLOURS, HATCHES, Picture, blank, describe, legend, shown


def owners(ownership: pd.DataFrame, *, title: str) -> Picture:
    """Return a picture of who had which partition over time, from `members.ownership`; in a gap nobody had it.

    Raises `InvalidInput` when nobody ever had one.
    """
    if ownership.empty:
        raise InvalidInput(f"There is nothing to draw for {title!r}.", "Wait until a member has partitions.")
    canvas, axes = blank()
    for number, (member, stretches) in enumerate(ownership.groupby("member")):
        widths = stretches["until"] - stretches["since"]
        bars = axes.barh(stretches["partition"], widths, 0.7, stretches["since"], label=str(member), edgecolor="white")
        for bar in bars:
            bar.set(facecolor=COLOURS[number % len(COLOURS)], hatch=HATCHES[number % len(HATCHES)])
    axes.set_yticks(sorted(ownership["partition"].unique()))
    axes.invert_yaxis()
    describe(axes, title, "seconds since the first assignment", "partition")
    legend(axes, "member")
    stretches = ownership.sort_values(["partition", "since"])[["partition", "member", "since", "until"]]
    rows = stretches.itertuples(index=False, name=None)
    said = [
        f"partition {partition} had {member} from {shown(since)} to {shown(until)} s"
        for partition, member, since, until in rows
    ]
    return Picture(canvas, title, "; ".join(said))
