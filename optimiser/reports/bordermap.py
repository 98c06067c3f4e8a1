"""Map of togetherness: each border between neighbours by how often a set of plans parts them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from shapely.geometry.base import BaseGeometry

from optimiser.reports.atlas import Atlas, UndrawableError, list_adjacent
from optimiser.reports.drawing import Drawing
from optimiser.reports.lettering import place_labels
from optimiser.reports.palette import BLACK, DARK_BLUE, MID_GREY, PALE_GREY, WHITE, mix
from optimiser.reports.picture import add_patch, box_around, fit_view, label_of, open_inset, trace
from optimiser.reports.sentences import wrap

NAMED = 50
"""ICBs whose names have room on the map; more are told by their codes."""

NAME_WIDE = 15
"""Letters in a line of a name on the map."""

LETTERING = 5.0
"""Type of the labels, points."""

LISTED = 6
"""Borders of each kind that the alternative text lists."""

_HALO = [withStroke(linewidth=1.4, foreground=WHITE)]


@dataclass(frozen=True)
class Border:
    """Where two neighbours meet.

    Attributes:
        a: one ICB.
        b: the other.
        share: share of the plans in which the two are together.
        line: where they meet, metres.
    """

    a: str
    b: str
    share: float
    line: BaseGeometry


@dataclass(frozen=True)
class Style:
    """How borders of some shares are drawn: by width, by darkness and, at both ends, by kind."""

    label: str
    most: float
    width: float
    colour: str
    dashes: str | tuple[float, tuple[float, ...]] = "solid"


STYLES = (
    Style("never together", 0.0, 4.2, BLACK),
    Style("together in up to a quarter", 0.25, 3.2, DARK_BLUE),
    Style("up to half", 0.5, 2.3, mix(WHITE, DARK_BLUE, 0.85)),
    Style("up to three quarters", 0.75, 1.6, mix(WHITE, DARK_BLUE, 0.7)),
    Style("more, but not all", 1.0 - 1e-9, 1.0, mix(WHITE, DARK_BLUE, 0.6)),
    Style("together in every plan", 1.0, 0.9, MID_GREY, (0, (1.0, 2.2))),
)
"""From the border that always stands to the one that never does."""


def draw_borders(
    shares: Mapping[tuple[str, str], float],
    names: Mapping[str, str],
    atlas: Atlas,
    what: str,
    note: str,
) -> Drawing:
    """The map of a set of plans.

    Args:
        shares: share of the plans in which two ICBs are together, for each pair in either order.
        names: ICB to its name.
        atlas: boundaries.
        what: the plans, as a title names them.
        note: what else the reader must know.

    Raises:
        UndrawableError: the atlas has no boundaries.
    """
    if not atlas.shapes:
        raise UndrawableError("togetherness is drawn on boundaries, and there are none")
    borders = list_borders(shares, atlas)
    table = summarise_borders(borders, names)
    title = f"How often neighbours are together in {what}"
    return Drawing(
        name="together-map",
        title=title,
        alt=f"{title}. {_tell(table)}",
        data=table,
        draw=partial(_draw, atlas=atlas, borders=borders, names=names),
        height=7.9,
        note=f"A line is wide and dark where the plans part two neighbours. {note}".strip(),
    )


def list_borders(shares: Mapping[tuple[str, str], float], atlas: Atlas) -> list[Border]:
    """Borders on the ground, those that always stand last, so that they are drawn on top."""
    found = []
    for a, b in list_adjacent(atlas.shapes):
        line = _meet(atlas.shapes[a], atlas.shapes[b])
        if line is not None:
            found.append(Border(a, b, shares.get((a, b), shares.get((b, a), 0.0)), line))
    return sorted(found, key=lambda border: (-border.share, border.a, border.b))


def summarise_borders(borders: Sequence[Border], names: Mapping[str, str]) -> pd.DataFrame:
    """The data of the map: a, a_name, b, b_name, together_share, drawn_as, border_km."""
    columns = ["a", "a_name", "b", "b_name", "together_share", "drawn_as", "border_km"]
    rows = [
        (border.a, names[border.a], border.b, names[border.b], border.share,
         choose_style(border.share).label, round(border.line.length / 1000, 1))
        for border in borders[::-1]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def choose_style(share: float) -> Style:
    """How a border is drawn."""
    return next(style for style in STYLES if share <= style.most)


def plot_borders(
    axes: Axes, atlas: Atlas, borders: Sequence[Border], labels: Mapping[str, str]
) -> None:
    """Draw the borders on given axes, with a label in each ICB and the crowded ones larger."""
    axes.set_axis_off()
    fit_view(axes, atlas)
    _plot_ground(axes, atlas, borders)
    outside = [icb for icb in atlas.shapes if icb not in atlas.crowded]
    _plot_labels(axes, atlas, {icb: labels[icb] for icb in outside})
    if atlas.crowded:
        inset = open_inset(axes, atlas)
        _plot_ground(inset, atlas, borders)
        _plot_labels(inset, atlas, {icb: labels[icb] for icb in atlas.crowded})


def _draw(
    figure: Figure, atlas: Atlas, borders: Sequence[Border], names: Mapping[str, str]
) -> None:
    """Names stand on a page's map; on a slide's, which is smaller, codes do, with a key beside it."""
    width, height = figure.get_size_inches()
    wide = width > height
    few = len(atlas.shapes) <= NAMED
    labels = {icb: wrap(names[icb], NAME_WIDE) if few and not wide else icb for icb in atlas.shapes}
    box = (0.01, 0.01, 0.66, 0.98) if wide else (0.01, 0.09, 0.98, 0.9)
    plot_borders(figure.add_axes(box), atlas, borders, labels)
    lines = [
        Line2D([], [], color=style.colour, lw=style.width, ls=style.dashes, label=style.label)
        for style in STYLES
    ]
    place = (0.69, 0.88 if few else 0.5) if wide else (0.5, 0.0)
    if wide and few:
        key = "\n".join(f"{icb}  {names[icb]}" for icb in atlas.shapes)
        figure.text(0.7, 0.74, key, fontsize=LETTERING, va="top", linespacing=1.25)
    figure.legend(
        handles=lines,
        loc="center left" if wide else "lower center",
        bbox_to_anchor=place,
        ncols=1 if wide else 3,
        frameon=False,
        handlelength=3.4,
        fontsize=8,
    )


def _plot_ground(axes: Axes, atlas: Atlas, borders: Sequence[Border]) -> None:
    coast = PathPatch(trace([atlas.merge(atlas.shapes)]), fc=PALE_GREY, ec=MID_GREY, lw=0.6)
    add_patch(axes, coast)
    for border in borders:
        style = choose_style(border.share)
        line = PathPatch(
            _trace_lines(border.line),
            fill=False,
            ec=style.colour,
            lw=style.width,
            ls=style.dashes,
            capstyle="round" if style.dashes == "solid" else "butt",
            joinstyle="round",
        )
        add_patch(axes, line)


def _plot_labels(axes: Axes, atlas: Atlas, labels: Mapping[str, str]) -> None:
    """Labels amid their ICBs, moved a little where two would cover one another."""
    texts = [
        axes.text(*atlas.anchor([icb]), label, fontsize=LETTERING, color=BLACK, ha="center",
                  va="center", linespacing=0.95, zorder=6, path_effects=_HALO, clip_on=True)
        for icb, label in labels.items()
    ]  # fmt: skip
    places = place_labels([label_of(text) for text in texts], box_around(axes))
    for text, place in zip(texts, places, strict=True):
        x, y = axes.transData.inverted().transform((place.x, place.y))
        text.set_position((float(x), float(y)))


def _meet(area: BaseGeometry, other: BaseGeometry) -> BaseGeometry | None:
    """Where two areas meet as lines; None where they touch at points or not at all."""
    shared = shapely.intersection(shapely.boundary(area), shapely.boundary(other))
    lines = [part for part in shapely.get_parts(shared) if part.geom_type.startswith("Line")]
    return shapely.line_merge(shapely.multilinestrings(lines)) if lines else None


def _trace_lines(line: BaseGeometry) -> Outline:
    parts = [Outline(shapely.get_coordinates(part)) for part in shapely.get_parts(line)]
    return Outline.make_compound_path(*parts)


def _tell(table: pd.DataFrame) -> str:
    """How many borders always stand, how many never do, and which."""
    always, never = (table[table["together_share"] == end] for end in (1.0, 0.0))
    rest = len(table) - len(always) - len(never)
    return (
        f"Of {len(table)} borders between neighbours {len(never)} stand in every plan{_name(never)}, "
        f"{len(always)} in none, the two being together in every plan{_name(always)}, and {rest} in "
        "some."
    )


def _name(table: pd.DataFrame) -> str:
    """The borders, longest first; the others are counted."""
    if table.empty:
        return ""
    top = table.sort_values("border_km", ascending=False, kind="stable").head(LISTED)
    pairs = "; ".join(f"{a} with {b}" for a, b in top[["a_name", "b_name"]].to_numpy())
    left = len(table) - len(top)
    return f" ({pairs}{f'; {left} more in the data' if left else ''})"
