"""Names on pictures of England's 26 clusters: none is cut, none leaves its page or slide."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
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
