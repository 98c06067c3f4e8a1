"""``footprints alternatives``: every plan within a gap of the best one."""

from __future__ import annotations

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
    from optimiser.questions.alternatives import Alternatives, Placed


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
    import optimiser as fp
    from optimiser.cli.progress import progress
    from optimiser.folders import check_absent

    check_absent(out)
    rules = open_scenario(scenario, overrides, time_limit, threads)
    with progress() as report:
        found = fp.alternatives(
            rules,
            within_share=within[0],
            within_m=within[1],
            limit=limit,
            diverse=diverse,
            place=placed,
            seed=seed,
            report=report,
        )
        folder = found.save(out)
    _print(found, folder, shape)


def _print(found: Alternatives, folder: Path, shape: str) -> None:
    from optimiser.cli.printing import print_frame, print_json
    from optimiser.reports.text import wrap

    plans = found.summarise()
    if shape == "json":
        print_json(_as_json(found, folder))
        return
    if shape == "csv":
        print_frame(plans, shape)
        return
    click.echo("The best plan, and the plans of the short list:\n")
    print_frame(plans[plans["shortlist"]].drop(columns=["icbs", "shortlist"]), shape)
    click.echo("\n" + wrap(found.near.statement()))
    always, never = found.list_always(), found.list_never()
    click.echo(
        wrap(f"\nTogether in every plan ({len(always)} pairs): {'; '.join(always) or '-'}", "  ")
    )
    click.echo(
        wrap(f"\nNeighbours together in none ({len(never)} pairs): {'; '.join(never) or '-'}", "  ")
    )
    for one in found.placed:
        click.echo("\n" + wrap(_tell(one)))
        print_frame(one.summarise_path(), shape)
    click.echo(f"\nSaved: {folder}")


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


def _as_json(found: Alternatives, folder: Path) -> dict[str, object]:
    near = found.near
    return {
        "count": len(near.plans),
        "complete": near.complete,
        "within": {"share": near.limit_m / near.best_m - 1, "m": near.limit_m - near.best_m},
        "statement": near.statement(),
        "plans": found.summarise(),
        "always": found.list_always(),
        "never": found.list_never(),
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
                "path": one.summarise_path(),
            }
            for one in found.placed
        ],
        "folder": str(folder),
    }
