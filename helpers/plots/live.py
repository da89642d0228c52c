# SPDX-License-Identifier: Apache-2.0
"""The live plot: what a recorder measures, drawn while the cells of a notebook run."""

from __future__ import annotations

import math
import sys
import uuid
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from helpers.background import Background
from helpers.errors import InvalidInput
from helpers.lag import LagRecorder
from helpers.plots.lines import kind_of
from helpers.plots.style import FINE_DPI, SIZE, THOUSANDS, blank, bundle, describe, legend, look, png
from helpers.reconcile import Recorder
from helpers.recording import Mark

_USUAL_TURN = sys.getswitchinterval()

_Frame = tuple[str, tuple[str, ...], float]  # title, labels of the lines, top of the axis
_View = tuple[float, float, tuple[tuple[float, str], ...]]  # from and to in seconds, the marks between


class LivePlot:
    """Draws what `recorder` measures over time, and its marks, while the notebook runs: the lag of each partition, or
    what `reconcile` finds.

    `window` is the width in seconds, `hz` the refreshes a second. After `stop`, or at the end of the `with` block, a
    picture of the whole time stays, with the `title` that is set by then: let it say the finding.
    """

    def __init__(
        self, recorder: LagRecorder | Recorder, *, title: str = "", window: float = 60.0, hz: float = 5.0
    ) -> None:
        if not (window > 0 and hz > 0):
            raise InvalidInput(f"A plot cannot show {window} s at {hz} refreshes a second.", "Give numbers above 0.")
        self._kind = kind_of(recorder)
        self.title = title or self._kind.title
        self.frames = 0
        self.png = b""
        self._alt = ""  # a text for frames that last a fifth of a second would double what is sent
        self._recorder = recorder
        self._window = window
        self._canvas, self._axes = blank()
        self._frame: _Frame | None = None
        self._view: _View | None = None
        self._marks: list[Artist] = []
        self._lines: dict[str, Line2D] = {}
        self._backdrop: Any = None
        self._id = uuid.uuid4().hex
        self._background = Background("live plot", self._refresh, 1 / hz)

    def start(self) -> LivePlot:
        """Show the plot below this cell and continue to draw in the background. Returns itself."""
        self._refresh(update=False)
        self._background.start()
        return self

    def stop(self) -> None:
        """End the drawing, leave the picture of the whole time, and raise what went wrong. May be called twice."""
        self._background.stop()
        self._window = math.inf
        self._canvas.figure.set_dpi(FINE_DPI)
        self._alt = self._kind.spoken(self.title, self._recorder.samples, self._recorder.started)
        self._refresh()  # by this thread: what another one sends is lost once the cell is over

    def show(self) -> None:
        """Show the plot below this cell as well: after a reload of the page, JupyterLab no longer updates the first."""
        self._send(update=False)

    def __enter__(self) -> LivePlot:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<live plot: {self._kind.what} over time>"

    def _refresh(self, update: bool = True) -> None:
        samples, marks = self._recorder.samples, self._recorder.marks
        with _quick_turns():
            self.png = self._draw(samples, marks)
        self.frames += 1
        self._send(update)

    def _send(self, update: bool) -> None:
        content = bundle(self.png, repr(self), self._alt)
        display(content, metadata=SIZE, raw=True, display_id=self._id, update=update)  # type: ignore[no-untyped-call]

    def _draw(self, samples: Sequence[Any], marks: Sequence[Mark]) -> bytes:
        """Draw the newest samples: only the lines, on a background that is reused while axes, marks and title stay the same."""
        start = self._recorder.started
        newest = samples[-1].when - start if samples else 0.0
        left, right = _span(newest, self._window)
        series = self._kind.series(samples[bisect_left(samples, start + left, key=lambda sample: sample.when) :], start)
        highest = max((max(lags) for _, lags in series.values()), default=0)
        top = max(highest * 1.3, 10) if math.isinf(self._window) else _round_up(highest)
        frame = (self.title, tuple(series), top)
        view = (
            left,
            right,
            tuple((mark.when - start, mark.text) for mark in marks if left <= mark.when - start <= right),
        )
        if frame != self._frame or view != self._view:
            self._lay_out(frame, view)
        self._canvas.restore_region(self._backdrop)
        for label, line in self._lines.items():
            line.set_data(*series[label])
            self._axes.draw_artist(line)
        return png(self._canvas)

    def _lay_out(self, frame: _Frame, view: _View) -> None:
        """Draw the background again. The layout stays: a new layout costs most of the time."""
        figure = self._canvas.figure
        figure.set_layout_engine("none" if frame == self._frame else "constrained")
        if frame != self._frame:
            self._furnish(*frame)
        for artist in self._marks:
            artist.remove()
        self._axes.set_xlim(view[:2])
        self._marks = list(_drawn(self._axes, *view))
        self._canvas.draw()
        self._backdrop = self._canvas.copy_from_bbox(figure.bbox)
        self._frame, self._view = frame, view

    def _furnish(self, title: str, labels: Sequence[str], top: float) -> None:
        """Give the axes their title, labels and legend, and a line for each of `labels`."""
        self._axes.clear()
        self._marks = []
        describe(self._axes, title, "seconds since the start", self._kind.unit)
        if self._kind.logarithmic:
            self._axes.set_yscale("symlog", linthresh=1)  # it shows one lost key beside a million rows, and none
        self._axes.set_ylim(0, top)
        self._axes.yaxis.set_major_formatter(THOUSANDS)
        self._lines = {
            label: self._axes.add_line(Line2D([], [], label=label, animated=True, lw=1.6, **look(number)))
            for number, label in enumerate(labels)
        }
        legend(self._axes, self._kind.legend)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let Python's threads take turns more often while this one draws.

    A cell that computes lets go of the interpreter every 5 ms only. Drawing asks for it hundreds of times, for a moment
    each: the picture would come a second late.
    """
    sys.setswitchinterval(_USUAL_TURN / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUAL_TURN)


def _drawn(axes: Axes, left: float, right: float, marks: Sequence[tuple[float, str]]) -> Iterator[Artist]:
    """Draw `marks` as upright lines with their words, and yield what was drawn."""
    near, top = (right - left) / 36, axes.get_ylim()[1]
    for when, text in _together(marks, near):
        yield axes.axvline(when, color="0.35", lw=0.8)
        side = "left" if when < left + near else "right" if when > right - near else "center"
        plate = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # no line runs through the words
        yield axes.text(when, top, f"{text:.80}", rotation=90, ha=side, va="top", size=8, bbox=plate)


def _span(newest: float, window: float) -> tuple[float, float]:
    """The seconds to show. A live plot scrolls by a quarter of its window at once: everything that scrolls is drawn again."""
    if math.isinf(window):
        return 0.0, max(newest, 1.0)
    right = max(window, math.ceil(newest / window * 4) * window / 4)
    return right - window, right


def _round_up(lag: float) -> float:
    """The next of 10, 20, 50, 100, 200 … above `lag`: an axis that rarely changes is rarely drawn again."""
    power = 10.0 ** math.floor(math.log10(max(lag, 10)))
    return next(power * step for step in (1, 2, 5, 10) if power * step > lag)


def _together(marks: Sequence[tuple[float, str]], nearness: float) -> list[tuple[float, str]]:
    """Marks that are too near to be read apart become one of several lines, at the time of the first."""
    merged: list[tuple[float, str]] = []
    for when, text in marks:
        if merged and when - merged[-1][0] < nearness:
            merged[-1] = (merged[-1][0], f"{merged[-1][1]}\n{text}")
        else:
            merged.append((when, text))
    return merged
