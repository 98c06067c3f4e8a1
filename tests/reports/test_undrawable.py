"""Boundaries and places of which there is no picture: one error, whatever is wrong with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.saved import Saved

from optimiser.errors import FootprintsError
from optimiser.inputs.dataset import Dataset
from optimiser.reports.atlas import UndrawableError
from optimiser.reports.maps import write_map

SQUARE = [[0.0, 51.0], [1.0, 51.0], [1.0, 52.0], [0.0, 52.0], [0.0, 51.0]]
SPOILT = {
    "a bow-tie": [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]],
    "an unclosed ring": SQUARE[:-1],
    "too few corners": SQUARE[:2],
    "a corner that is nowhere": [SQUARE[0], [float("nan"), 51.5], *SQUARE[2:]],
    "a corner without an end": [SQUARE[0], [float("inf"), 51.5], *SQUARE[2:]],
}


def _spoil(dataset: Dataset, ring: list[list[float]], folder: Path) -> Dataset:
    """The dataset with another outline of its first ICB."""
    assert dataset.boundaries is not None
    whole = json.loads(dataset.boundaries.read_text(encoding="utf-8"))
    whole["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    path = folder / "boundaries.geojson"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return replace(dataset, boundaries=path)


@pytest.mark.parametrize("ring", SPOILT.values(), ids=SPOILT.keys())
def test_an_area_that_is_none_is_one_clear_error(
    saved: Saved, ring: list[list[float]], tmp_path: Path
) -> None:
    """It can be caught by its own name or as any failure a user can meet; nothing is written."""
    spoilt = _spoil(saved.dataset, ring, tmp_path)
    with pytest.raises(UndrawableError, match=r"boundaries") as caught:
        write_map(saved.runs[0].plan, spoilt, tmp_path)
    assert isinstance(caught.value, FootprintsError)
    assert not list(tmp_path.glob("map.*"))


def test_neither_boundaries_nor_places_is_the_same_error(saved: Saved, tmp_path: Path) -> None:
    """One ICB that is nowhere is enough when ICBs are drawn as points."""
    icbs = saved.dataset.icbs.copy()
    icbs.loc[icbs.index[0], "lon"] = float("nan")
    nowhere = replace(saved.dataset, boundaries=None, icbs=icbs)
    with pytest.raises(UndrawableError, match="no longitude and latitude"):
        write_map(saved.runs[0].plan, nowhere, tmp_path)


def test_boundaries_need_no_places(saved: Saved, tmp_path: Path) -> None:
    """Points are not needed where there are areas."""
    icbs = saved.dataset.icbs.assign(lon=float("nan"), lat=float("nan"))
    assert len(write_map(saved.runs[0].plan, replace(saved.dataset, icbs=icbs), tmp_path)) == 2


def test_a_country_that_is_one_point_is_drawn(saved: Saved, tmp_path: Path) -> None:
    """Warnings are errors here: the drawing library warned of a map without extent."""
    icbs = saved.dataset.icbs.assign(lon=1.0, lat=52.0)
    point = replace(saved.dataset, boundaries=None, icbs=icbs)
    assert len(write_map(saved.runs[0].plan, point, tmp_path)) == 2
