# SPDX-License-Identifier: Apache-2.0
"""Pictures: what they show, that the live one moves and leaves a still, that it costs what it may."""

from __future__ import annotations

import base64
import io
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from helpers import plots, processes
from helpers.errors import InvalidInput
from helpers.lag import LagSample, PartitionLag
from helpers.plots import lines, live, style
from helpers.plots.live import LivePlot
from helpers.recording import Mark
from helpers.waiting import wait_until


@dataclass
class Recorded:
    """What a recorder has to show."""

    group: str = "g"
    started: float = 1000.0
    samples: list[LagSample] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def take(self, seconds: float, *lags: int) -> None:
        parts = tuple(PartitionLag("t", number, 0, lag, lag) for number, lag in enumerate(lags))
        self.samples.append(LagSample(self.started + seconds, self.group, parts))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was sent to the notebook, in order."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(live, "display", lambda bundle, **how: sent.append({**bundle, **how}))
    return sent


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def colours(png: bytes) -> set[tuple[int, ...]]:
    return {colour for colour, count in counts(picture(png)).items() if count > 20}


def counts(image: Image.Image) -> dict[tuple[int, ...], int]:
    """Return colour to how many pixels have it."""
    return {colour: count for count, colour in image.getcolors(100_000) or [] if isinstance(colour, tuple)}


def test_the_plot_moves_in_one_place_and_leaves_a_picture(shown: list[dict[str, Any]]) -> None:
    recorded = Recorded()
    recorded.take(0, 0, 0)
    with LivePlot(recorded, hz=100) as plot:  # type: ignore[arg-type]
        for second in range(1, 6):
            recorded.take(second, 10 * second, 100 * second)
        seen = plot.frames
        wait_until(lambda: plot.frames > seen + 2, 10, "frames to be drawn")
        assert "live plot" in [thread.name for thread in threading.enumerate()]
    assert [sent["update"] for sent in shown] == [False] + [True] * (len(shown) - 1)
    assert len({sent["display_id"] for sent in shown}) == 1
    assert len({sent["text/plain"] for sent in shown}) == 1, "nbval compares the text"
    assert shown[0]["image/png"] != shown[-1]["image/png"]
    assert base64.b64decode(shown[-1]["image/png"]) == plot.png
    assert {tuple(sent["metadata"]["image/png"].items()) for sent in shown} == {(("width", 800),)}
    assert "text/html" not in shown[-2], "what lasts a fifth of a second is sent once"
    said = "partition 0: at most 50, at the end 50; partition 1: at most 500, at the end 500."
    assert said in shown[-1]["text/html"], "the picture that stays has an alternative text"
    assert picture(base64.b64decode(shown[0]["image/png"])).size == (800, 350)
    assert picture(plot.png).size == (1600, 700), "the picture that stays is finer, and shown as large as the others"
    assert "live plot" not in [thread.name for thread in threading.enumerate()]


def test_the_last_picture_shows_the_whole_time_and_the_finding(shown: list[dict[str, Any]]) -> None:
    recorded = Recorded()
    for second in range(200):
        recorded.take(second, 100)
    plot = LivePlot(recorded, window=20).start()  # type: ignore[arg-type]
    assert plot._axes.get_xlim() == (180, 200)
    plot.title = "The lag stays at 100"
    plot.stop()
    plot.stop()
    assert plot._axes.get_xlim() == (0, 199)
    assert plot._axes.get_ylim() == pytest.approx((0, 130))
    assert plot._axes.get_title(loc="left") == "The lag stays at 100"


