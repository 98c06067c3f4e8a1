"""Every picture of a comparison, described and ready to be drawn; no solver is needed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from optimiser.inputs.dataset import Dataset
from optimiser.reports import wordings
from optimiser.reports.atlas import Atlas, read_atlases
from optimiser.reports.charts import (
    add_numbers,
    list_keys,
    plot_services,
    plot_terms,
    plot_together,
    plot_volatility,
)
from optimiser.reports.drawing import PAGE_WIDTH, Drawing, lay_out
from optimiser.reports.flowmap import SHOWN, list_ways, plot_flows
from optimiser.reports.panels import (
    find_row_ends,
    plot_panels,
    prepare_panels,
    summarise_panels,
)
from optimiser.reports.picture import Picture
from optimiser.reports.roadmap_chart import draw_roadmap, height_of
from optimiser.runs.compare import Comparison

KEY_HEAD = "Number, footprint, residents, care given outside; numbers on arrows are £m a year"

KEY_SIZE, KEY_LINE = 7.5, 0.15
"""Type of a key beside or below a map, points; inches that a line of it takes."""

KEY_LETTER = 0.061
"""Inches that a letter of it takes."""

FLOWS = 4.4
"""Inches of a map of flows, beside its key or above that of many footprints."""

SUMMARY_HEIGHT = 2.95
"""Inches of the maps on the first page, which has to hold all of the summary."""

MOST_IN_A_COLUMN = 14
"""Footprints whose key stands beside a page's map; that of more stands below it in two columns."""

MOST_SERVICES = 34
"""Services that one page shows in a size that is read."""


def list_drawings(
    comparison: Comparison, datasets: Mapping[str, Dataset], preferred: str = ""
) -> Iterator[Drawing]:
    """The pictures of a comparison, in the order of a paper.

    Args:
        comparison: the runs.
        datasets: of each run, for boundaries and places; without the baseline's there are no maps.
        preferred: label of the run that the summary sets beside the baseline; the last when empty.
    """
    atlases = read_atlases(datasets)
    if comparison.baseline in atlases:
        yield from _list_maps(comparison, atlases, preferred)
    yield _draw_terms(comparison)
    # Of plans that hold nothing locally there is nothing to show.
    if comparison.footprints["cv"].notna().any():
        yield _draw_volatility(comparison)
    for run, plan in comparison.plans.items():
        if (plan.services["level"] != "national").any():
            yield _draw_services(comparison, run)
        if len(_view(comparison, "roadmap_milestones", run)):
            yield _draw_years(comparison, run)
    if len(comparison.on_one_map) > 1:
        yield _draw_together(comparison)


def _view(comparison: Comparison, name: str, run: str) -> pd.DataFrame:
    table = comparison.views[name]
    # Runs without the view leave their columns untyped beside those that have it.
    return table[table["run"] == run].infer_objects() if len(table) else table


def _draw_years(comparison: Comparison, run: str) -> Drawing:
    """Which services are local in which year, of a run that is the last year of a roadmap."""
    levels, services, milestones = (
        _view(comparison, f"roadmap_{name}", run) for name in ("levels", "services", "milestones")
    )
    first, last = int(milestones["year"].min()), int(milestones["year"].max())
    local = milestones["services_local"]
    return Drawing(
        name=f"years-{slug(run)}",
        title=f"{run}: which services are local in which year",
        alt=f"A row for each service, a column for each year from {first} to {last}. "
        f"{local.iloc[0]:.0f} services are local somewhere in {first}, {local.iloc[-1]:.0f} in {last}.",
        data=services,
        draw=lambda figure: draw_roadmap(figure, levels, services, milestones),
        height=height_of(levels, services),
        note=wordings.note_column(comparison, "spend_m"),
    )


