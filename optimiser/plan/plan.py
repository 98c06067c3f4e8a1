"""A plan: one grouping with the level of every service, as tidy frames; no solver inside.

Beside it stand its headlines, the few figures that every comparison rests on: like with like first,
then what is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pandas as pd

from optimiser.spelling import title_plan

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario

Status = Literal["optimal", "time_limit", "interrupted", "evaluated"]


@dataclass(frozen=True)
class Scope:
    """Over what the proof holds.

    Attributes:
        statement: one sentence: what is proved, over which candidates and rules.
        rules: the footprint rules that were switched on, in the scenario's words.
        candidates: number of candidate footprints; None where they were priced, not listed.
        candidates_hash: SHA-256 of the sorted candidate list; empty where there is none.
        survivors: candidates left after reduced-cost fixing.
    """

    statement: str
    rules: tuple[str, ...]
    candidates: int | None
    candidates_hash: str
    survivors: int


def state_scope(scenario: Scenario, size: int, candidates: int | None, proven: bool) -> str:
    """What is proven and over which plans, in a sentence.

    Args:
        scenario: what was asked.
        size: number of ICBs.
        candidates: number of candidate footprints within the rules; None where they were not listed.
        proven: the plan is the best of all; else there is a bound only.
    """
    fewest, most = scenario.footprints.count_window
    most = min(most, size)
    count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    claim = "No set of" if proven else "Bound over every set of"
    end = " costs less" if proven else ""
    listed = "" if candidates is None else f"{candidates:,} "
    whole = "contiguous " if scenario.footprints.contiguous else ""
    return (
        f"{claim} {count} footprints out of all {listed}{whole}candidates "
        f"within the rules, with any allowed levels of the services,{end}."
    ).replace(",.", ".")


@dataclass(frozen=True)
class Outcome:
    """Why the solve stopped, and how good what we hold is.

    Attributes:
        status: why it stopped (``evaluated`` for a given plan).
        objective: the plan's score, £m-equivalents.
        bound: proven lower bound on every plan's score, £m-equivalents, or None.
        gap: (objective - bound) / |objective|, a share, or None when there is no bound.
        scope: over what the bound holds, or None.
        seconds: wall time by step.
        lp_text: the selection model as solved, in LP format; empty when none was built.
        solver_log: what HiGHS wrote.
        certificate: duals and bound that ``verify`` re-checks; plain JSON values.
    """

    status: Status
    objective: float
    bound: float | None = None
    gap: float | None = None
    scope: Scope | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    lp_text: str = ""
    solver_log: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """One grouping and its service levels, measured.

    Attributes:
        name: ``optimal`` or the name of the plan that was evaluated.
        icbs: one row per ICB: icb, name, footprint, lead (bool).
        footprints: one row per footprint: footprint (its name, as a person would say it), icbs
            (codes separated by spaces), members, population, lead, lead_name, mode
            (delegated/joint/not_ready), spend_m, scope_spend_m (services in scope), leakage_m
            (in scope, treated outside, whoever holds it), leakage_share (of scope_spend_m),
            imports_m, local_services, local_spend_m, local_share (of scope_spend_m), collective_m
            (held by the footprint), collaborative_m (by lead providers for it, where that level is
            open), individual_m (by single ICBs), national_m, held_outside_m, held_outside_share (of
            what is held locally), volatility_m (its share of its holders' standard deviations),
            pooled_volatility_m (one budget of everything in scope), held_volatility_m (of what is held
            for the footprint), cv (pooled volatility by in-scope spend), travel_minutes (mean to the
            lead), furthest_minutes, cost_m.
        services: one row per service and footprint: service, name, category, footprint, level,
            single_icbs (codes of those that hold it alone; the footprint's others leave it to
            England), rule (short name of what decided: a rule, or ``cost``), reason (a sentence),
            spend_m, local_spend_m, leakage_m, leakage_share, held_outside_m, volatility_m (share of
            its holders' standard deviations), cv (of its own line), providers, patients,
            national_cost_m, local_cost_m (NaN when local is not allowed), in_scope, provenance.
        terms: one row per term of the objective: term, weight, measure, unit, cost_m, unavoidable_m
            (the part of cost_m that is the same in every plan).
        readiness: one row per footprint and domain: footprint, domain, score, joint, delegated.
        outcome: why the solve stopped, the bound and its scope.
        notes: sentences the reader must know (modelled inputs, tables that are missing).
    """

    name: str
    icbs: pd.DataFrame
    footprints: pd.DataFrame
    services: pd.DataFrame
    terms: pd.DataFrame
    readiness: pd.DataFrame
    outcome: Outcome
    notes: tuple[str, ...] = ()

    @cached_property
    def grouping(self) -> dict[str, tuple[str, ...]]:
        """Footprint name to its ICBs."""
        groups = self.icbs.groupby("footprint", sort=False)["icb"]
        return {str(name): tuple(codes) for name, codes in groups}

    @property
    def called(self) -> str:
        """What a sentence calls it."""
        if self.name != "optimal":
            return title_plan(self.name)
        return "the best plan" if self.outcome.status == "optimal" else "the best plan found"

    @property
    def objective(self) -> float:
        """The score, £m-equivalents."""
        return self.outcome.objective


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
        collective_m: £m a year held by footprints' committees.
        collaborative_m: £m a year held by lead providers for footprints.
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
    collaborative_m: float
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
        collaborative_m=float(table["collaborative_m"].sum())
        if "collaborative_m" in table
        else 0.0,
        individual_m=float(table["individual_m"].sum()),
        national_m=scope - local,
        smallest_local_share=float(table["local_share"].fillna(0.0).min()),
        held_treated_outside_share=float(table["held_outside_m"].sum()) / local if local else None,
        score=plan.objective,
        avoidable_score=plan.objective - float(plan.terms["unavoidable_m"].sum()),
    )


ALL = "All footprints"
SHARES = {
    "leakage_share": ("leakage_m", "scope_spend_m"),
    "local_share": ("local_spend_m", "scope_spend_m"),
    "held_outside_share": ("held_outside_m", "local_spend_m"),
}
"""Shares of the table, as an amount by another."""
PROVENANCE = ("run", "basis")
"""Columns that say the same of every row of a saved table."""
ADDED = ("members", "population")
"""Columns that add up, beside amounts of money (``…_m``)."""


def add_totals(footprints: pd.DataFrame) -> pd.DataFrame:
    """The footprints with a last row of all together; what has no sum is left blank there.

    The sum of ``cost_m`` is the score where no term is counted across footprints (disruption is).
    """
    added = [c for c in footprints if c in ADDED or str(c).endswith("_m")]
    total = footprints[added].sum()
    for share, (part, whole) in SHARES.items():
        total[share] = total[part] / total[whole] if total[whole] else float("nan")
    told = footprints.iloc[0][[c for c in PROVENANCE if c in footprints]]
    row = pd.DataFrame([{"footprint": ALL, **total, **told}])
    types = {**{c: footprints[c].dtype for c in ADDED}, "local_services": "Int64"}
    return pd.concat([footprints, row], ignore_index=True).astype(types)


@dataclass(frozen=True)
class Beside:
    """A best plan beside its scenario's baseline.

    Attributes:
        baseline: name of the plan of today.
        today: its headline figures, at its best levels.
        best: those of the best plan.
        moves: one row per ICB that changes footprint, in an order in which each move gains most: icb,
            name, from_footprint and to_footprint (of the baseline), gain (of the score,
            £m-equivalents; negative for a step back on the way).
        near: how many groupings score within 1 % of the best plan's avoidable score, itself included.
        near_complete: whether these are all.
    """

    baseline: str
    today: Headlines
    best: Headlines
    moves: pd.DataFrame
    near: int
    near_complete: bool

    def describe(self) -> dict[str, object]:
        """The same as plain values, for a manifest."""
        return {**asdict(self), "moves": self.moves}