def test_only_lines_are_drawn_anew_until_axes_or_marks_change(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded()
    recorded.take(0, 5)
    plot = LivePlot(recorded)  # type: ignore[arg-type]
    laid_out: list[object] = []
    lay_out = plot._lay_out

    def counted(*view: Any) -> None:
        laid_out.append(view)
        lay_out(*view)

    monkeypatch.setattr(plot, "_lay_out", counted)
    for second in range(1, 8):
        recorded.take(second, 5 + second % 4)
        plot._refresh()
    assert len(laid_out) == 1
    recorded.marks.append(Mark(recorded.started + 5, "B joined"))
    plot._refresh()
    recorded.take(9, 5000)
    plot._refresh()
    assert len(laid_out) == 3
    assert "B joined" in plot._axes.texts[0].get_text()


def test_each_partition_has_a_line_and_too_many_become_one() -> None:
    recorded = Recorded()
    recorded.take(0, *range(12))
    recorded.take(1, *range(12))
    series = lines.lags(recorded.samples, recorded.started)
    assert list(series) == [str(number) for number in range(12)]
    assert series["7"] == ([0, 1], [7, 7])
    recorded = Recorded()
    recorded.take(0, *([2] * 25))
    assert lines.lags(recorded.samples, recorded.started) == {"all 25": ([0], [50])}


def test_no_two_lines_look_alike() -> None:
    looks = [tuple(style.look(number).items()) for number in range(lines.MOST_LINES)]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize(
    ("lag", "top"), [(0, 10), (9, 10), (10, 20), (55, 100), (99, 100), (100, 200), (1_234_567, 2e6)]
)
def test_the_axis_ends_at_a_round_number_above(lag: int, top: float) -> None:
    assert live._round_up(lag) == top


@pytest.mark.parametrize(
    ("newest", "span"), [(0, (0, 60)), (60, (0, 60)), (61, (15, 75)), (75, (15, 75)), (76, (30, 90))]
)
def test_the_live_plot_scrolls_by_a_quarter(newest: float, span: tuple[float, float]) -> None:
    assert live._span(newest, 60) == span


def test_marks_that_are_too_near_become_one() -> None:
    marks = [(1.0, "A gets 0"), (1.1, "B gets 1"), (5.0, "B killed")]
    assert live._together(marks, 0.5) == [(1.0, "A gets 0\nB gets 1"), (5.0, "B killed")]


def test_what_fails_while_drawing_is_raised_by_stop(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded()
    recorded.take(0, 1)
    plot = LivePlot(recorded, hz=100).start()  # type: ignore[arg-type]

    def refuse(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no paper")

    monkeypatch.setattr(live, "display", refuse)
    wait_until(lambda: "live plot" not in [thread.name for thread in threading.enumerate()], 5, "the thread to end")
    with pytest.raises(ZeroDivisionError, match="no paper"):
        plot.stop()


def test_blitting_is_cheaper_than_a_whole_figure(shown: list[dict[str, Any]]) -> None:
    recorded = Recorded()
    for number in range(300):
        recorded.take(number / 5, *(1000 + 100 * part + number for part in range(12)))
    plot = LivePlot(recorded)  # type: ignore[arg-type]

    def seconds(anew: bool) -> float:
        plot._view = None if anew else plot._view
        before = time.thread_time()
        plot._refresh()
        return time.thread_time() - before

    plot._refresh()
    rounds = [(seconds(False), seconds(True)) for _ in range(5)]  # in turn: both meet the same machine
    lines, whole = map(min, zip(*rounds, strict=True))
    assert lines * 2 < whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.05164, "0.0516"),
        (2.5, "2.5"),
        (99.96, "100"),
        (426.6, "427"),
        (999.7, "1,000"),
        (1_234_567, "1,234,567"),
    ],
)
def test_numbers_are_short_and_small_ones_do_not_become_zero(value: float, text: str) -> None:
    assert style.shown(value) == text


