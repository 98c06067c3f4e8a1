"""Why each service is held where it is: the rule or cost that decided, in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.arrays import Floats, Ints
from optimiser.footprints.levels import (
    COLLABORATIVE,
    FOOTPRINT,
    NATIONAL,
    ServiceLevels,
    check_local_rules,
)
from optimiser.footprints.measures import MODES, Measures
from optimiser.footprints.system import System
from optimiser.inputs.local_services import REASONS

Texts = NDArray[Any]


def explain_levels(system: System, levels: ServiceLevels, taken: Ints) -> tuple[Texts, Texts]:
    """Rule that decided and its sentence, for every service in every footprint, (K, S) each.

    Args:
        system: the arrays.
        levels: the levels of all services in the footprints.
        taken: index of the level of each service, (K, S).
    """
    shape = taken.shape
    rules, reasons = np.empty(shape, dtype=object), np.empty(shape, dtype=object)
    checks = check_local_rules(system, levels.measures, levels.services)
    costs = {o: levels.cost_m(o) for o in levels.allowed}
    for f in range(shape[0]):
        for s in range(shape[1]):
            rules[f, s], reasons[f, s] = _explain(system, levels, checks, costs, taken, f, s)
    return rules, reasons


def _explain(
    system: System,
    levels: ServiceLevels,
    checks: dict[str, Any],
    costs: dict[str, Floats],
    taken: Ints,
    f: int,
    s: int,
) -> tuple[str, str]:
    barred = str(system.services.barred[s])
    if barred:
        return barred, f"National: {REASONS[barred]}."
    chosen = system.scenario.services.levels[int(taken[f, s])]
    if system.services.forced_local[s]:
        return "force_local", "Local: the scenario forces it local."
    broken = next((name for name, kept in checks.items() if not kept[f, s]), "levels")
    if any(levels.allowed[o][f, s] for o in levels.allowed if o != NATIONAL):
        rule, reason = _by_cost(system, levels, costs, chosen, f, s)
        if chosen == COLLABORATIVE and FOOTPRINT in costs and broken != "levels":
            why = state_broken_rule(system, levels.measures, broken, f, s)
            reason = f"{reason} Its committee may not hold it: {why}."
        return rule, reason
    return broken, f"National: {state_broken_rule(system, levels.measures, broken, f, s)}."


def _by_cost(
    system: System,
    levels: ServiceLevels,
    costs: dict[str, Floats],
    chosen: str,
    f: int,
    s: int,
) -> tuple[str, str]:
    group = np.flatnonzero(system.services.group == system.services.group[s])
    if len(group) > 1:
        first = _group_cost(costs, chosen, f, group)
        others = {o: _group_cost(costs, o, f, group) for o in costs if o != chosen}
        with_it = " with the services it moves with"
    else:
        first, with_it = float(costs[chosen][f, s]), ""
        others = {o: float(costs[o][f, s]) for o in costs if o != chosen}
    open_others = {o: cost for o, cost in others.items() if np.isfinite(cost)}
    if not open_others:
        return "moves_with", f"{_SAID[chosen]}: the services it moves with leave no other level."
    rival = min(open_others, key=lambda o: open_others[o])
    saving = open_others[rival] - first
    if saving < -1e-9:
        return "totals", (
            f"{_SAID[chosen]}: a floor or ceiling across footprints decides; alone, "
            f"{_lower(rival)} would score {-saving:,.2f} less."
        )
    return "cost", f"{_SAID[chosen]}{with_it}: scores {saving:,.2f} less than {_lower(rival)}."


def _group_cost(costs: dict[str, Floats], level: str, f: int, group: Ints) -> float:
    return float(costs[level][f, group].sum())


_SAID = {
    "national": "National",
    "footprint": "By the footprint",
    "icb": "By single ICBs where that is cheaper for them",
    "collaborative": "By a provider collaborative",
}


def _lower(level: str) -> str:
    """A level within a sentence: ICB keeps its capitals."""
    return _SAID[level][:1].lower() + _SAID[level][1:]


def state_broken_rule(system: System, measures: Measures, rule: str, f: int, s: int) -> str:
    """What a holder lacks, in words: a rule of ``check_local_rules`` it breaks for a service.

    Args:
        system: the arrays.
        measures: measures of the holders for all services.
        rule: the rule that is broken.
        f: index of the holder.
        s: index of the service.
    """
    arrays = system.services
    if rule == "readiness":
        needed = "delegated" if arrays.needs_delegation[s] else "joint"
        return f"the footprint is {MODES[measures.mode[f]]}, the service needs {needed}"
    if rule == "min_providers":
        return (
            f"the footprint hosts {int(measures.providers[f, s])} of its providers, "
            f"{int(arrays.min_providers[s])} are needed"
        )
    if rule == "min_patients":
        spend = float(measures.spend_m[f, s])
        return (
            f"£{spend:,.3f}m a year ({spend / arrays.case_m[s]:,.0f} patients) is too small to hold; "
            f"the floor on patients asks for £{arrays.min_spend_m[s]:,.3f}m"
        )
    if rule == "max_cv":
        return (
            f"the footprint's in-scope budget varies by {measures.cv[f]:.2%} of itself by chance, "
            f"at most {arrays.max_cv[s]:.2%} is allowed"
        )
    return "no local level is open"
