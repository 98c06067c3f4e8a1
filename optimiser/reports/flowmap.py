"""Map of patients' money across boundaries: arrows as wide as what goes that way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.patheffects import withStroke
from shapely.geometry import box

from optimiser.plan.flows import ELSEWHERE
from optimiser.reports.lettering import POINTS_AN_INCH
from optimiser.reports.palette import BLACK, DARK_BLUE, MID_GREY, PALE_GREY, PINK, WHITE
from optimiser.reports.picture import Picture, add_patch, fit_view, mostly, open_inset, trace

SHOWN = 14
"""Ways that are drawn, the widest first."""

WIDEST = 6.0
"""Width of the widest arrow, points."""

BEND = 0.22
"""How far an arrow bows out, as a share of its length; the two ways of a pair bow apart."""

NEAR_SHARE = 0.14
"""Ways shorter than this share of the map's height bow out more, so that numbers stay apart."""

DISC = 150.0
"""Area of a footprint's disc, square points."""

MANY = 14
"""With more footprints than this their discs are smaller."""

NUMBER = np.array([15.0, 10.0])
"""Points between the middles of two numbers that do not touch, across and up."""

FAR = 0.02
"""What a point of distance from its arrow counts against a number, as shares of it that are covered."""

INSET = (0.37, 0.44)
"""Width and height of the inset, shares of the map: arrows take more room than numbers alone."""

AROUND = 0.25
"""Ground around the crowded ICBs that the inset shows, as a share of theirs: who borders them."""

LEAST_SEEN = 0.05
"""Least radius of the ground of a footprint that is seen in the inset, as a share of the inset's
height: on less there is no room for its disc."""

Places = Mapping[str, tuple[float, float]]
"""Footprint to where its disc stands."""

_HALO = [withStroke(linewidth=2.0, foreground=WHITE)]


def list_ways(flows: pd.DataFrame) -> pd.DataFrame:
    """Ways between different footprints that residents' care takes, the largest first.

    All services in scope count, whoever holds them: a footprint that handed its services back would
    else look self-contained.
    """
    between = flows[
        (flows["from_footprint"] != flows["to_footprint"])
        & (flows["to_footprint"] != ELSEWHERE)
        & (flows["scope_spend_m"] > 0)
    ]
    return between.sort_values("scope_spend_m", ascending=False, ignore_index=True)


def plot_flows(
    axes: Axes, picture: Picture, ways: pd.DataFrame, numbers: dict[str, int], widest_m: float
) -> None:
    """Draw the largest ways as arrows between numbered footprints.

    Args:
        axes: where to draw.
        picture: the plan's ground.
        ways: what :func:`list_ways` returns.
        numbers: number of each footprint.
        widest_m: £m a year that the widest arrow stands for, so that maps share a scale.
    """
    axes.set_axis_off()
    fit_view(axes, picture.atlas)
    _plot_areas(axes, picture)
    places = {name: picture.atlas.anchor(icbs) for name, icbs in picture.groups.items()}
    rest = ways.head(SHOWN)
    close = [name for name, icbs in picture.groups.items() if mostly(icbs, picture.atlas.crowded)]
    if len(close) > 1:  # one footprint there is seen on the map itself
        rest = _plot_close(axes, picture, rest, numbers, widest_m, close)
        ends = {*rest["from_footprint"], *rest["to_footprint"]}
        places = {name: at for name, at in places.items() if name not in close or name in ends}
    _plot_ways(axes, places, rest, numbers, widest_m)


def _plot_close(
    axes: Axes,
    picture: Picture,
    ways: pd.DataFrame,
    numbers: dict[str, int],
    widest_m: float,
    close: list[str],
) -> pd.DataFrame:
    """Draw footprints that lie close, and what goes between them and around them, in an inset.

    Returns:
        The ways that are not in the inset.
    """
    inset = open_inset(axes, picture.atlas, INSET, AROUND)
    inset.set_zorder(9)  # above the numbers of the map
    _plot_areas(inset, picture)
    seen = _find_places(inset, picture)
    ends = ways[["from_footprint", "to_footprint"]]
    inside = ends.isin(list(seen)).all(axis=1) & ends.isin(close).any(axis=1)
    shown = {*close, *ends[inside].to_numpy().ravel()}
    places = {name: place for name, place in seen.items() if name in shown}
    _plot_ways(inset, places, ways[inside], numbers, widest_m)
    return ways[~inside]


