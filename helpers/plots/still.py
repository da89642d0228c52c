# SPDX-License-Identifier: Apache-2.0
"""Bar charts: one bar a value, or a bar a row with its parts end to end."""

from __future__ import annotations

from collections.abc import Mapping
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


def _listed(values: Mapping[Any, float]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items())
