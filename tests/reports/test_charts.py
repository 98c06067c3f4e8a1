"""Pictures: colours that can be read, words for those who do not see them, data beside them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.saved import Saved

from optimiser.reports.charts import place_beside
from optimiser.reports.drawing import (
    PAGE_DPI,
    PAGE_WIDTH,
    SLIDE,
    SLIDE_DPI,
    Illustration,
    read_illustrations,
    write_drawings,
)
from optimiser.reports.palette import (
    BLACK,
    BLUE,
    DARK_BLUE,
    HUES,
    MID_GREY,
    PALE_GREY,
    PATTERNS,
    PINK,
    READABLE,
    SERIES,
    VISIBLE,
    WHITE,
    WHITE_SHARE,
    choose_ink,
    measure_contrast,
    mix,
    split,
)
from optimiser.reports.pictures import list_drawings, measure_together
from optimiser.runs.compare import Comparison

# Colour vision without the long or the middle cones (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.01182, 0.04294, 0.968881],
        ]
    ),
)
LEAST_APART = 10.0
"""CIE 1976 difference; 2.3 is just noticeable."""


@pytest.fixture(scope="module")
def drawn(
    saved: Saved, comparison: Comparison, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[Illustration, ...]]:
    """Every picture of the comparison."""
    folder = tmp_path_factory.mktemp("pictures")
    return folder, write_drawings(list_drawings(comparison, saved.datasets), folder)


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 to 1, a colour on itself 1 to 1, whichever comes first."""
    assert measure_contrast("#000000", WHITE) == pytest.approx(21)
    assert measure_contrast(BLUE, BLUE) == 1
    assert measure_contrast(BLUE, WHITE) == measure_contrast(WHITE, BLUE)
    assert measure_contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", [*SERIES, *HUES])
def test_text_is_read_on_every_colour(colour: str) -> None:
    """The ink chosen for a ground has at least 4.5 to 1, on series and on maps' hues."""
    assert measure_contrast(choose_ink(colour), colour) >= READABLE
    assert (
        measure_contrast(BLACK, mix(colour if colour in HUES else WHITE, WHITE, WHITE_SHARE))
        >= READABLE
    )


@pytest.mark.parametrize("mark", [BLUE, DARK_BLUE, PINK, MID_GREY])
def test_marks_are_seen_on_paper(mark: str) -> None:
    """Discs, arrows and crosses have at least 3 to 1 on white, arrows on the maps' grey too."""
    assert measure_contrast(mark, WHITE) >= VISIBLE
    assert measure_contrast(mark, PALE_GREY) >= VISIBLE


def test_shades_of_cells_keep_their_numbers_readable() -> None:
    """Every shade between white and dark blue carries its ink at 4.5 to 1."""
    for step in range(101):
        ground = mix(WHITE, DARK_BLUE, step / 100)
        assert measure_contrast(choose_ink(ground), ground) >= READABLE


def test_fills_stay_apart_for_the_colour_blind() -> None:
    """The six hues of maps differ clearly with all cones, without long and without middle ones."""
    fills = [mix(hue, WHITE, WHITE_SHARE) for hue in HUES]
    for sight in SIGHTS:
        for one, other in combinations(fills, 2):
            assert np.linalg.norm(_lab(one, sight) - _lab(other, sight)) > LEAST_APART


def test_series_differ_without_colour() -> None:
    """Every series has a pattern of its own."""
    assert len(set(PATTERNS[: len(SERIES)])) == len(SERIES)


@pytest.mark.long
def test_every_picture_has_words_data_and_both_sizes(
    drawn: tuple[Path, tuple[Illustration, ...]],
) -> None:
    """Alt text, caption, a CSV that reads, a PNG as wide as the page and one for a slide."""
    folder, pictures = drawn
    assert {"maps", "terms", "volatility", "together"} <= {one.name for one in pictures}
    for one in pictures:
        assert len(one.alt) > 40
        assert one.title
        assert len(pd.read_csv(folder / one.data)) > 0
        assert (folder / one.vector).stat().st_size > 1_000
        with Image.open(folder / one.page) as page, Image.open(folder / one.slide) as slide:
            assert page.width == pytest.approx(PAGE_WIDTH * PAGE_DPI, abs=1)
            assert slide.size == pytest.approx([side * SLIDE_DPI for side in SLIDE], abs=1)
            assert page.convert("L").getextrema()[0] < 100


def test_the_index_reads_back(drawn: tuple[Path, tuple[Illustration, ...]]) -> None:
    """What was saved is what the documents find."""
    folder, pictures = drawn
    assert read_illustrations(folder) == pictures
    assert read_illustrations(folder.parent / "nowhere") == ()


def test_alt_text_names_the_numbers(
    comparison: Comparison, drawn: tuple[Path, tuple[Illustration, ...]]
) -> None:
    """The text of the terms tells each plan's cost, that of the maps who moves."""
    texts = {one.name: one.alt for one in drawn[1]}
    for run in comparison.names:
        assert f"{run}: {comparison.figure(run, 'objective_m').value:.1f}" in texts["terms"]
    moved = comparison.moves.loc[comparison.moves["moved"], "name"]
    assert all(name in texts["maps"] for name in moved)


def test_without_a_dataset_there_are_charts_but_no_maps(comparison: Comparison) -> None:
    """Boundaries are not in a run: maps are left out, not guessed."""
    names = {drawing.name for drawing in list_drawings(comparison, {})}
    assert "terms" in names
    assert not any(name.startswith(("maps", "flows")) for name in names)


def test_togetherness_counts_plans(comparison: Comparison) -> None:
    """Share 1 with oneself, the same both ways, and the mean over plans of being together."""
    share = measure_together(comparison)
    assert (np.diag(share) == 1).all()
    assert (share.to_numpy() == share.to_numpy().T).all()
    assert set(np.unique(share)) <= {0.0, 0.5, 1.0}


def test_numbers_beside_discs_do_not_cover_each_other() -> None:
    """Three discs in a row, closer than their numbers are wide, get three places apart."""
    spots = [(0.0, 0.0), (8.0, 0.0), (16.0, 0.0)]
    places = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(spots, place_beside(spots), strict=True)]
    for (x1, y1), (x2, y2) in combinations(places, 2):
        assert abs(x1 - x2) >= 12 or abs(y1 - y2) >= 9.6


def _lab(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of a colour as a sight perceives it (D65)."""
    linear = np.array(
        [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in split(colour)]
    )
    seen = np.clip(sight @ linear, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = (
        np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116
        for v in to_xyz @ seen / np.array([0.9505, 1.0, 1.089])
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
