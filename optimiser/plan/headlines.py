"""The few figures that every comparison of plans rests on: like with like first, then what is held."""

from __future__ import annotations

from dataclasses import dataclass

from optimiser.plan.plan import Plan


@dataclass(frozen=True)
class Headlines:
    """Headline figures of a plan.

    Attributes:
        footprints: how many.
        in_scope_treated_outside_share: share of in-scope spend treated outside the residents'
            footprint, whoever holds it: the same services in every plan.
        smallest_m: residents of the smallest footprint, millions.
        largest_m: residents of the largest.
        pooled_volatility_m: standard deviations by chance of the footprints' in-scope budgets, were
            each footprint to hold everything in scope, £m, added up.
        collective_m: £m a year held by footprints.
        individual_m: £m a year held by single ICBs.
        national_m: £m a year in scope held by England.
        smallest_local_share: least share of its in-scope spend that a footprint and its ICBs hold.
        held_treated_outside_share: share of what is held locally that its holder buys outside its
            territory; None where nothing is held.
        score: sum of the weighted terms, £m-equivalents.
        avoidable_score: the score less what is the same in every plan.
    """

    footprints: int
    in_scope_treated_outside_share: float
    smallest_m: float
    largest_m: float
    pooled_volatility_m: float
    collective_m: float
    individual_m: float
    national_m: float
    smallest_local_share: float
    held_treated_outside_share: float | None
    score: float
    avoidable_score: float


def measure_headlines(plan: Plan) -> Headlines:
    """The headline figures of a plan."""
    table = plan.footprints
    scope, local = float(table["scope_spend_m"].sum()), float(table["local_spend_m"].sum())
    return Headlines(
        footprints=len(table),
        in_scope_treated_outside_share=float(table["leakage_m"].sum()) / scope if scope else 0.0,
        smallest_m=float(table["population"].min()) / 1e6,
        largest_m=float(table["population"].max()) / 1e6,
        pooled_volatility_m=float(table["pooled_volatility_m"].sum()),
        collective_m=float(table["collective_m"].sum()),
        individual_m=float(table["individual_m"].sum()),
        national_m=scope - local,
        smallest_local_share=float(table["local_share"].fillna(0.0).min()),
        held_treated_outside_share=float(table["held_outside_m"].sum()) / local if local else None,
        score=plan.objective,
        avoidable_score=plan.objective - float(plan.terms["unavoidable_m"].sum()),
    )
