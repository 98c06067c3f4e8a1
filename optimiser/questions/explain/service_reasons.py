"""Why a service is national or local in each footprint, and where that would flip."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.errors import Fault, FootprintsError, InputError
from optimiser.footprints.levels import (
    FOOTPRINT,
    TERMS,
    ServiceLevels,
    measure_levels,
    term_weight,
)
from optimiser.footprints.system import System
from optimiser.inputs.local_services import list_forced_local
from optimiser.plan.measure_plan import level_of_services
from optimiser.plan.naming import name_footprints
from optimiser.plan.reasons import explain_levels
from optimiser.progress import Report
from optimiser.questions.explain.differences import (
    compare_solved,
    drop_zero_terms,
    state_failure,
    state_proof,
)
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved
from optimiser.questions.explain.rules import Variant
from optimiser.spelling import join_sentences, suggest_code

FLIPS = ("contracting", "volatility", "integration", "holding")


@dataclass(frozen=True)
class ServiceReason:
    """Why a service is held where it is.

    Attributes:
        service: its code.
        name: its name.
        moves_with: codes of the services that share its level.
        footprints: one row per footprint of the best plan: footprint (its name), icbs, level,
            rule, reason, other (the best level but that of the footprint), the cost of each term if held
            by the footprint less that at the other level (``contracting_m`` …), difference_m (their sum,
            NaN where the footprint may not hold it), flip_contracting, flip_volatility,
            flip_integration, flip_holding (the weight at which the two cost the same, all else as
            it is). All hold for the present grouping; NaN where no value flips it.
        forced: the best plan with the service local everywhere and national everywhere, as
            differences to the best plan: one row each (possible is None where that was not settled); the
            grouping may change.
    """

    service: str
    name: str
    moves_with: tuple[str, ...]
    footprints: pd.DataFrame
    forced: pd.DataFrame


def explain_service(
    service: str, variant: Variant, reoptimiser: Reoptimiser, report: Report
) -> ServiceReason:
    """The rule or cost that decides each footprint's level, flip points, and exact re-solves.

    Raises:
        InputError: there is no such service.
        NoPlanError: the scenario has no plan.
    """
    known = variant.dataset.services.set_index("service")
    if service not in known.index:
        names = dict(zip(known.index, known["name"], strict=True))
        remedy = join_sentences("The dataset has no such service.", suggest_code(service, names))
        raise InputError([Fault("--service", 0, "", service, "known_service", remedy)])
    base = reoptimiser.solve(variant)
    report("base", f"the best plan scores {base.cost_m:,.2f}")
    system = base.system
    place = system.services.codes.index(service)
    group = np.flatnonzero(system.services.group == system.services.group[place])
    forced = []
    for left, where in ((2, "local"), (1, "national")):
        with reoptimiser.turn(variant, left):
            forced.append(_force(base, service, where, reoptimiser))
    report("forced", "local everywhere, national everywhere")
    return ServiceReason(
        service,
        str(known.loc[service, "name"]),
        tuple(system.services.codes[s] for s in group if s != place),
        _footprint_rows(base, place, group),
        drop_zero_terms(pd.DataFrame(forced), list(base.terms_m)),
    )


def _force(base: Solved, service: str, where: str, reoptimiser: Reoptimiser) -> dict[str, object]:
    """The best plan with the service forced one way in every footprint."""
    rules = base.variant.scenario.services
    kept = list_forced_local(base.variant.dataset.services, rules)
    local = tuple(s for s in sorted(kept) if s != service)
    national = tuple(s for s in rules.force_national if s != service)
    variant = base.variant.changed(
        {
            "services.force_local": (*local, service) if where == "local" else local,
            "services.force_national": (*national, service) if where == "national" else national,
        }
    )
    barred = str(base.system.services.barred[base.system.services.codes.index(service)])
    if where == "local" and barred:
        note = f"{barred}: it is always national"
        return {"held": where, "possible": False, "proven": True, "note": note}
    try:
        found = reoptimiser.solve(variant)
    except (TimeoutError, FootprintsError) as error:
        return {"held": where, **state_failure(error)}
    return {
        "held": where,
        "possible": True,
        **compare_solved(base, found),
        "proven": base.proven and found.proven,
        "note": state_proof(base, found),
    }


def find_flips(levels: ServiceLevels, f: int, service: int) -> dict[str, float]:
    """Weight by term at which a footprint would hold a service as cheaply as the best other level.

    Args:
        levels: the levels of all services in the footprints.
        f: the footprint's place.
        service: the service's place.

    Returns:
        ``contracting``, ``volatility``, ``integration``, ``holding``; NaN where no value flips it.
    """
    system = levels.system
    group = np.flatnonzero(system.services.group == system.services.group[service])
    amounts, _ = _compare(levels, f, group)
    flips = _flip_points(system, amounts, _may_hold(levels, f, group))
    return {term: flips[f"flip_{term}"] for term in FLIPS}


def _may_hold(levels: ServiceLevels, f: int, group: np.ndarray) -> bool:
    return FOOTPRINT in levels.allowed and bool(levels.allowed[FOOTPRINT][f, group].all())


def _footprint_rows(base: Solved, place: int, group: np.ndarray) -> pd.DataFrame:
    system = base.system
    every = np.arange(len(system.services.codes))
    levels = measure_levels(system, base.masks, every)
    taken = level_of_services(system, base.choice)
    rules, reasons = explain_levels(system, levels, taken)
    names = name_footprints(system, base.variant.dataset, base.masks)
    rows = []
    for f, mask in enumerate(base.masks):
        chosen = system.scenario.services.levels[int(taken[f, place])]
        amounts, other = _compare(levels, f, group)
        allowed = _may_hold(levels, f, group)
        rows.append(
            {
                "footprint": names[f],
                "icbs": " ".join(system.members_of(int(mask))),
                "level": chosen,
                "rule": rules[f, place],
                "reason": reasons[f, place],
                "other": other,
                **_difference(system, amounts, allowed),
                **_flip_points(system, amounts, allowed),
            }
        )
    return pd.DataFrame(rows)


def _compare(levels: ServiceLevels, f: int, group: np.ndarray) -> tuple[dict[str, float], str]:
    """Each term's measure if the footprint holds the group, less that of the best other level."""
    costs = {o: float(levels.cost_m(o)[f, group].sum()) for o in levels.allowed if o != FOOTPRINT}
    other = min(costs, key=lambda o: costs[o])
    amounts = {
        term: float(
            (levels.amount(term, FOOTPRINT)[f, group] - levels.amount(term, other)[f, group]).sum()
        )
        for term in TERMS
    }
    return amounts, other


def _difference(system: System, amounts: dict[str, float], allowed: bool) -> dict[str, float]:
    """By the footprint less the other level, by term, weight applied."""
    by_term = {f"{t}_m": term_weight(system, t) * amounts[t] for t in TERMS}
    total = sum(by_term.values())
    return {**by_term, "difference_m": total if allowed else math.nan}


def _flip_points(system: System, amounts: dict[str, float], allowed: bool) -> dict[str, float]:
    """Weight of each term at which the footprint and the other level cost the same, all else as is.

    The difference is linear in each weight, so each alone flips it at one value, at most. No value
    does where the term does not differ, where the value would be negative, or where a rule decides.
    """
    total = sum(term_weight(system, t) * amounts[t] for t in TERMS)
    found = {}
    for term in FLIPS:
        rest = total - term_weight(system, term) * amounts[term]
        flips = allowed and amounts[term] != 0 and -rest / amounts[term] >= 0
        found[f"flip_{term}"] = -rest / amounts[term] if flips else math.nan
    return found
