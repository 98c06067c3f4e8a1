"""A plan: one grouping with the level of every service, as tidy frames; no solver inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

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
            (held by the footprint), individual_m (by single ICBs), national_m, held_outside_m,
            held_outside_share (of what is held locally), volatility_m (its share of its holders'
            standard deviations), pooled_volatility_m (one budget of everything in scope),
            held_volatility_m (of what the footprint holds), cv (pooled volatility by in-scope
            spend), travel_minutes (mean to the lead), furthest_minutes, cost_m.
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

    @property
    def grouping(self) -> dict[str, tuple[str, ...]]:
        """Footprint name to its ICBs."""
        groups = self.icbs.groupby("footprint", sort=False)["icb"]
        return {str(name): tuple(codes) for name, codes in groups}

    @property
    def objective(self) -> float:
        """The score, £m-equivalents."""
        return self.outcome.objective
