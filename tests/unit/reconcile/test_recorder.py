# SPDX-License-Identifier: Apache-2.0
"""What a look found, as text, table and JSON; a recorder that passes over outages; its lines in a picture."""

from __future__ import annotations

from typing import Any, cast

import pytest

from helpers.errors import DatabaseFailed, InvalidInput, LabNotRunning, TimedOut
from helpers.plots import lines
from helpers.reconcile import Difference, Found, Note, Reconciler, Recorder
from helpers.waiting import wait_until


def difference(number: int = 0, **more: Any) -> Difference:
    lost = Found.of([b"%d" % it for it in range(number)], 10)
    fields = {"in_topic": 100, "keys": 100, "rows": 99, "doubled": Found(0), "strange": Found(0), "on_the_way": 2}
    return Difference(**{"when": 1e12 + number, "lost": lost, **fields, **more})


class Looks:
    """A reconciler that has its answers ready: differences, or errors to raise. The last one is repeated."""

    def __init__(self, *answers: Difference | Exception) -> None:
        self.answers = list(answers)
        self.closed = 0
        self.topic = self.table = self
        self.name = "orders"

    def look(self) -> Difference:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def recorder(looks: Looks) -> Recorder:
    return Recorder(cast(Reconciler, looks), interval=0.001)


def test_the_first_keys_are_in_the_order_of_numbers() -> None:
    found = Found.of([b"10", b"9", b"100", b"\xff", b"a\x1b[1m"], 4)
    assert found == Found(5, ("9", "\ufffd", "10", "100"))
    assert str(found) == "5 (9, \ufffd, 10, 100, …)"
    assert str(Found(1, ("\x1b[1m",))) == "1 ('\\x1b[1m')", "a key cannot colour the terminal"
    assert str(Found(0)) == "0"


def test_the_forms_of_a_difference() -> None:
    found = difference(2, produced=101)
    assert list(found.as_dictionary()) == ["in_topic", "rows", "lost", "doubled", "strange", "on_the_way"]
    assert found.frame().to_dict("records") == [found.counts()]
    assert list(found.counts()) == ["produced", "in the topic", "rows", "lost", "doubled", "strange", "on the way"]
    assert "produced" not in difference().counts()
    assert str(found).startswith("produced 101  in the topic 100  rows 99  lost 2 (0, 1)  doubled 0")
    html = difference(notes=(Note("<b>", "Look."),))._repr_html_()
    assert "&lt;b&gt; Look." in html and "on the way" in html
    assert difference().well and not found.well and not difference(doubled=Found(1, ("a",))).well


def test_outages_are_passed_over() -> None:
    looks = Looks(difference(), LabNotRunning("away"), difference(1), LabNotRunning("away"), difference(2))
    with recorder(looks) as recorded:
        recorded.mark("killed")
        assert recorded.wait_for(lambda it: it.lost.count == 2, "two to be lost").lost.count == 2
    assert [sample.lost.count for sample in recorded.samples][:3] == [0, 1, 2]
    assert [mark.text for mark in recorded.marks] == ["killed"]
    assert looks.closed == 1
    assert recorded.frame()["lost"].tolist()[:3] == [0, 1, 2]


def test_what_is_away_at_the_end_is_raised() -> None:
    recorded = recorder(looks := Looks(difference(), LabNotRunning("away"))).start()
    wait_until(lambda: recorded._away, 10, "an outage")
    with pytest.raises(LabNotRunning):
        recorded.stop()
    recorded.stop()
    assert looks.closed == 2


def test_what_no_restart_would_help_ends_it() -> None:
    recorded = recorder(Looks(difference(), DatabaseFailed("dropped"))).start()
    with pytest.raises(TimedOut, match=r"two to be lost; last seen: in the topic 100 "):
        recorded.wait_for(lambda it: it.lost.count == 2, "two to be lost", timeout=0.1)
    with pytest.raises(DatabaseFailed):
        recorded.stop()


def test_a_first_look_that_fails_closes_the_reconciler() -> None:
    looks = Looks(LabNotRunning("away"))
    with pytest.raises(LabNotRunning):
        recorder(looks).start()
    assert looks.closed == 1


@pytest.mark.parametrize("arguments", [{"interval": 0}, {"keep": 0}, {"interval": "1"}, {"keep": 2.5}])
def test_intervals_that_cannot_be(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=f"`{next(iter(arguments))}` must be "):
        Recorder(cast(Reconciler, Looks()), **arguments)


def test_the_lines_of_a_picture() -> None:
    kind = lines.kind_of(recorder(Looks()))
    samples = [difference(0), difference(3)]
    assert kind.series(samples, samples[0].when)["lost"] == ([0, 3], [0, 3])
    assert "number lost: at most 3, at the end 3" in kind.spoken(kind.title, samples, samples[0].when)
    assert kind.series([], 0) == {}
    assert kind.title == "Topic orders and table orders"