def test_bars_and_owners_are_pictures_in_the_palette() -> None:
    bars = plots.bars({"one by one": 410.0, "batched": 91_000.0}, title="Batches win", unit="records a second")
    stretches = [["A", 0, 0.0, 2.0], ["B", 1, 0.0, 1.0], ["A", 1, 3.0, 4.0]]
    frame = pd.DataFrame(stretches, columns=["member", "partition", "since", "until"])
    owners = plots.owners(frame, title="Partition 1 is alone for 2 s")
    blue, orange = (0, 114, 178), (230, 159, 0)
    near = {(red // 8, green // 8, blue // 8) for red, green, blue in colours(owners.png)}
    assert {tuple(part // 8 for part in colour) for colour in (blue, orange)} <= near
    content, size = bars._repr_mimebundle_()
    assert base64.b64decode(content["image/png"]) == bars.png
    assert size == {"image/png": {"width": 800}}
    assert picture(bars.png).size == picture(owners.png).size == (1600, 700)


def test_a_picture_says_its_title_and_values_to_those_who_cannot_see_it() -> None:
    bars = plots.bars({"one <by> one": 410.0, "batched": 91_000.0}, title='"Batches" win', unit="records a second")
    assert bars.alt == '"Batches" win: one <by> one 410, batched 91,000 records a second.'
    html = bars._repr_mimebundle_()[0]["text/html"]
    assert 'alt="&quot;Batches&quot; win: one &lt;by&gt; one 410, batched 91,000 records a second."' in html
    assert base64.b64encode(bars.png).decode() in html
    assert 'width="800"' in html and "data-jp-theme-light" in html, "as wide as the others, dark in the dark theme"
    frame = pd.DataFrame({"to topic": [400.0, 10.0], "to table": [100.0, 40.0]}, index=["default", "tuned"])
    parts = plots.parts(frame, title="One setting", unit="ms")
    first = "default: to topic 400, to table 100, in all 500 ms"
    assert parts.alt == f"One setting: {first}; tuned: to topic 10, to table 40, in all 50 ms."
    stretches = [["B", 1, 2.5, 3.0], ["A", 0, 0.0, 2.0]]
    owners = plots.owners(pd.DataFrame(stretches, columns=["member", "partition", "since", "until"]), title="Alone")
    assert owners.alt == "Alone: partition 0 had A from 0 to 2 s; partition 1 had B from 2.5 to 3 s."


def test_parts_stand_end_to_end_and_their_sum_beside_them() -> None:
    frame = pd.DataFrame({"to topic": [400.0, 10.0], "to table": [100.0, 40.0]}, index=["default", "tuned"])
    drawn = picture(plots.parts(frame, title="One setting", unit="milliseconds").png)
    blue, orange = (
        sum(n for it, n in counts(drawn).items() if near(it, colour)) for colour in ((0, 114, 178), (230, 159, 0))
    )
    assert blue > 2 * orange > 0, "as long as their values: 410 in blue, 140 in orange"


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two colours are the same but for what the palette rounds."""
    return max(abs(left - right) for left, right in zip(one, other, strict=True)) < 8


def test_a_histogram_leaves_out_the_one_slow_moment() -> None:
    usual, slow = [1.0, 2.0, 3.0] * 100, [*[20.0] * 300, 9_000.0]
    hist = plots.histogram({"linger 0": usual, "linger 20": slow}, title="Waiting moves it", unit="ms")
    without = plots.histogram({"linger 0": usual, "linger 20": slow[:-1]}, title="Waiting moves it", unit="ms")
    assert hist.png == without.png
    assert picture(hist.png).size == (1600, 700)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(InvalidInput, match="nothing to draw"):
        plots.histogram({"none": []}, title="Latency", unit="ms")
    with pytest.raises(InvalidInput, match="nothing to draw for 'Delay'"):
        plots.parts(pd.DataFrame(), title="Delay", unit="milliseconds")
    with pytest.raises(InvalidInput, match="nothing to draw for 'Rates'"):
        plots.bars({}, title="Rates", unit="records a second")
    with pytest.raises(InvalidInput, match="nothing to draw"):
        plots.owners(pd.DataFrame(columns=["member", "partition", "since", "until"]), title="Owners")
    for settings in ({"window": 0}, {"hz": -1}):
        with pytest.raises(InvalidInput, match="above 0"):
            LivePlot(Recorded(), **settings)  # type: ignore[arg-type]


def test_pyplot_stays_away() -> None:
    program = "import sys, helpers.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert processes.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_growth_names_the_pause_the_marks_and_the_sum() -> None:
    still = plots.growth([0.1, 0.2, 3.0, 0.3], title="a gap of 2.7 s", unit="records", marks={"killed": 0.35})
    assert still.alt == "a gap of 2.7 s: killed at 0.35 s; nothing new from 0.3 to 3 s; 4 records in the end."
    empty = plots.growth([0.1, 0.2, 3.0, 0.3], title="a gap of 2.7 s", unit="records")
    assert still.png != empty.png
    assert (
        plots.growth([1.0], title="one", unit="records").alt == "one: nothing new from 1 to 1 s; 1 records in the end."
    )
    with pytest.raises(InvalidInput, match="nothing to draw for 'none'"):
        plots.growth([], title="none", unit="records")
