"""The map of togetherness: borders drawn by how often the plans part two neighbours."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from shapely import box

from optimiser.reports.atlas import Atlas, UndrawableError
from optimiser.reports.bordermap import (
    STYLES,
    choose_style,
    draw_borders,
    list_borders,
    summarise_borders,
)
from optimiser.reports.drawing import write_drawings
from optimiser.reports.palette import PALE_GREY, VISIBLE, measure_contrast

KM = 1000.0
NAMES = {"A": "Ash", "B": "Beech", "C": "Cedar", "D": "Date"}


@pytest.fixture
def squares() -> Atlas:
    """Two by two squares of 10 km: A and B below, C and D above; A and D touch at a corner."""
    corners = {"A": (0, 0), "B": (10, 0), "C": (0, 10), "D": (10, 10)}
    shapes = {
        icb: box(x * KM, y * KM, (x + 10) * KM, (y + 10) * KM) for icb, (x, y) in corners.items()
    }
    points = {icb: (x * KM, y * KM) for icb, (x, y) in corners.items()}
    return Atlas(shapes, points, (), ())


SHARES = {("A", "B"): 1.0, ("C", "A"): 0.4, ("C", "D"): 0.0, ("A", "D"): 0.7}


def test_every_border_has_its_share(squares: Atlas) -> None:
    """Pairs in either order; a pair that is not given is never together; corners are no border."""
    table = summarise_borders(list_borders(SHARES, squares), NAMES)
    found = table.set_index(["a", "b"])["together_share"].to_dict()
    assert found == {("A", "B"): 1.0, ("A", "C"): 0.4, ("B", "D"): 0.0, ("C", "D"): 0.0}
    assert (table["border_km"] == 10.0).all()


def test_what_the_plans_part_is_drawn_on_top_and_wider() -> None:
    """From never together to always together each style is thinner; both ends differ in kind."""
    assert [choose_style(share).label for share in (0.0, 1.0)] == [
        "never together",
        "together in every plan",
    ]
    for one, other in pairwise(STYLES):
        assert one.width > other.width
        assert one.most < other.most
    assert choose_style(1e-9) is not choose_style(0.0)
    assert choose_style(1 - 1e-6) is not choose_style(1.0)
    assert STYLES[-1].dashes != "solid"
    assert {style.dashes for style in STYLES[:-1]} == {"solid"}


def test_borders_are_seen_on_the_ground() -> None:
    """At least 3 to 1, whatever the share."""
    for style in STYLES:
        assert measure_contrast(style.colour, PALE_GREY) >= VISIBLE


def test_the_map_is_saved_with_its_data_and_words(squares: Atlas, tmp_path: Path) -> None:
    """The alternative text counts both ends and names them; the data has every border."""
    drawing = draw_borders(SHARES, NAMES, squares, "the 5 near-best plans", "Complete.")
    saved = write_drawings([drawing], tmp_path)[0]
    assert "Of 4 borders between neighbours 2 stand in every plan" in saved.alt
    assert "1 in none, the two being together in every plan (Ash with Beech)" in saved.alt
    assert saved.alt.endswith("and 1 in some.")
    assert len(pd.read_csv(tmp_path / saved.data)) == 4
    assert (tmp_path / saved.page).stat().st_size > 1_000


def test_without_boundaries_there_is_no_map(squares: Atlas) -> None:
    """It says so rather than drawing lines that mean nothing."""
    with pytest.raises(UndrawableError, match="boundaries"):
        draw_borders(SHARES, NAMES, replace(squares, shapes={}), "five plans", "")


@pytest.mark.parametrize("size", [(6.7, 7.9), (9.6, 5.4)], ids=["page", "slide"])
def test_every_icb_is_named_on_the_map(squares: Atlas, size: tuple[float, float]) -> None:
    """On a page where it lies; on a slide beside its code."""
    figure = Figure(figsize=size)
    draw_borders(SHARES, NAMES, squares, "five plans", "").draw(figure)
    told = " ".join(text.get_text() for text in figure.findobj(Text))
    assert [name for name in NAMES.values() if name not in told] == []
