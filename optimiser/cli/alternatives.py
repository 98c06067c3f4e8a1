"""``footprints alternatives``: every plan within a gap of the best one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, progress
from optimiser.cli.shared import format_or_details, out_option, settings_options, takes_scenario
from optimiser.reports.sentences import join
from optimiser.reports.text import format_frame, wrap

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario
    from optimiser.questions.alternatives import Alternatives, Placed


class Within(click.ParamType):  # type: ignore[type-arg]  # click takes none before 8.4
    """A gap: ``1%`` of what a plan can change, or ``5m`` for a score of 5 £m-equivalents."""

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
            self.fail(
                f"{text!r} is no gap: write 1% (of what a plan can change) or 5m (£m-equivalents).",
                param,
                ctx,
            )
        return (number / 100, None) if text.endswith("%") else (0.0, number)


@click.command("alternatives", short_help="Every plan within a gap of the best one.")
@takes_scenario
@click.option(
    "--within",
    type=Within(),
    default="1%",
    show_default=True,
    help="1% of what a plan can change, or 5m: £m-equivalents.",
)
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
@format_or_details
def command(
    rules: Scenario,
    within: tuple[float, float | None],
    out: Path | None,
    shape: str,
    **choices: Any,
) -> None:
    r"""List every plan whose score is within a gap of the best one; say when the list is complete.

    Also a short list of plans that differ as much as possible, the share of plans in which each
    pair of ICBs is together, and the share of residents for whom each service is local.

    \b
    Examples:
      footprints alternatives --within 1%
      footprints alternatives --within 5m --place pan-icb-offices-2027
    """
    share, money = within
    with progress() as report:
        found = fp.alternatives(rules, within_share=share, within_m=money, report=report, **choices)
        folder = found.save(out)
    print_result(
        shape,
        found.summarise(),
        lambda: _as_json(found, folder),
        lambda: _paragraphs(found, folder),
        lambda: _details(found),
    )


def _paragraphs(found: Alternatives, folder: Path) -> Iterator[str]:
    plans = found.summarise()
    yield wrap(found.near.statement())
    shown = plans[plans["shortlist"]].drop(columns=["icbs", "shortlist"])
    yield "The best plan, and plans that differ from it and from each other:\n" + format_frame(
        shown
    )
    groups = [wrap(f"  {join(names, len(names))}", "    ") for names in found.group_always()]
    yield "\n".join(["Together in every one of them:", *(groups or ["  no two ICBs"])])
    for placed in found.placed:
        yield _describe(placed)
    yield f"Saved: {folder}"


def _details(found: Alternatives) -> Iterator[str]:
    never = found.list_never()
    yield wrap(f"Neighbours together in none ({len(never)} pairs): {'; '.join(never) or '-'}", "  ")
    for placed in found.placed:
        yield wrap(placed.standing.statement())
        yield format_frame(placed.summarise_path())


def _describe(placed: Placed) -> str:
    from optimiser.reports.sentences import count
    from optimiser.spelling import title_plan

    away, error = placed.distance, 2 * placed.standard_error
    standing = placed.standing
    if standing.better is None:
        share = (
            f"about {placed.better_share:.1%} (give or take {error:.1%}, an estimate) of the plans"
        )
    else:
        share = f"{standing.better:,} of the {standing.total:,} plans ({placed.better_share:.2%})"
    scores = (
        f"{title_plan(placed.plan)} scores {placed.cost_m:,.1f} £m-equivalents; {share} within the"
    )
    if not away.icbs_moved:
        return wrap(f"{scores} rules score less. It is the best plan.")
    order = "proven best order" if placed.path.exact else "a good order, not proven best"
    lines = [
        f"  {move.icb}: {move.gain_m:+,.1f}"
        for move in placed.summarise_path().iloc[1:].itertuples()
    ]
    head = wrap(
        f"{scores} rules score less. From it to the best plan {count(away.icbs_moved, 'ICB')} would "
        f"move, with {away.population_moved / 1e6:,.1f} million people; gain of score, in {order}:"
    )
    return "\n".join([head, *lines])


def _as_json(found: Alternatives, folder: Path) -> dict[str, object]:
    near = found.near
    return {
        "count": len(near.plans),
        "complete": near.complete,
        "within": {
            "share": (near.limit_m - near.best_m) / found.avoidable_m,
            "m": near.limit_m - near.best_m,
        },
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
        "better_plans": standing.better,
        "effective_draws": standing.effective,
        "r_hat": standing.r_hat,
        "distance": placed.distance,
        "path_exact": placed.path.exact,
        "path": placed.summarise_path(),
    }
