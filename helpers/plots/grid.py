# SPDX-License-Identifier: Apache-2.0
"""A table as a picture: its numbers in coloured cells, so that the cells which are not 0 are seen at once."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from helpers.errors import InvalidInput
from helpers.plots.style import COLOURS, Picture, blank

_KIND_COLOURS = (COLOURS[3], COLOURS[0], COLOURS[1], COLOURS[5])
_FAINT, _FULL = 0.25, 0.6
"""How much colour the smallest and the largest number have. Black figures can be read on both."""
_FINE, _UNKNOWN = (0.89, 0.96, 0.93), (0.87, 0.87, 0.87)

Cell = Mapping[str, float]
"""What is counted, and the number; NaN while it is not known."""


def grid(tables: Mapping[str, pd.DataFrame], *, title: str) -> Picture:
    """Return a picture of `tables` laid over each other: a cell shows the numbers that are not 0, and what each counts.

    The names of `tables` are what is counted, as in `{"lost": …, "doubled": …}`. All have the same rows and columns, whose
    names are the labels of the axes. A missing number (NaN) is a cell that is not known yet.
    Raises `InvalidInput` when there is nothing to show, or when the tables differ in their rows or columns.
    """
    first = _checked(tables, title)
    cells = _cells(tables, first)
    most = max(value for row in cells for cell in row for value in (*cell.values(), 1.0) if not math.isnan(value))
    canvas, axes = blank()
    for row, found in enumerate(cells):
        for column, cell in enumerate(found):
            _draw(axes, (column, row), cell, most)
    _label(axes, first, title)
    said = [
        f"{name}: {', '.join(f'{way} {_said(cell)}' for way, cell in zip(first.columns, row, strict=True))}"
        for name, row in zip(first.index, cells, strict=True)
    ]
    return Picture(canvas, title, "; ".join(said))


def _checked(tables: Mapping[str, pd.DataFrame], title: str) -> pd.DataFrame:
    first = next(iter(tables.values()), pd.DataFrame())
    if first.empty or len(tables) > len(_KIND_COLOURS):
        problem = f"There is nothing to draw for {title!r}, or too much."
        raise InvalidInput(problem, f"Give one to {len(_KIND_COLOURS)} tables.")
    for table in tables.values():
        if not (table.index.equals(first.index) and table.columns.equals(first.columns)):
            raise InvalidInput(f"The tables for {title!r} differ in their rows or columns.", "Give tables alike.")
    return first


def _cells(tables: Mapping[str, pd.DataFrame], first: pd.DataFrame) -> list[list[Cell]]:
    numbers = {
        name: table.astype("Float64").to_numpy(float, na_value=math.nan).tolist() for name, table in tables.items()
    }
    rows, columns = first.shape
    return [
        [{name: table[row][column] for name, table in numbers.items()} for column in range(columns)]
        for row in range(rows)
    ]


def _draw(axes: Axes, corner: tuple[int, int], cell: Cell, most: float) -> None:
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=_colour(cell, most), edgecolor="white", linewidth=2))
    axes.text(corner[0] + 0.5, corner[1] + 0.5, _words(cell), ha="center", va="center", color="black", fontsize=9)


def _colour(cell: Cell, most: float) -> tuple[float, float, float]:
    """The colour of the largest number on white, the stronger the larger it is."""
    values = list(cell.values())
    if any(map(math.isnan, values)):
        return _UNKNOWN
    if (worst := max(values)) <= 0:
        return _FINE
    alpha = _FAINT + (_FULL - _FAINT) * worst / most
    red, green, blue = to_rgb(_KIND_COLOURS[values.index(worst)])
    return 1 - alpha * (1 - red), 1 - alpha * (1 - green), 1 - alpha * (1 - blue)


def _words(cell: Cell) -> str:
    """What a cell shows: "200 doubled", 0 for nothing, a question mark while it is not known."""
    if any(map(math.isnan, cell.values())):
        return "?"
    return "\n".join(f"{value:,.0f} {name}" for name, value in cell.items() if value) or "0"


def _said(cell: Cell) -> str:
    return {"?": "not known"}.get(words := _words(cell), words.replace("\n", " and "))


def _label(axes: Axes, table: pd.DataFrame, title: str) -> None:
    axes.set_title(title, loc="left")
    axes.set(xlabel=table.columns.name, ylabel=table.index.name, xlim=(0, len(table.columns)), ylim=(len(table), 0))
    axes.set_xticks([place + 0.5 for place in range(len(table.columns))], list(map(str, table.columns)))
    axes.set_yticks([place + 0.5 for place in range(len(table))], list(map(str, table.index)))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
