# SPDX-License-Identifier: Apache-2.0
"""A table as a picture: its words, its colours, what it refuses."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from PIL import Image

from helpers import plots
from helpers.errors import InvalidInput

LOST = pd.DataFrame({"insert": [0, 50], "upsert": [0, None]}, ["nowhere", "broker"])
DOUBLED = pd.DataFrame({"insert": [0, 200], "upsert": [1500, None]}, ["nowhere", "broker"])


def test_the_alternative_text_says_every_cell() -> None:
    picture = plots.grid({"lost": LOST, "doubled": DOUBLED}, title="This run")
    cells = "nowhere: insert 0, upsert 1,500 doubled; broker: insert 50 lost and 200 doubled, upsert not known"
    assert picture.alt == f"This run: {cells}."


def colours(table: pd.DataFrame) -> set[tuple[int, ...]]:
    """The colours that fill much of the picture of one table."""
    image = Image.open(io.BytesIO(plots.grid({"lost": table}, title="t").png)).convert("RGB")
    found = image.getcolors(100_000) or []
    return {colour for number, colour in found if isinstance(colour, tuple) and number > 20_000}


def test_a_number_a_zero_and_the_unknown_differ_in_colour() -> None:
    seen = [colours(pd.DataFrame({"a": [value]})) for value in (0, 100, None)]
    assert len(set.union(*seen)) == 4, "three colours, and the white of the paper"


def test_the_largest_number_has_the_strongest_colour() -> None:
    faint, strong = (colours(pd.DataFrame({"a": [value, 200]})) for value in (1, 200))
    assert len(faint - strong) == 1


def test_nothing_too_much_and_tables_that_differ_are_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing to draw for 't'"):
        plots.grid({}, title="t")
    with pytest.raises(InvalidInput, match="Give one to 4 tables"):
        plots.grid({str(number): LOST for number in range(5)}, title="t")
    with pytest.raises(InvalidInput, match="differ in their rows or columns"):
        plots.grid({"lost": LOST, "doubled": DOUBLED.T}, title="t")
