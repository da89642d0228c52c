# SPDX-License-Identifier: Apache-2.0
"""A table as a picture: its numbers in coloured cells, so that the cells which are not 0 are seen at once."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle

from helpers.errors import InvalidInput
from helpers.plots.style import COLOURS, HATCHES, Picture, blank

_KIND_COLOURS = (COLOURS[3], COLOURS[0], COLOURS[1], COLOURS[5])
_FAINT, _FULL = 0.25, 0.6
"""How much colour the smallest and the largest number have. Black figures can be read on both."""
_FINE, _MISSING = "#E3F4EC", "#F2F2F2"


def grid(tables: Mapping[str, pd.DataFrame], *, title: str) -> Picture:
    """Return a picture of `tables` laid over each other: a cell shows the numbers that are not 0, and what each counts.

    The names of `tables` are what is counted, as in `{"lost": …, "doubled": …}`; all have the same rows and columns, and the
    names of these are the labels of the axes. A missing number (NaN) is a cell that is not known yet.
    Raises `InvalidInput` when there is nothing to show, or when the tables differ in their rows or columns.
    """
    first = next(iter(tables.values()), pd.DataFrame())
    if first.empty or len(tables) > len(_KIND_COLOURS):
        problem = f"There is nothing to draw for {title!r}, or too much."
        raise InvalidInput(problem, f"Give one to {len(_KIND_COLOURS)} tables.")
    for table in tables.values():
        if not (table.index.equals(first.index) and table.columns.equals(first.columns)):
            raise InvalidInput(f"The tables for {title!r} differ in their rows or columns.", "Give tables alike.")
    canvas, axes = blank()
    most = max(float(table.max(axis=None)) for table in tables.values())
    for row, column in ((row, column) for row in range(len(first)) for column in range(len(first.columns))):
        cell = {name: float(table.iat[row, column]) for name, table in tables.items()}
        _draw(axes, (column, row), cell, most)
    _label(axes, first, title)
    handles = [Patch(facecolor=_FINE, edgecolor="grey", label="none")]
    handles += [_patch(number, name) for number, name in enumerate(tables)]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    return Picture(canvas, title, "; ".join(_said(name, tables) for name in first.index))


def _draw(axes: Axes, corner: tuple[int, int], cell: Mapping[str, float], most: float) -> None:
    found = {number: value for number, value in enumerate(cell.values()) if value > 0}
    unknown = any(pd.isna(value) for value in cell.values())
    colour = _MISSING if unknown else _FINE
    hatch = ""
    if found and not unknown:
        worst = max(found, key=lambda number: found[number])
        colour, hatch = _tint(worst, found[worst] / most), HATCHES[worst]
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, edgecolor="white", linewidth=2, hatch=hatch))
    middle = corner[0] + 0.5, corner[1] + 0.5
    axes.text(*middle, _words(cell), ha="center", va="center", color="black", fontsize=9)


def _words(cell: Mapping[str, float]) -> str:
    """What a cell shows: "200 doubled", 0 for nothing, and nothing while it is not known."""
    if any(pd.isna(value) for value in cell.values()):
        return ""
    return "\n".join(f"{value:,.0f} {name}" for name, value in cell.items() if value) or "0"


def _tint(number: int, share: float) -> tuple[float, ...]:
    """The colour of a kind on white, the stronger the larger the share."""
    alpha = _FAINT + (_FULL - _FAINT) * share
    return tuple(1 - alpha * (1 - part) for part in to_rgb(_KIND_COLOURS[number]))


def _patch(number: int, name: str) -> Patch:
    return Patch(facecolor=_tint(number, 1), edgecolor="white", hatch=HATCHES[number], label=name)


def _label(axes: Axes, table: pd.DataFrame, title: str) -> None:
    axes.set_title(title, loc="left")
    axes.set(xlabel=table.columns.name, ylabel=table.index.name, xlim=(0, len(table.columns)), ylim=(len(table), 0))
    axes.set_xticks([place + 0.5 for place in range(len(table.columns))], list(map(str, table.columns)))
    axes.set_yticks([place + 0.5 for place in range(len(table))], list(map(str, table.index)))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _said(row: object, tables: Mapping[str, pd.DataFrame]) -> str:
    """One row of the picture in words."""
    cells = []
    for column in next(iter(tables.values())).columns:
        words = _words({name: table.at[row, column] for name, table in tables.items()}).replace("\n", " and ")
        cells.append(f"{column} {words or 'not known'}")
    return f"{row}: {', '.join(cells)}"
