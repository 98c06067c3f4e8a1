"""A frontier with the carried plans on it, and pictures that stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from optimiser.reports.lettering import Label, box_of, place_labels
from optimiser.reports.palette import BLUE, DARK_GREEN, RED
from optimiser.reports.picture import box_around
from optimiser.spelling import title_plan

LINE, GOOD, POOR = BLUE, DARK_GREEN, RED
"""NHS blue, dark green and red; marks differ too."""


def plot_frontier(
    axes: Axes, points: pd.DataFrame, plans: pd.DataFrame, x: str, y: str, labels: Sequence[str]
) -> None:
    """Draw a frontier and where given plans stand.

    Args:
        axes: where to draw.
        points: one row per non-dominated plan, in order, with columns x and y.
        plans: plan, x, y and feasible.
        x: column across.
        y: column upwards.
        labels: of the two axes.
    """
    falling = bool(
        (points[y].diff().dropna() <= 0).all() and (points[x].diff().dropna() >= 0).all()
    )
    if falling:  # both are the better the less: nothing lies below the steps
        axes.step(points[x], points[y], where="post", color=LINE, lw=1.0, alpha=0.5, zorder=2)
    axes.plot(points[x], points[y], "o", color=LINE, ms=5, zorder=3, label=_said(points))
    _plot_plans(axes, plans, x, y)
    _label_axes(axes, labels)
    axes.margins(0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="best")


def _said(points: pd.DataFrame) -> str:
    """What the legend may claim: where a gap was allowed, only that."""
    gap = float(points["gap_share"].max()) if "gap_share" in points and len(points) else 0.0
    return "best trade-offs, proven" if gap == 0 else f"proven within {gap:.2%}"


def _plot_plans(axes: Axes, plans: pd.DataFrame, x: str, y: str) -> None:
    kinds = (
        (True, "s", GOOD, "carried plan, inside the rules"),
        (False, "X", POOR, "carried plan, breaks a rule"),
    )
    for feasible, marker, colour, label in kinds:
        rows = plans[plans["feasible"] == feasible]
        if len(rows):
            axes.plot(rows[x], rows[y], marker, color=colour, ms=7, label=label, zorder=4)
    _label_plans(axes, plans, x, y)


def _label_plans(axes: Axes, plans: pd.DataFrame, x: str, y: str) -> None:
    """Names beside the marks, moved until none covers another."""
    axes.figure.canvas.draw()
    axes.autoscale_view()
    scale = axes.figure.dpi / 72
    frame = box_around(axes)
    names = [title_plan(str(name)) for name in plans["plan"]]
    spots = axes.transData.transform(plans[[x, y]].to_numpy())
    labels = []
    for (left, bottom), name in zip(spots, names, strict=True):
        width, height = 4.8 * scale * len(name), 10 * scale
        side = 1 if left + width + 8 * scale < frame[2] else -1
        labels.append(Label(left + side * (width / 2 + 6 * scale), bottom, width, height))
    marks = [box_of(Label(a, b, 8 * scale, 8 * scale)) for a, b in spots]
    places = [(label.x, label.y) for label in place_labels(labels, frame, marks)]
    if not places:
        return
    back = axes.transData.inverted()
    arrow = {"arrowstyle": "-", "color": "0.6", "lw": 0.5, "shrinkA": 0, "shrinkB": 3}
    look: Any = {
        "ha": "center",
        "va": "center",
        "fontsize": 7.5,
        "color": "0.25",
        "arrowprops": arrow,
    }
    for name, at, place in zip(names, back.transform(spots), back.transform(places), strict=True):
        axes.annotate(name, at, place, **look)


def plot_surface(
    axes: Axes, points: pd.DataFrame, x: str, y: str, z: str, labels: Sequence[str]
) -> None:
    """Draw the plans of three measures: x across, y upwards, z by colour."""
    drawn = axes.scatter(points[x], points[y], c=points[z], cmap="cividis", s=36, zorder=3)
    axes.figure.colorbar(drawn, ax=axes, label=labels[2])
    _label_axes(axes, labels)


def _label_axes(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid(color="0.9", lw=0.6)
    axes.set_axisbelow(True)


def write_figure(
    draw: Callable[[Axes], None], folder: Path, name: str, size: tuple[float, float]
) -> list[Path]:
    """Draw on new axes and save as PNG and as SVG that is the same byte for byte each time."""
    with matplotlib.rc_context({"svg.hashsalt": "footprints", "svg.fonttype": "none"}):
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        draw(figure.add_subplot())
        paths = [folder / f"{name}.png", folder / f"{name}.svg"]
        figure.savefig(paths[0])
        figure.savefig(paths[1], metadata={"Date": None})
    return paths
