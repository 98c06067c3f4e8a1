"""``footprints alternatives``: every plan within a gap of the best one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import (
    format_option,
    open_scenario,
    out_option,
    scenario_argument,
    settings_options,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.questions.answers import Alternatives, Placed


class Within(click.ParamType):  # type: ignore[type-arg]
    """A gap: ``1%`` of the best cost, or ``5m`` for £5m a year."""

    name = "gap"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float | None]:
        """Share and £m (None where the share counts)."""
        text = str(value).strip()
        try:
            number = float(text.rstrip("%m"))
            if number < 0 or not text.endswith(("%", "m")):
                raise ValueError
        except ValueError:
            self.fail(f"{text!r} is no gap: write 1% or 5m (£m a year).", param, ctx)
        return (number / 100, None) if text.endswith("%") else (0.0, number)


@click.command("alternatives", short_help="Every plan within a gap of the best one.")
@scenario_argument
@click.option("--within", type=Within(), default="1%", show_default=True, help="1% or 5m (£m).")
@click.option(
    "--limit", default=10_000, show_default=True, type=click.IntRange(min=1), help="Most plans."
)
@click.option(
    "--diverse", default=5, show_default=True, type=click.IntRange(min=1), help="Short list."
)
@click.option(
    "--place",
    "placed",
    multiple=True,
    metavar="PLAN",
    help="Also say where a carried plan or plan file stands, and the fewest moves on from it.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Of the draws of --place.")
@out_option
@settings_options
@format_option
def command(
    scenario: Path | None,
    within: tuple[float, float | None],
    limit: int,
    diverse: int,
    placed: tuple[str, ...],
    seed: int,
    out: Path | None,
    time_limit: float | None,
    threads: int | None,
    overrides: tuple[str, ...],
    shape: str,
) -> None:
    r"""List every plan whose cost is within a gap of the best one; say when the list is complete.

    Also a short list of plans that differ as much as possible, the share of plans in which each
    pair of ICBs is together, and the share of residents for whom each service is local.

    \b
    Examples:
      footprints alternatives --within 1%
      footprints alternatives --within 5m --place nine-committees-2023
    """
    from optimiser.cli.progress import progress
    from optimiser.folders import new_folder
    from optimiser.questions.answers import alternatives, place

    asked = open_scenario(scenario, overrides, time_limit, threads)
    with new_folder(out, asked.name, "alternatives-") as taken:
        with progress() as report:
            found = alternatives(asked, within[0], within[1], limit, diverse, report)
            stands = [place(found, name, seed=seed) for name in placed]
        _save(found, stands, taken.draft)
    _print(found, stands, taken.final, shape)


def _save(found: Alternatives, stands: list[Placed], folder: Path) -> None:
    import numpy as np

    from optimiser.cli.tables import grouping_frames, save_tables
    from optimiser.reports.frontier_plot import plot_together, write_figure

    frames = {
        "plans": found.summarise(),
        "together": found.summarise_pairs(),
        "services": found.summarise_services(),
        **{f"path-{Path(one.plan).stem}": _path_frame(found, one) for one in stands},
    }
    near, system = found.near, found.case.system
    shortlist = {f"plan-{k + 1:02}": near.plans[k] for k in found.shortlist}
    frames.update(grouping_frames(found.case, shortlist))
    about = {"statement": near.statement(), "complete": near.complete, "count": len(near.plans)}
    save_tables(folder, found.case, frames, about)
    groups = [
        [int(i) for i in np.flatnonzero([int(mask) >> i & 1 for i in range(system.size)])]
        for mask in near.plans[0]
    ]

    def draw(axes: object) -> None:
        plot_together(axes, found.together.share, system.names, groups)  # type: ignore[arg-type]

    write_figure(draw, folder, "together", (9.0, 8.0))
    _save_map(found, folder)


def _save_map(found: Alternatives, folder: Path) -> None:
    """Togetherness on the boundaries, where there are any: ``together-map`` and its data."""
    from optimiser.reports.atlas import read_atlas
    from optimiser.reports.bordermap import draw_borders
    from optimiser.reports.drawing import write_drawings

    system, near = found.case.system, found.near
    atlas = read_atlas(found.case.dataset)
    if not atlas.shapes:
        return
    pairs = found.summarise_pairs()
    shares = {(a, b): float(share) for a, b, share in pairs.to_numpy().tolist()}
    names = dict(zip(system.icbs, system.names, strict=True))
    drawing = draw_borders(shares, names, atlas, len(near.plans), near.statement())
    write_drawings([drawing], folder)


def _path_frame(found: Alternatives, one: Placed) -> pd.DataFrame:
    import pandas as pd

    names = found.case.system.names
    costs = [step.cost_m for step in one.path.steps]
    return pd.DataFrame(
        {
            "move": range(len(costs)),
            "icb": ["" if s.icb < 0 else names[s.icb] for s in one.path.steps],
            "cost_m": costs,
            "gain_m": [0.0, *(a - b for a, b in pairwise(costs))],
            "footprints": [len(s.masks) for s in one.path.steps],
            "broken": [" ".join(s.broken) for s in one.path.steps],
        }
    )


def _print(found: Alternatives, stands: list[Placed], folder: Path, shape: str) -> None:
    from optimiser.cli.tables import print_frame
    from optimiser.cli.text import wrap
    from optimiser.runs.folder import plain

    plans = found.summarise()
    if shape == "json":
        click.echo(json.dumps(plain(_as_json(found, stands, folder)), indent=2, ensure_ascii=False))
        return
    if shape == "csv":
        print_frame(plans, shape)
        return
    click.echo("The best plan, and the plans of the short list:\n")
    print_frame(plans[plans["shortlist"]].drop(columns=["icbs", "shortlist"]), shape)
    click.echo("\n" + wrap(found.near.statement()))
    always, never = (_pairs(found, p) for p in (found.together.always(), _neighbours(found)))
    click.echo(
        wrap(f"\nTogether in every plan ({len(always)} pairs): {'; '.join(always) or '-'}", "  ")
    )
    click.echo(
        wrap(f"\nNeighbours together in none ({len(never)} pairs): {'; '.join(never) or '-'}", "  ")
    )
    for one in stands:
        click.echo("\n" + wrap(_tell(one)))
        print_frame(_path_frame(found, one), shape)
    click.echo(f"\nSaved: {folder}")


def _neighbours(found: Alternatives) -> list[tuple[int, int]]:
    near = found.case.system.neighbours
    return [(i, j) for i, j in found.together.never() if int(near[i]) >> j & 1]


def _pairs(found: Alternatives, pairs: list[tuple[int, int]]) -> list[str]:
    names = found.case.system.names
    return [f"{names[i]} + {names[j]}" for i, j in pairs]


def _tell(one: Placed) -> str:
    order = "proven best order" if one.path.exact else "a good order, not proven best"
    away = one.distance
    return (
        f"{one.plan} costs £{one.cost_m:,.2f}m. {one.better_share:.2%} of plans within the rules cost "
        f"less (standard error {one.standard_error:.2%}). {one.standing.statement()} From it to the "
        f"best plan: {away.icbs_moved} ICBs move "
        f"({away.population_moved / 1e6:,.2f} million people at least), "
        f"variation of information {away.variation_of_information:.2f} bits, "
        f"Rand {away.rand_share:.3f}. "
        f"The moves, in {order}:"
    )


def _as_json(found: Alternatives, stands: list[Placed], folder: Path) -> dict[str, object]:
    near = found.near
    return {
        "count": len(near.plans),
        "complete": near.complete,
        "within": {"share": near.limit_m / near.best_m - 1, "m": near.limit_m - near.best_m},
        "statement": near.statement(),
        "plans": found.summarise(),
        "always": _pairs(found, found.together.always()),
        "never": _pairs(found, _neighbours(found)),
        "services": found.summarise_services(),
        "placed": [
            {
                "plan": one.plan,
                "cost_m": one.cost_m,
                "better_share": one.better_share,
                "standard_error": one.standard_error,
                "exact": one.standing.exact,
                "feasible_plans": one.standing.total,
                "effective_draws": one.standing.effective,
                "r_hat": one.standing.r_hat,
                "distance": vars(one.distance),
                "path_exact": one.path.exact,
                "path": _path_frame(found, one),
            }
            for one in stands
        ],
        "folder": str(folder),
    }
