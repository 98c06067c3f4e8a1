"""What stands beside the runs: frontiers, near-best plans, the inputs, small pictures."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from support.saved import Saved

from optimiser.errors import InputError
from optimiser.reports.atlas import read_atlas
from optimiser.reports.beside import list_drawings_beside
from optimiser.reports.charts import plot_together
from optimiser.reports.drawing import write_drawings
from optimiser.reports.frontier_plot import (
    plot_frontier,
    plot_surface,
    write_figure,
)
from optimiser.reports.ground import find_datasets, is_whole
from optimiser.reports.maps import plot_footprints
from optimiser.reports.page.map import draw_chart
from optimiser.runs.compare import Comparison
from optimiser.runs.folder import Run

POINTS = pd.DataFrame(
    {"point": [1, 2, 3], "leakage": [1.0, 2.0, 4.0], "volatility": [9.0, 5.0, 2.0]}
)


def _save(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    """A folder as frontier or alternatives write it."""
    folder.mkdir()
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "about.json").write_text(json.dumps({"statement": "Complete."}), encoding="utf-8")
    return folder


def _plans(comparison: Comparison) -> pd.DataFrame:
    """The compared plans as a frontier carries them, at the cost they have in their runs."""
    plans = comparison.plans.values()
    return pd.DataFrame(
        {
            "plan": [plan.name for plan in plans],
            "cost": [plan.objective for plan in plans],
            "leakage": [3.0, 3.5],
            "volatility": [6.0, 7.0],
            "feasible": [True, False],
        }
    )


@pytest.mark.long
def test_a_frontier_is_drawn_with_the_carried_plans(comparison: Comparison, tmp_path: Path) -> None:
    """Its ends are in the alternative text and every point in the data."""
    frames = {"frontier": POINTS, "plans": _plans(comparison)}
    folder = _save(tmp_path / "frontier", frames)
    (drawing,) = list_drawings_beside(comparison, [folder])
    (saved,) = write_drawings([drawing], tmp_path / "drawn")
    assert "Frontier of 3 plans" in saved.alt
    assert saved.note == "Complete."
    assert len(pd.read_csv(tmp_path / "drawn" / saved.data)) == len(POINTS) + 2


def test_a_frontier_of_another_scenario_is_refused(comparison: Comparison, tmp_path: Path) -> None:
    """A plan that is in both must cost the same in both."""
    plans = _plans(comparison).assign(cost=lambda table: table["cost"] + 1)
    folder = _save(tmp_path / "frontier", {"frontier": POINTS, "plans": plans})
    with pytest.raises(InputError, match="one scenario") as caught:
        list(list_drawings_beside(comparison, [folder]))
    assert len(caught.value.faults) == 2


def test_near_best_plans_are_a_matrix_and_a_map(
    saved: Saved, comparison: Comparison, tmp_path: Path
) -> None:
    """A pair has its share in either order, and an ICB is always together with itself."""
    icbs = comparison.grouping["icb"].tolist()
    pairs = pd.DataFrame([(icbs[0], icbs[1], 0.25)], columns=["a", "b", "share"])
    frames = {"together": pairs, "plans": pd.DataFrame({"cost_m": [1.0, 2.0]})}
    folder = _save(tmp_path / "near", frames)
    matrix, borders = list_drawings_beside(comparison, [folder], saved.dataset)
    share = matrix.data.set_index("icb")
    assert share.loc[icbs[0], icbs[1]] == share.loc[icbs[1], icbs[0]] == 0.25
    assert all(share.loc[icb, icb] == 1.0 for icb in icbs)
    assert borders.name == "together-map"


def test_another_folder_beside_is_refused(comparison: Comparison, tmp_path: Path) -> None:
    """The fault names the folder."""
    with pytest.raises(InputError, match="frontier or alternatives"):
        list(list_drawings_beside(comparison, [tmp_path]))


@pytest.mark.long
def test_figures_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    """Of a frontier, of a surface and of who is together; each as PNG and SVG."""
    plans = pd.DataFrame(
        {"plan": ["a", "b"], "leakage": [3.0, 2.0], "volatility": [6.0, 7.0], "feasible": True}
    )
    x, y = "leakage", "volatility"
    draws = {
        "frontier": partial(plot_frontier, points=POINTS, plans=plans, x=x, y=y, labels=("x", "y")),
        "surface": partial(plot_surface, points=POINTS, x=x, y=y, z=x, labels=("x", "y", "z")),
        "together": partial(
            plot_together,
            share=pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], columns=["A", "B"]),
            breaks=[1],
            labels=("Ash", "Beech"),
        ),
    }
    for name, draw in draws.items():
        files = write_figure(draw, tmp_path, name, (4.0, 3.0))
        before = [file.read_bytes() for file in files]
        assert [file.suffix for file in files] == [".png", ".svg"]
        again = write_figure(draw, tmp_path, name, (4.0, 3.0))
        assert [file.read_bytes() for file in again] == before


@pytest.mark.parametrize(
    ("gap", "claim"), [(0.0, "best trade-offs, proven"), (0.01, "within 1.00%")]
)
def test_the_legend_claims_no_more_than_was_proven(gap: float, claim: str) -> None:
    """Where a gap was allowed, only that."""
    axes = Figure().add_subplot()
    points = POINTS.assign(gap_share=gap)
    none = pd.DataFrame({"plan": [], "leakage": [], "volatility": [], "feasible": []})
    plot_frontier(axes, points, none, "leakage", "volatility", ("x", "y"))
    legend = axes.get_legend()
    assert legend is not None
    assert claim in legend.get_texts()[0].get_text()


def test_inputs_are_found_by_name_and_refused_when_changed(
    saved: Saved, comparison: Comparison, tmp_path: Path
) -> None:
    """Given or found they are those of the runs; others are named file by file."""
    found = find_datasets(comparison)
    assert list(found) == list(comparison.names)
    assert is_whole(found["Rows"], comparison)
    given = find_datasets(comparison, Path("inputs/toy"))["Rows"]
    assert given.hashes == saved.dataset.hashes
    with pytest.raises(InputError, match="not what the runs rest on"):
        find_datasets(comparison, Path("inputs/england-42"))


def test_thumbnails_are_small_and_named_after_their_source(
    comparison: Comparison, tmp_path: Path
) -> None:
    """Those of another folder than a pack have the picture's own name."""
    module = runpy.run_path("docs/build/thumbnails.py")
    write_thumbnails, width = module["write_thumbnails"], module["WIDTH"]
    folder = _save(tmp_path / "frontier", {"frontier": POINTS, "plans": _plans(comparison)})
    write_drawings(list_drawings_beside(comparison, [folder]), tmp_path / "drawn")
    name = "frontier-leakage-volatility"
    (plain,) = write_thumbnails(tmp_path / "drawn", tmp_path / "small", [name])
    (tmp_path / "pack").mkdir()
    (tmp_path / "drawn").rename(tmp_path / "pack" / "pictures")
    (packed,) = write_thumbnails(tmp_path / "pack", tmp_path / "small", [name])
    assert (plain.name, packed.name) == (f"{name}.png", f"pack-{name}.png")
    with Image.open(plain) as picture:
        assert picture.width == width