def _find_places(axes: Axes, picture: Picture) -> dict[str, tuple[float, float]]:
    """Where a footprint's disc stands on the ground that is seen: deep inside it."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    view, places = box(west, south, east, north), {}
    for name, area in picture.areas.items():
        parts = shapely.get_parts(shapely.intersection(area, view))
        if shapely.is_empty(parts).all():
            continue
        radius = shapely.maximum_inscribed_circle(max(parts, key=shapely.area), tolerance=500)
        if shapely.length(radius) >= LEAST_SEEN * (north - south):
            x, y = shapely.get_coordinates(radius)[0].tolist()
            places[name] = (x, y)
    return places


def _plot_ways(
    axes: Axes, places: Places, ways: pd.DataFrame, numbers: dict[str, int], widest_m: float
) -> None:
    """Discs of footprints with their numbers, and the arrows between them."""
    shrink = 1.0 if len(numbers) <= MANY else 0.8
    for name, (x, y) in places.items():
        axes.scatter([x], [y], DISC * shrink**2, DARK_BLUE, ec=WHITE, lw=0.8, zorder=6)
        axes.text(
            x, y, str(numbers[name]), color=WHITE, fontsize=7.5 * shrink, fontweight="bold", ha="center",
            va="center_baseline", zorder=7,
        )  # fmt: skip
    for row in ways.iloc[::-1].to_dict(orient="records"):
        start, end = places[row["from_footprint"]], places[row["to_footprint"]]
        _plot_arrow(axes, start, end, row["scope_spend_m"], widest_m)


def _plot_areas(axes: Axes, picture: Picture) -> None:
    if not picture.areas:
        for a, b in picture.atlas.links:
            xs, ys = zip(picture.atlas.points[a], picture.atlas.points[b], strict=True)
            axes.plot(xs, ys, color=PALE_GREY, lw=1.0, zorder=1)
        return
    for area in picture.areas.values():
        patch = PathPatch(trace([area]), facecolor=PALE_GREY, edgecolor=MID_GREY, linewidth=0.9)
        add_patch(axes, patch)


def _plot_arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    spend_m: float,
    widest_m: float,
) -> None:
    """A curved arrow with its £m near its middle; the two ways of a pair bend apart."""
    reach = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    bend = BEND if reach > NEAR_SHARE * np.ptp(axes.get_ylim()) else 2.2 * BEND
    width = max(WIDEST * spend_m / widest_m, 0.7)
    arrow = FancyArrowPatch(
        start,
        end,
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle=(
            f"simple,tail_width={width:.2f},head_width={width + 5:.2f},head_length={6 + width / 2:.2f}"
        ),
        facecolor=PINK,
        edgecolor=WHITE,
        linewidth=0.5,
        shrinkA=8,
        shrinkB=8,
        zorder=4,
        alpha=0.9,
    )
    axes.add_patch(arrow)
    place = _find_room(axes, start, end, bend)
    axes.text(
        *place,
        f"{spend_m:,.0f}",
        fontsize=6.8,
        fontweight="bold",
        color=BLACK,
        ha="center",
        va="center",
        path_effects=_HALO,
        zorder=8,
    )


def _find_room(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], bend: float
) -> tuple[float, float]:
    """Where an arrow's number stands: along it, or a little beside it, where it covers least."""
    scale = axes.figure.dpi / POINTS_AN_INCH
    first, last = (axes.transData.transform(place) / scale for place in (start, end))
    across = last - first
    off = np.array([across[1], -across[0]])
    aside = off / max(float(np.hypot(*off)), 1.0)
    taken = [axes.transData.transform(text.get_position()) / scale for text in axes.texts]

    def cover(place: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        gaps = [np.abs(place - other) / NUMBER for other in taken]
        return sum(float(np.prod(np.clip(1 - gap, 0, None))) for gap in gaps)

    # the curve is that of matplotlib's arc3: quadratic, its control point off the middle
    places = [
        (FAR * abs(step), first + part * across + 2 * part * (1 - part) * bend * off + step * aside)
        for step in (0, 7, -7, 14, -14)
        for part in (0.5, 0.42, 0.58, 0.34, 0.66)
    ]
    _, best = min(places, key=lambda it: it[0] + cover(it[1]))  # the first of equals
    x, y = axes.transData.inverted().transform(best * scale)
    return float(x), float(y)
