"""``footprints alternatives``: every plan within a gap of the best one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimiser.cli.shared import format_option, out_option, settings_options, takes_scenario
from optimiser.reports.text import format_frame, wrap

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario
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
@takes_scenario
@click.option("--within", type=Within(), default="1%", show_default=True, help="1% or 5m (£m).")
@click.option(
    "--limit", default=10_000, show_default=True, type=click.IntRange(min=1), help="Most plans."
)
@click.option(
    "--diverse", default=5, show_default=True, type=click.IntRange(min=1), help="Short list."
)
@click.option(
    "--place",
    multiple=True,
    metavar="PLAN",
    help="Also say where a carried plan or plan file stands, and the fewest moves on from it.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Of the draws of --place.")
@out_option
@settings_options
@format_option
def command(
    rules: Scenario,
    within: tuple[float, float | None],
    out: Path | None,
    shape: str,
    **choices: Any,
) -> None:
    r"""List every plan whose cost is within a gap of the best one; say when the list is complete.

    Also a short list of plans that differ as much as possible, the share of plans in which each
    pair of ICBs is together, and the share of residents for whom each service is local.

    \b
    Examples:
      footprints alternatives --within 1%
      footprints alternatives --within 5m --place pan-icb-offices-2027
    """
    import optimiser as fp
    from optimiser.cli.printing import print_result
    from optimiser.cli.progress import progress

    share, money = within
    with progress() as report:
        found = fp.alternatives(rules, within_share=share, within_m=money, report=report, **choices)
        folder = found.save(out)
    print_result(
        shape,
        found.summarise(),
        lambda: _as_json(found, folder),
        lambda: _paragraphs(found, folder),
    )


def _paragraphs(found: Alternatives, folder: Path) -> Iterator[str]:
    plans, always, never = found.summarise(), found.list_always(), found.list_never()
    yield "The best plan, and the plans of the short list:"
    yield format_frame(plans[plans["shortlist"]].drop(columns=["icbs", "shortlist"]))
    yield wrap(found.near.statement())
    yield wrap(f"Together in every plan ({len(always)} pairs): {'; '.join(always) or '-'}", "  ")
    yield wrap(f"Neighbours together in none ({len(never)} pairs): {'; '.join(never) or '-'}", "  ")
    for placed in found.placed:
        yield f"{wrap(_describe(placed))}\n{format_frame(placed.summarise_path())}"
    yield f"Saved: {folder}"


def _describe(placed: Placed) -> str:
    order = "proven best order" if placed.path.exact else "a good order, not proven best"
    away = placed.distance
    return (
        f"{placed.plan} costs £{placed.cost_m:,.2f}m. {placed.better_share:.2%} of plans within the "
        f"rules cost less (standard error {placed.standard_error:.2%}). "
        f"{placed.standing.statement()} From it to the "
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
        "placed": [_place_as_json(placed) for placed in found.placed],
        "folder": folder,
    }


def _place_as_json(placed: Placed) -> dict[str, object]:
    standing = placed.standing
    return {
        **{key: getattr(placed, key) for key in ("plan", "cost_m", "better_share")},
        "standard_error": placed.standard_error,
        "exact": standing.exact,
        "feasible_plans": standing.total,
        "effective_draws": standing.effective,
        "r_hat": standing.r_hat,
        "distance": placed.distance,
        "path_exact": placed.path.exact,
        "path": placed.summarise_path(),
    }
