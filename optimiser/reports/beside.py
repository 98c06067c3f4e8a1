"""Pictures of what stands beside the runs: a frontier, or how often ICBs are together."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from optimiser.csv_text import unguard
from optimiser.errors import Fault, InputError
from optimiser.footprints.totals import AXES
from optimiser.inputs.dataset import Dataset
from optimiser.reports.atlas import find_atlas
from optimiser.reports.bordermap import draw_borders
from optimiser.reports.drawing import Drawing
from optimiser.reports.frontier_plot import plot_frontier
from optimiser.reports.pictures import draw_together
from optimiser.runs.compare import Comparison

FRONTIER, TOGETHER, PLANS, ABOUT = "frontier.csv", "together.csv", "plans.csv", "about.json"
_SAME_COST = 1e-6


def list_drawings_beside(
    comparison: Comparison, folders: Sequence[Path], dataset: Dataset | None = None
) -> Iterator[Drawing]:
    """Draw saved results of ``frontier`` and ``alternatives`` in the manner of the pack.

    Args:
        comparison: the runs.
        folders: what the commands wrote.
        dataset: for the map of near-best plans; without it there is none.

    Raises:
        InputError: a folder is neither, or rests on another scenario than the runs.
    """
    for folder in folders:
        if (folder / FRONTIER).is_file():
            yield _draw_frontier(comparison, folder)
        elif (folder / TOGETHER).is_file():
            yield from _draw_alternatives(comparison, folder, dataset)
        else:
            remedy = "There is no frontier.csv or together.csv in it. Name what --out of frontier"
            raise InputError(
                [Fault(str(folder), 0, "", "", "beside", f"{remedy} or alternatives wrote.")]
            )


def _draw_frontier(comparison: Comparison, folder: Path) -> Drawing:
    points, plans = pd.read_csv(folder / FRONTIER), pd.read_csv(folder / PLANS)
    plans["plan"] = plans["plan"].astype("str").map(unguard)
    _check_costs(comparison, dict(zip(plans["plan"], plans["cost"], strict=True)), folder)
    x, y = str(points.columns[1]), str(points.columns[2])
    labels = (f"{AXES[x].title} ({AXES[x].unit})", f"{AXES[y].title} ({AXES[y].unit})")

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        plot_frontier(figure.add_subplot(), points, plans, x, y, labels)

    ends = points.iloc[[0, -1]][[x, y]].to_numpy().tolist()
    return Drawing(
        name=f"frontier-{x}-{y}".replace("_", "-"),
        title=f"Best trade-offs between {AXES[x].title.lower()} and {AXES[y].title.lower()}",
        alt=(
            f"Frontier of {len(points)} plans from {ends[0][0]:,.1f} {AXES[x].unit} and "
            f"{ends[0][1]:,.1f} {AXES[y].unit} to {ends[1][0]:,.1f} and {ends[1][1]:,.1f}, with "
            f"{len(plans)} carried plans beside it."
        ),
        data=pd.concat([points.assign(kind="frontier"), plans.assign(kind="carried plan")]),
        draw=draw,
        height=4.4,
        note=_read_statement(folder),
    )


def _draw_alternatives(
    comparison: Comparison, folder: Path, dataset: Dataset | None
) -> Iterator[Drawing]:
    pairs, plans = pd.read_csv(folder / TOGETHER), pd.read_csv(folder / PLANS)
    _check_best(comparison, float(plans["cost_m"].iloc[0]), folder)
    icbs = comparison.grouping["icb"].tolist()
    share = pd.DataFrame(0.0, index=icbs, columns=icbs)
    for icb, other, value in pairs.itertuples(index=False):
        share.loc[icb, other] = share.loc[other, icb] = value
    for icb in icbs:
        share.loc[icb, icb] = 1.0
    title = f"How often two ICBs are together in the {len(plans):,} near-best plans"
    note = _read_statement(folder)
    yield draw_together(comparison, share, "together-near-best", title, note)
    atlas = find_atlas(dataset) if dataset is not None else None
    if atlas is not None and atlas.shapes:
        names = dict(comparison.grouping[["icb", "name"]].to_numpy().tolist())
        shares = {(a, b): float(value) for a, b, value in pairs.to_numpy().tolist()}
        what = f"the {len(plans):,} near-best plans"
        yield draw_borders(shares, names, atlas, what, note)


def _read_statement(folder: Path) -> str:
    return str(json.loads((folder / ABOUT).read_text(encoding="utf-8")).get("statement", ""))


def _check_best(comparison: Comparison, cost: float, folder: Path) -> None:
    """The near-best plans lie near one of the solved runs; others may have more rules."""
    solved = [plan.objective for plan in comparison.plans.values() if plan.name == "optimal"]
    near = [math.isclose(cost, own, rel_tol=_SAME_COST, abs_tol=_SAME_COST) for own in solved]
    if solved and not any(near):
        _check_costs(comparison, {"optimal": cost}, folder)


def _check_costs(comparison: Comparison, costs: dict[str, float], folder: Path) -> None:
    """A plan that is in both must cost the same in both, or they rest on different ground."""
    faults = []
    for name, plan in comparison.plans.items():
        cost = costs.get(plan.name, plan.objective)
        if not math.isclose(cost, plan.objective, rel_tol=_SAME_COST, abs_tol=_SAME_COST):
            own = f"{name} scores {plan.objective:,.2f} £m-equivalents in its run."
            remedy = f"{own} Make both from one scenario."
            faults.append(Fault(str(folder), 0, "cost", f"{cost:,.2f}", "same_scenario", remedy))
    if faults:
        raise InputError(faults)
