"""A roadmap as a picture: a row for each service that changes, a column for each year."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from optimiser.reports.drawing import CHART_STYLE
from optimiser.reports.palette import BLACK, BLUE, LIGHT_BLUE, PALE_GREY, WARM_YELLOW, WHITE
from optimiser.reports.sentences import wrap

HELD = ("collective_share", "collaborative_share", "individual_share")
SAID = {
    "collective_share": "held by the footprint",
    "collaborative_share": "by a lead provider",
    "individual_share": "by single ICBs",
}
WIDTH = 6.7
"""Inches between the margins of an A4 page."""
ROW = 0.165
"""Inches of a row: seven-point type with a little air; forty rows fill a page."""
AROUND = 1.15
"""Inches above and below the rows: title, years, key."""
LETTERS = 45
"""Letters of a service's name that fit beside the bars in full size."""
SMALL, SMALL_LETTERS = 5.8, 56
"""Type of longer names, points, and letters of one of their two lines."""


def write_roadmap(
    levels: pd.DataFrame,
    services: pd.DataFrame,
    milestones: pd.DataFrame,
    title: str,
    basis: str,
    folder: Path,
) -> list[Path]:
    """Draw a roadmap as ``roadmap.png`` and ``roadmap.svg`` in a folder; ``basis`` is set below it."""
    rows = list_rows(levels, services)
    said = milestones[milestones["milestone"] != ""]
    notes = [wrap(text, 110) for text in said["milestone"]]
    lines = "\n".join([*(["The path beside it:", *notes] if notes else []), wrap(basis, 110)])
    below = 0.13 * (lines.count("\n") + 1) + 0.1
    high = ROW * rows["row"].nunique() + AROUND + below
    style = {**CHART_STYLE, "svg.hashsalt": "footprints", "svg.fonttype": "none"}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(WIDTH, high), dpi=150)
        axes = figure.add_axes((0.44, (below + 0.42) / high, 0.475, 1 - (below + AROUND) / high))
        plot_roadmap(axes, rows, milestones)
        figure.text(0.01, 1 - 0.2 / high, title, fontsize=10, fontweight="bold", va="center")
        figure.text(0.01, (below + 0.02) / high, lines, fontsize=6.5, va="top", linespacing=1.25)
        paths = [folder / "roadmap.png", folder / "roadmap.svg"]
        figure.savefig(paths[0])
        figure.savefig(paths[1], metadata={"Date": None})
    return paths


TALLEST = 8.6
"""Inches that a page leaves for a picture with its caption."""


def height_of(levels: pd.DataFrame, services: pd.DataFrame) -> float:
    """Inches that a roadmap takes on a page."""
    return float(min(TALLEST, AROUND + ROW * list_rows(levels, services)["row"].nunique()))


def draw_roadmap(
    figure: Figure, levels: pd.DataFrame, services: pd.DataFrame, milestones: pd.DataFrame
) -> None:
    """Draw a roadmap on a figure of any size: as many services by themselves as it has room for."""
    high = figure.get_size_inches()[1]
    rows = list_rows(levels, services, most=int((high - AROUND) / ROW + 1e-6))
    tall = min(high - AROUND, 2 * ROW * rows["row"].nunique())  # a few rows fill no slide
    axes = figure.add_axes((0.44, (high - 0.7 - tall) / high, 0.475, tall / high))
    plot_roadmap(axes, rows, milestones)


def list_rows(
    levels: pd.DataFrame, services: pd.DataFrame, most: int | None = None
) -> pd.DataFrame:
    """What is drawn: services that change by themselves, the others together at either end.

    Args:
        levels: who holds what in which year.
        services: when each goes local.
        most: rows; the smallest of the services that change share one where there are more.

    Returns:
        row, label, spend_m (last year), year, and the shares of :data:`HELD`.
    """
    years = sorted(levels["year"].unique())
    whole = (services["whole_year"] == years[0]).fillna(False).astype(bool)
    never = services["from_year"].isna()
    moving = services[~whole & ~never].sort_values(
        ["from_year", "spend_m"], ascending=[True, False]
    )
    groups = [
        (str(name), [code]) for name, code in zip(moving["name"], moving["service"], strict=True)
    ]
    room = math.inf if most is None else most - int(whole.any()) - int(never.any())
    if len(groups) > room:
        large = set(moving.nlargest(max(int(room) - 1, 1), "spend_m")["service"])
        small = [code for _, (code,) in groups if code not in large]
        groups = [(name, codes) for name, codes in groups if codes[0] in large]
        groups.append((f"{len(small)} smaller services that change", small))
    ends = (
        (f"{whole.sum()} services, all of each local from {years[0]}", whole, 0),
        (f"{never.sum()} services, national throughout", never, len(groups) + 1),
    )
    for label, who, place in ends:
        if who.any():
            groups.insert(place, (label, services.loc[who, "service"].tolist()))
    return pd.concat(
        [_row(number, *group, levels) for number, group in enumerate(groups)], ignore_index=True
    )