def slug(text: str) -> str:
    """A label as the stem of a file."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _list_maps(
    comparison: Comparison, atlases: Mapping[str, Atlas], preferred: str
) -> Iterator[Drawing]:
    pictures = prepare_panels(comparison, atlases)
    ends = find_row_ends(comparison, list(pictures), PAGE_WIDTH)
    yield Drawing(
        name="maps",
        title="Footprints of the plans on one map" if len(pictures) > 1 else "Footprints",
        alt=wordings.tell_maps(comparison),
        data=summarise_panels(comparison),
        draw=partial(plot_panels, comparison=comparison, pictures=pictures),
        height=ends[-1],
        note=wordings.note_maps(comparison),
        cuts=ends[:-1],
    )
    shown = dict.fromkeys((comparison.baseline, preferred or comparison.names[-1]))
    if len(comparison.names) > 1:
        yield _draw_summary(comparison, {run: pictures[run] for run in shown if run in pictures})
    flows = comparison.flows
    ways = {run: list_ways(flows[flows["run"] == run]) for run in pictures}
    widest = max((table["scope_spend_m"].max() for table in ways.values() if len(table)), default=0)
    for run, table in ways.items():
        if len(table):
            yield _draw_flows(comparison, run, pictures[run], table, float(widest))


def _draw_summary(comparison: Comparison, pictures: dict[str, Picture]) -> Drawing:
    """Business as usual and the preferred plan side by side."""
    data = summarise_panels(comparison)
    return Drawing(
        name="summary",
        title=" and ".join(pictures),
        alt=wordings.tell_maps(comparison, list(pictures)),
        data=data[data["run"].isin(list(pictures))],
        draw=partial(plot_panels, comparison=comparison, pictures=pictures),
        height=SUMMARY_HEIGHT,
    )


def _draw_flows(
    comparison: Comparison, run: str, picture: Picture, ways: pd.DataFrame, widest_m: float
) -> Drawing:
    numbers = comparison.numbers_of(run)
    key = _list_outside(comparison, run)
    columns = 2 if len(key) > MOST_IN_A_COLUMN else 1
    lines = -(-len(_wrap_key(key, PAGE_WIDTH / columns)) // columns)
    height = FLOWS + KEY_LINE * lines if columns > 1 else FLOWS

    def draw(figure: Figure) -> None:
        width, high = figure.get_size_inches()
        wide = width > high * 1.3
        deep = (KEY_LINE * lines + 0.3) / high
        box = (0.01, 0.01, 0.56, 0.98) if wide else (0.01, deep, 0.98, 0.99 - deep)
        plot_flows(figure.add_axes(box), picture, ways, numbers, widest_m)
        if wide:
            _add_key(figure, key, (0.58, 0.97), 1, KEY_HEAD.replace("; ", ";\n"))
        else:
            _add_key(figure, key, (0.03, deep - 0.05 / high), columns, KEY_HEAD)

    return Drawing(
        name=f"flows-{slug(run)}",
        title=f"{run}: where care in scope crosses a boundary, whoever holds it",
        alt=wordings.tell_flows(run, ways, SHOWN),
        data=ways,
        draw=draw,
        height=height,
        note=wordings.note_flows(ways, SHOWN),
    )


def _list_outside(comparison: Comparison, run: str) -> list[str]:
    """The key of a run's footprints, with what share of their residents' care is given outside."""
    numbers = comparison.numbers_of(run)
    table = comparison.plans[run].footprints
    rows = sorted(
        (numbers[str(name)], str(name), people, share)
        for name, people, share in table[["footprint", "population", "leakage_share"]].to_numpy()
    )
    return [
        f"{at}  {name}\u00a0· {people / 1e6:.1f}m\u00a0· {share:.0%}\u00a0outside"
        for at, name, people, share in rows
    ]


def _wrap_key(key: Sequence[str], inches: float) -> list[str]:
    room = int(inches / KEY_LETTER)
    return [line for text in key for line in textwrap.wrap(text, room, subsequent_indent="    ")]


def _add_key(
    figure: Figure, key: Sequence[str], corner: tuple[float, float], columns: int, head: str
) -> None:
    """Heading and key in columns to the right of a corner and below it, as large as there is room."""
    (x, y), (width, high) = corner, figure.get_size_inches()
    key = _wrap_key(key, (1 - x) * width / columns)
    lines = -(-len(key) // columns)
    figure.text(x, y, head, fontsize=KEY_SIZE, va="top")
    top = y - KEY_LINE * (1.2 + head.count("\n")) / high
    size = KEY_SIZE * min(1.0, top * high / (KEY_LINE * lines))
    for at in range(columns):
        text = "\n".join(key[at * lines : (at + 1) * lines])
        place = (x + at * (1 - x) / columns, top)
        figure.text(*place, text, fontsize=size, va="top", linespacing=1.4)


def _draw_terms(comparison: Comparison) -> Drawing:
    used = comparison.terms[comparison.terms["cost_m"].abs() > 0]

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        plot_terms(figure.add_subplot(), used, comparison.names)

    return Drawing(
        name="terms",
        title="Score of each plan by term of the objective",
        alt=wordings.tell_terms(comparison),
        data=used,
        draw=draw,
        height=1.5 + 0.55 * len(comparison.names),
        note=wordings.note_basis(used["basis"]),
    )


def _draw_volatility(comparison: Comparison) -> Drawing:
    columns = ["run", "footprint", "population", "cv", "pooled_volatility_m", "local_spend_m"]
    points = comparison.footprints[columns].merge(
        comparison.numbers[["run", "footprint", "number"]], on=["run", "footprint"]
    )
    runs = comparison.names

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        width, height = figure.get_size_inches()
        columns = min(len(runs), 4 if width > 1.5 * height else 2)
        grid = figure.subplots(
            -(-len(runs) // columns), columns, squeeze=False, sharex=True, sharey=True
        )
        for axes in grid.flat[len(runs) :]:
            axes.set_axis_off()
        for axes, run in zip(grid.flat, runs, strict=False):
            plot_volatility(axes, points, run)
        figure.supxlabel("Residents of the footprint, millions", fontsize=8)
        figure.supylabel("Volatility of its budget, % of spend in scope", fontsize=8)
        lay_out(figure)
        figure.set_layout_engine("none")
        for axes, run in zip(grid.flat, runs, strict=False):
            add_numbers(axes, points[points["run"] == run])

    return Drawing(
        name="volatility",
        title="Volatility of each footprint's budget against its population",
        alt=wordings.tell_volatility(comparison, points),
        data=points,
        draw=draw,
        height=2.5 * -(-len(runs) // 4) if len(runs) > 1 else 3.2,
        note="Numbers are those of the maps, left out where they would cover one another; grey "
        "crosses are the other plans' footprints. " + wordings.note_column(comparison, "cv"),
    )


def _draw_services(comparison: Comparison, run: str) -> Drawing:
    cells, names, held = _service_cells(comparison, run)
    kinds = ["local" if kind == "footprint" else str(kind) for kind in cells["level"].unique()]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        wide = figure.get_size_inches()[0] > figure.get_size_inches()[1]
        rows = cells
        if wide:
            most = list(dict.fromkeys(cells["service"]))[: MOST_SERVICES // 2]
            rows = cells[cells["service"].isin(most)]
        plot_services(axes, rows, names)
        figure.legend(
            handles=list_keys([*kinds, "local"]), loc="lower left", ncols=3, frameon=False
        )

    shown = cells["service"].nunique()
    return Drawing(
        name=f"services-{slug(run)}",
        title=f"{run}: the largest services that some footprint holds",
        alt=wordings.tell_services(comparison, run),
        data=comparison.services[comparison.services["run"] == run][
            ["service", "name", "footprint", "level", "spend_m", "leakage_share"]
        ],
        draw=draw,
        height=min(9.3, 2.0 + 0.214 * shown),
        note=wordings.note_services(shown, held, comparison),
    )


def _service_cells(comparison: Comparison, run: str) -> tuple[pd.DataFrame, dict[str, str], int]:
    """Cells of the largest services, headings of the columns, and how many services are held."""
    table = comparison.services[comparison.services["run"] == run]
    somewhere = table.loc[table["level"] != "national", "service"].unique()
    held = table[table["service"].isin(somewhere)]
    size = held.groupby("service")["spend_m"].sum().sort_values(ascending=False)
    order = {code: at for at, code in enumerate(size.index[:MOST_SERVICES])}
    shown = held[held["service"].isin(order)]
    shown = shown.sort_values("service", key=lambda codes: codes.map(order), kind="stable")
    cells = shown[["footprint", "level", "leakage_share"]].assign(
        service=[f"{name} ({code})" for code, name in shown[["service", "name"]].to_numpy()]
    )
    numbers = sorted(comparison.numbers_of(run).items(), key=lambda pair: pair[1])
    many = len(numbers) > MOST_IN_A_COLUMN
    headings = {name: str(number) if many else f"{number}  {name}" for name, number in numbers}
    return cells, headings, len(size)


def _draw_together(comparison: Comparison) -> Drawing:
    title = f"How often two ICBs are together in the {len(comparison.on_one_map)} plans"
    return draw_together(comparison, measure_together(comparison), "together", title, "")


def draw_together(
    comparison: Comparison, share: pd.DataFrame, name: str, title: str, note: str
) -> Drawing:
    """A matrix of ICBs by ICBs in the order of the baseline's footprints.

    Args:
        comparison: the runs.
        share: share of some plans in which each two ICBs are together.
        name: stem of the files.
        title: caption.
        note: what else the reader must know.
    """
    order = comparison.moves[comparison.moves["run"] == comparison.baseline]
    numbers = comparison.numbers[comparison.numbers["run"] == comparison.baseline]
    order = order.merge(numbers[["footprint", "number"]], on="footprint")
    order = order.sort_values(["number", "icb"], ignore_index=True)
    share = share.loc[order["icb"], order["icb"]]
    ends = order.groupby("number")["icb"].size().cumsum().tolist()[:-1]
    labels = [f"{text}  {icb}" for text, icb in order[["name", "icb"]].to_numpy()]

    def draw(figure: Figure) -> None:
        plot_together(figure.add_subplot(), share, ends, labels)

    reading = (
        "Dark: together in every plan; a number: in that % of the plans; white: in none. "
        f"Heavy lines: footprints of {comparison.baseline}. {note}"
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"{title}. {wordings.tell_together(share)}",
        data=share.rename_axis("icb").reset_index(),
        draw=draw,
        height=4.5,
        note=reading.strip(),
    )


def measure_together(comparison: Comparison) -> pd.DataFrame:
    """Share of the plans in which each two ICBs are in one footprint; ICBs by ICBs."""
    runs = list(comparison.on_one_map)
    grouping = comparison.grouping.set_index("icb")[runs]
    total = sum(
        (grouping[[run]].to_numpy() == grouping[run].to_numpy()).astype("float64") for run in runs
    )
    return pd.DataFrame(total / len(runs), grouping.index, grouping.index)
