# SPDX-License-Identifier: Apache-2.0
"""What happened when: who had which partition, and how a number grew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import pandas as pd

from helpers.errors import InvalidInput
from helpers.plots.style import COLOURS, HATCHES, STYLES, Picture, blank, describe, legend, shown


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


def growth(times: Iterable[float], *, title: str, unit: str, marks: Mapping[str, float] | None = None) -> Picture:
    """Return a picture of how many things have happened by when; `times` has the seconds at which each one did.

    `unit` names what is counted. `marks` are drawn as lines across: text to seconds. The longest pause is shaded.
    Raises `InvalidInput` if nothing happened.
    """
    moments = sorted(times)
    if not moments:
        raise InvalidInput(f"There is nothing to draw for {title!r}.", "Give the time of at least one event.")
    canvas, axes = blank()
    axes.step(moments, range(1, len(moments) + 1), where="post", color=COLOURS[0], linewidth=2)
    begin, end = max(pairwise(moments), key=lambda pair: pair[1] - pair[0], default=(moments[0], moments[0]))
    axes.axvspan(begin, end, color=COLOURS[1], alpha=0.25, label=f"{shown(end - begin)} s with nothing new")
    for number, (text, when) in enumerate((marks or {}).items()):
        axes.axvline(when, color=COLOURS[3], linestyle=STYLES[number % len(STYLES)], label=f"{text}, {shown(when)} s")
    axes.yaxis.set_major_formatter(lambda value, _: shown(value))
    describe(axes, title, "seconds since the first record was sent", unit)
    legend(axes, "what happened")
    said = [f"{text} at {shown(when)} s" for text, when in (marks or {}).items()]
    said += [f"nothing new from {shown(begin)} to {shown(end)} s", f"{shown(len(moments))} {unit} in the end"]
    return Picture(canvas, title, "; ".join(said))
