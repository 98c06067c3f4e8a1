"""Names on pictures of England's 26 clusters: none is cut, none leaves its page or slide."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import optimiser as fp
from optimiser.reports.drawing import CHART_STYLE, PAGE_WIDTH, SLIDE, Drawing, render
from optimiser.reports.pictures import list_drawings
from optimiser.runs.compare import compare_folders

pytestmark = pytest.mark.long

ENGLAND = Path(__file__).parents[2] / "inputs" / "england"
Drawn = tuple[dict[str, Drawing], dict[str, list[str]]]
"""Pictures by name, and the names that they are to hold, of clusters and of ICBs."""

LABELS = {"maps": "clusters", "summary": "clusters", "flows": "clusters", "together": "icbs"}


@pytest.fixture(scope="module")
def drawings(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Drawing], dict[str, list[str]]]:
    """Pictures of the seven offices and the 26 clusters, and the names that they hold."""
    folder = tmp_path_factory.mktemp("runs")
    scenario = fp.read_scenario(ENGLAND / "scenarios" / "today.toml")
    plans = [
        fp.evaluate(scenario, name, no_optimum=True)
        for name in ("pan-icb-offices-2027", "clusters-26")
    ]
    found = compare_folders([plan.save(folder / str(at)) for at, plan in enumerate(plans)])
    inputs = fp.load(ENGLAND)
    names = {
        "clusters": [str(name) for name in found.plans[found.names[1]].footprints["footprint"]],
        "icbs": [str(name) for name in found.plans[found.names[1]].icbs["name"]],
    }
    drawn = {it.name: it for it in list_drawings(found, dict.fromkeys(found.names, inputs))}
    return drawn, names


@pytest.mark.parametrize("size", ["page", "slide"])
@pytest.mark.parametrize("picture", ["maps", "summary", "flows-26-clusters", "together"])
def test_no_name_is_cut(picture: str, size: str, drawings: Drawn) -> None:
    """Every name stands whole in the key, over as many lines as it takes, inside the picture."""
    drawn, names = drawings
    drawing = drawn[picture]
    with mpl.rc_context(CHART_STYLE):
        figure = render(drawing, (PAGE_WIDTH, drawing.height) if size == "page" else SLIDE, 100)
        texts = [text for text in figure.findobj(mpl.text.Text) if text.get_text().strip()]
        boxes = [text.get_window_extent() for text in texts]
    told = "".join("".join(text.get_text().split()) for text in texts)
    wanted = names[LABELS[picture.split("-")[0]]]
    assert len(wanted) >= 26
    assert [name for name in wanted if "".join(name.split()) not in told] == []
    assert "…" not in told
    width, height = figure.bbox.size
    assert all(box.x0 >= -1 and box.x1 <= width + 1 for box in boxes)
    assert all(box.y0 >= -1 and box.y1 <= height + 1 for box in boxes)


@pytest.mark.parametrize("size", ["page", "slide"])
def test_no_disc_of_a_map_of_flows_covers_another(size: str, drawings: Drawn) -> None:
    """Footprints of London stand apart in its inset, each footprint somewhere."""
    drawing = drawings[0]["flows-26-clusters"]
    with mpl.rc_context(CHART_STYLE):
        figure = render(drawing, (PAGE_WIDTH, drawing.height) if size == "page" else SLIDE, 100)
    told: set[str] = set()
    for axes in figure.findobj(mpl.axes.Axes):
        discs = [it for it in axes.collections if isinstance(it, mpl.collections.PathCollection)]
        spots = [axes.transData.transform(it.get_offsets())[0] for it in discs]
        wide = [float(it.get_sizes()[0]) ** 0.5 * figure.dpi / 72 for it in discs]
        for (one, a), (other, b) in combinations(zip(spots, wide, strict=True), 2):
            assert np.hypot(*(one - other)) >= (a + b) / 2 - 1
        told |= {text.get_text() for text in axes.texts} if discs else set()
    assert {str(number) for number in range(1, 27)} <= told