def _row(number: int, label: str, codes: list[str], levels: pd.DataFrame) -> pd.DataFrame:
    columns = {share: share.replace("_share", "_m") for share in HELD}
    mine = levels[levels["service"].isin(codes)].groupby("year", as_index=False)
    sums = mine[["spend_m", *columns.values()]].sum()
    whole = sums["spend_m"].where(sums["spend_m"] > 0)
    return pd.DataFrame(
        {
            "row": number,
            "label": label,
            "spend_m": sums["spend_m"].iloc[-1],
            "year": sums["year"],
            **{share: (sums[held] / whole).fillna(0.0) for share, held in columns.items()},
        }
    )


def plot_roadmap(axes: Axes, rows: pd.DataFrame, milestones: pd.DataFrame) -> None:
    """Draw the rows of :func:`list_rows`: how much of each service is held by whom in each year.

    Args:
        axes: where to draw.
        rows: what :func:`list_rows` gives.
        milestones: year, national_m, in_scope_m, for the heads of the columns.
    """
    looks: dict[str, dict[str, Any]] = {
        "collective_share": {"facecolor": BLUE},
        "collaborative_share": {"facecolor": WARM_YELLOW},
        "individual_share": {"facecolor": LIGHT_BLUE, "hatch": "////", "edgecolor": WHITE},
    }
    for at in rows.to_dict(orient="records"):
        x, y = at["year"] - 0.47, at["row"] + 0.42
        axes.add_patch(Rectangle((x, y - 0.84), 0.94, 0.84, facecolor=PALE_GREY, linewidth=0))
        for held in HELD:
            high = 0.84 * at[held]
            if high > 0:
                axes.add_patch(Rectangle((x, y - high), 0.94, high, linewidth=0, **looks[held]))
            y -= high
    labels = rows.drop_duplicates("row")
    _label_rows(axes, labels["row"].tolist(), labels["label"].tolist())
    for row, spend_m in zip(labels["row"], labels["spend_m"], strict=True):
        axes.text(
            1.01,
            row,
            f"{spend_m:,.0f}",
            fontsize=7,
            va="center",
            transform=axes.get_yaxis_transform(),
        )
    axes.text(
        1.01,
        -0.75,
        f"£m\n{rows['year'].max()}",
        fontsize=7,
        va="bottom",
        transform=axes.get_yaxis_transform(),
    )
    _head(axes, milestones)
    axes.set_xlim(rows["year"].min() - 0.5, rows["year"].max() + 0.5)
    axes.set_ylim(rows["row"].max() + 0.6, -0.6)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    shown = [held for held in HELD if held != "collaborative_share" or rows[held].any()]
    key = [*(Patch(**looks[held]) for held in shown), Patch(facecolor=PALE_GREY)]
    axes.legend(
        key,
        [*(SAID[held] for held in shown), "by England"],
        ncols=len(key),
        loc="upper center",
        bbox_to_anchor=(0.3, 0.0),
        frameon=False,
        fontsize=7,
    )


def _label_rows(axes: Axes, rows: list[int], labels: list[str]) -> None:
    """Every name whole: a long one goes over two smaller lines."""
    folded = [wrap(label, SMALL_LETTERS) if len(label) > LETTERS else label for label in labels]
    axes.set_yticks(rows, folded, fontsize=7, linespacing=0.95)
    for text, label in zip(axes.get_yticklabels(), labels, strict=True):
        if len(label) > LETTERS:
            text.set_fontsize(SMALL)


def _head(axes: Axes, milestones: pd.DataFrame) -> None:
    """Over each year: the share of what is in scope that is local."""
    axes.xaxis.tick_top()
    local = milestones["in_scope_m"] - milestones["national_m"]
    share = local / milestones["in_scope_m"].where(milestones["in_scope_m"] > 0)
    heads = [
        f"{year}\n{part:.0%}\nlocal" if part == part else str(year)
        for year, part in zip(milestones["year"], share, strict=True)
    ]
    axes.set_xticks(milestones["year"], heads, fontsize=7, color=BLACK)
