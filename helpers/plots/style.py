# SPDX-License-Identifier: Apache-2.0
"""What all pictures have in common: size, colours, axes, and how a notebook is given one.

Each is drawn on its own figure, without pyplot, whose global state does not work with threads.
"""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from PIL import Image

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000"]
"""Okabe and Ito's palette, made for colour-blind readers, without its yellow, which is too pale for a line on white."""

STYLES = ["-", "--", ":", "-."]
_ALIKE = 3
"""The colour that a dark theme makes nearly that of number 1: its line has the next style."""

HATCHES = ["", "//", "..", "xx", "--"]
WIDTH, HEIGHT, DPI = 800, 350, 100
FINE_DPI = 200
"""A picture that stays has twice the dots each way, and is shown in the same size: most screens can show them."""

SIZE = {"image/png": {"width": WIDTH}}
"""That size, for Jupyter."""

_DARK = '[data-jp-theme-light="false"] .lab-picture { filter: invert(0.93) hue-rotate(180deg); }'

THOUSANDS = StrMethodFormatter("{x:,.0f}")

Canvas = Any  # FigureCanvasAgg, whose methods matplotlib leaves without types


class Picture:
    """A still picture: a notebook shows it below the cell, `save` writes it to a file.

    `alt` is its alternative text: the title and the `values`, for those who do not see it.
    """

    def __init__(self, canvas: Canvas, title: str, values: str) -> None:
        canvas.figure.set_dpi(FINE_DPI)
        canvas.draw()
        self.png = png(canvas)
        self.title = title
        self.alt = f"{title}: {values}."

    def save(self, path: str) -> None:
        """Write the picture to `path`, as PNG."""
        Path(path).write_bytes(self.png)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        return bundle(self.png, repr(self), self.alt), SIZE

    def __repr__(self) -> str:
        return f"<picture: {self.title}>"


def shown(value: float) -> str:
    """Return `value` as a picture shows it: thousands apart and no decimals, or three figures of what is below 100."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}"


def look(number: int) -> dict[str, Any]:
    """Return colour and line style of the line of that number."""
    rounds, colour = divmod(number, len(COLOURS))
    return {"color": COLOURS[colour], "linestyle": STYLES[(rounds + (colour == _ALIKE)) % len(STYLES)]}


def blank() -> tuple[Canvas, Axes]:
    """Return an empty picture of `WIDTH` by `HEIGHT` pixels, and its axes."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="constrained")
    return FigureCanvasAgg(figure), figure.add_subplot()


def describe(axes: Axes, title: str, x: str, y: str) -> None:
    """Give `axes` their title, which states the finding, and their labels, which name the units."""
    axes.set_title(title, loc="left")
    axes.set(xlabel=x, ylabel=y)
    axes.set_axisbelow(True)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def legend(axes: Axes, title: str) -> None:
    """Put a legend beside `axes`, if something in them has a label."""
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        columns = 1 + len(labels) // 13
        axes.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False, ncols=columns)


def png(canvas: Canvas) -> bytes:
    """Return the canvas as PNG in 64 colours, which is quicker to make and a fourth of the size."""
    size = canvas.get_width_height()
    image = Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
    image = image.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = [255 if part == 254 else part for part in image.getpalette() or []]  # quantize makes white 254
    image.putpalette(palette)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def bundle(png: bytes, description: str, alt: str = "") -> dict[str, str]:
    """Return the picture as Jupyter wants it: `description` is its plain text, `alt` its alternative text.

    JupyterLab and the HTML export have no alternative text for image/png, and prefer HTML where it is given. There a dark
    theme turns the white sheet dark; the colours keep their hue.
    """
    data = base64.b64encode(png).decode("ascii")
    shown = {"image/png": data, "text/plain": description}
    return {"text/html": _html(data, alt), **shown} if alt else shown


def _html(data: str, alt: str) -> str:
    size = f'width="{WIDTH}" height="{HEIGHT}" style="height: auto; max-width: 100%"'
    return (
        f'<style>{_DARK}</style><img class="lab-picture" {size} alt="{escape(alt)}" src="data:image/png;base64,{data}">'
    )
