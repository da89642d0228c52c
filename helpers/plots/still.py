# SPDX-License-Identifier: Apache-2.0
"""Bar charts: one bar a value, or a bar a row with its parts end to end; how often a value came."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from helpers.errors import InvalidInput
from helpers.plots.style import COLOURS, HATCHES, Picture, blank, describe, legend, shown


def bars(values: Mapping[str, float], *, title: str, unit: str, label: str = "") -> Picture:
    """Return a picture of one bar for each of `values`, with its number beside it. `unit` names what is counted.

    Raises `InvalidInput` when there is nothing to compare.
    """
    if not values:
        raise InvalidInput(f"There is nothing to draw for {title!r}.", "Give at least one value.")
    canvas, axes = blank()
    drawn = axes.barh([str(name) for name in values], list(values.values()), color=COLOURS[0])
    axes.bar_label(drawn, fmt=shown, padding=4)
    axes.xaxis.set_major_formatter(lambda value, _: shown(value))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    describe(axes, title, unit, label)
    axes.grid(visible=False, axis="y")
    return Picture(canvas, title, f"{_listed(values)} {unit}")


def parts(values: pd.DataFrame, *, title: str, unit: str, label: str = "") -> Picture:
    """Return a picture of one bar for each row of `values`, its columns end to end, with their sum beside it.

    `unit` names what is counted. Raises `InvalidInput` when there is nothing to compare.
    """
    if values.empty:
        raise InvalidInput(f"There is nothing to draw for {title!r}.", "Give at least one row and one column.")
    canvas, axes = blank()
    names = [str(name) for name in values.index]
    begins = values.cumsum(axis=1) - values
    for number, part in enumerate(values.columns):
        drawn = axes.barh(names, values[part], 0.6, begins[part], label=str(part), edgecolor="white")
        for bar in drawn:
            bar.set(facecolor=COLOURS[number % len(COLOURS)], hatch=HATCHES[number % len(HATCHES)])
    axes.bar_label(drawn, [shown(total) for total in values.sum(axis=1)], padding=4)
    axes.xaxis.set_major_formatter(lambda value, _: shown(value))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    describe(axes, title, unit, label)
    axes.grid(visible=False, axis="y")
    legend(axes, "part")
    rows = [f"{name}: {_listed(dict(row))}, in all {shown(row.sum())} {unit}" for name, row in values.iterrows()]
    return Picture(canvas, title, "; ".join(rows))


def histogram(values: Mapping[str, Sequence[float]], *, title: str, unit: str) -> Picture:
    """Return a picture of how often each value came, one series for each of `values`, in bins of the same width.

    `unit` is that of the values. What is above the 99th of a hundred is left out: one slow moment would hide all others.
    Raises `InvalidInput` when a series is empty.
    """
    if not values or not all(len(series) for series in values.values()):
        raise InvalidInput(f"There is nothing to draw for {title!r}.", "Give at least one value to each series.")
    canvas, axes = blank()
    highest = max(sorted(series)[int((len(series) - 1) * 0.99)] for series in values.values())
    for number, (name, series) in enumerate(values.items()):
        colour, hatch = COLOURS[number % len(COLOURS)], HATCHES[number % len(HATCHES)]
        edges = (0, highest * 1.05 or 1)
        axes.hist(list(series), bins=40, range=edges, label=name, edgecolor="white", facecolor=colour, hatch=hatch)
    describe(axes, title, unit, "how often")
    legend(axes, "series")
    medians = {f"{name}: median": statistics.median(series) for name, series in values.items()}
    return Picture(canvas, title, f"{_listed(medians)} {unit}")


def _listed(values: Mapping[Any, float]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items())