def test_a_crowded_region_is_shown_again_larger(saved: Saved, comparison: Comparison) -> None:
    """Some ICBs in London: they have an inset on paper and on the page, others have none."""
    icbs = saved.dataset.icbs.copy()
    icbs["region"] = "Elsewhere"
    icbs.loc[icbs.index[:2], "region"] = "London"
    crowded = replace(saved.dataset, icbs=icbs)
    axes = Figure().add_subplot()
    plot_footprints(axes, comparison.runs[0].plan, crowded)
    assert len(axes.child_axes) == 1
    inset = draw_chart(comparison, {"Rows": read_atlas(crowded)}).grounds[0].inset
    assert inset is not None
    assert inset.title == "London, enlarged"
    assert draw_chart(comparison, {"Rows": read_atlas(saved.dataset)}).grounds[0].inset is None


def _solved(run: Run, score: float) -> Run:
    outcome = replace(run.plan.outcome, status="optimal", objective=score)
    return replace(run, plan=replace(run.plan, name="optimal", outcome=outcome))


def test_a_run_with_more_rules_does_not_bar_near_best_plans(
    comparison: Comparison, tmp_path: Path
) -> None:
    """They lie near one of the solved runs; none of which scores so is refused."""
    icbs, scores = comparison.grouping["icb"].tolist(), (932.0, 956.0)
    runs = tuple(map(_solved, comparison.runs, scores))
    comparison = replace(comparison, runs=runs)
    pairs = pd.DataFrame([(icbs[0], icbs[1], 0.25)], columns=["a", "b", "share"])
    for best, fits in ((956.0, True), (940.0, False)):
        frames = {"together": pairs, "plans": pd.DataFrame({"cost_m": [best]})}
        folder = _save(tmp_path / f"near{best:.0f}", frames)
        if fits:
            assert list(list_drawings_beside(comparison, [folder]))
        else:
            with pytest.raises(InputError, match="one scenario"):
                list(list_drawings_beside(comparison, [folder]))
