"""Why a service is national or local in each footprint, and where that would flip."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.errors import Fault, FootprintsError, InputError
from optimiser.footprints.levels import (
    FOOTPRINT,
    NATIONAL,
    TERMS,
    ServiceLevels,
    measure_levels,
)
from optimiser.footprints.system import System
from optimiser.plan.measure_plan import level_of_services
from optimiser.plan.reasons import explain_levels
from optimiser.progress import Report
from optimiser.questions.explain.candidate_lists import Variant
from optimiser.questions.explain.differences import compare_solved, drop_zero_terms
from optimiser.questions.explain.reoptimise import Reoptimiser, Solved

FLIPS = ("leakage", "volatility", "national")


@dataclass(frozen=True)
class ServiceReason:
    """Why a service is held where it is.

    Attributes:
        service: its code.
        name: its name.
        moves_with: codes of the services that share its level.
        footprints: one row per footprint of the best plan: footprint (ICBs), level, rule, reason,
            the cost of each term if national and if held by the footprint (``leakage_m`` …:
            local less national), difference_m (local less national, NaN where local is not
            allowed), flip_leakage, flip_volatility, flip_national (the weight at which the level
            flips, all else as it is), flip_benefit_share (the integration benefit at which it does).
            All hold for the present grouping; NaN where no value flips it.
        forced: the best plan with the service local everywhere and national everywhere, as
            differences to the best plan: one row each; the grouping may change.
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
        remedy = f"The dataset has no such service. It has: {', '.join(known.index)}."
        raise InputError([Fault("--service", 0, "", service, "known_service", remedy)])
    base = reoptimiser.solve(variant)
    report("base", f"£{base.cost_m:,.2f}m a year")
    system = base.system
    place = system.services.codes.index(service)
    group = np.flatnonzero(system.services.group == system.services.group[place])
    forced = [_force(base, service, where, reoptimiser) for where in ("local", "national")]
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
    local = tuple(s for s in rules.force_local if s != service)
    national = tuple(s for s in rules.force_national if s != service)
    variant = base.variant.changed(
        {
            "services.force_local": (*local, service) if where == "local" else local,
            "services.force_national": (*national, service) if where == "national" else national,
        }
    )
    barred = str(base.system.services.barred[base.system.services.codes.index(service)])
    if where == "local" and barred:
        return {"held": where, "possible": False, "note": f"{barred}: it is always national"}
    try:
        found = reoptimiser.solve(variant)
    except TimeoutError:
        return {"held": where, "possible": None, "note": "no time left"}
    except FootprintsError as error:
        return {"held": where, "possible": False, "note": str(error)}
    return {"held": where, "possible": True, **compare_solved(base, found), "note": found.scope}


def _footprint_rows(base: Solved, place: int, group: np.ndarray) -> pd.DataFrame:
    system = base.system
    every = np.arange(len(system.services.codes))
    levels = measure_levels(system, base.masks, every)
    taken = level_of_services(system, base.choice)
    rules, reasons = explain_levels(system, levels, taken)
    rows = []
    for f, mask in enumerate(base.masks):
        chosen = system.scenario.services.levels[int(taken[f, place])]
        amounts = _amounts(system, levels, taken, f, group)
        allowed = FOOTPRINT in levels.allowed and bool(levels.allowed[FOOTPRINT][f, group].all())
        rows.append(
            {
                "footprint": " ".join(system.members_of(int(mask))),
                "level": chosen,
                "rule": rules[f, place],
                "reason": reasons[f, place],
                **_difference(system, amounts, allowed),
                **_flip_points(system, amounts, allowed),
            }
        )
    return pd.DataFrame(rows)


def _amounts(
    system: System, levels: ServiceLevels, taken: np.ndarray, f: int, group: np.ndarray
) -> dict[str, float]:
    """Unweighted measures of a group: leakage and volatility if local, benefit and spend."""
    spend = float(levels.measures.spend_m[f, group].sum())
    return {
        "leakage": float(levels.measures.leakage_m[f, group].sum()),
        "volatility": _volatility(system, levels, taken, f, group),
        "national": float(levels.amounts["national"][NATIONAL][f, group].sum()),
        "spend": spend,
    }


def _volatility(
    system: System, levels: ServiceLevels, taken: np.ndarray, f: int, group: np.ndarray
) -> float:
    """Risk that the group adds: its own, or under pooled risk what it adds to the other services'."""
    sd = levels.measures.volatility_m[f]
    if system.scenario.services.risk != "pooled":
        return float(sd[group].sum())
    hold = system.scenario.services.levels.index(FOOTPRINT)
    others = (taken[f] == hold) & ~np.isin(np.arange(len(sd)), group)
    rest = float((sd[others] ** 2).sum())
    return math.sqrt(rest + float((sd[group] ** 2).sum())) - math.sqrt(rest)


def _difference(system: System, amounts: dict[str, float], allowed: bool) -> dict[str, float]:
    """Local less national, £m a year by term, weight applied."""
    weights = system.scenario.objective
    signs = {"leakage": 1.0, "volatility": 1.0, "national": -1.0}
    by_term = {
        f"{t}_m": signs[t] * float(getattr(weights, t)) * amounts[t] for t in TERMS if t in signs
    }
    total = sum(by_term.values())
    return {**by_term, "difference_m": total if allowed else math.nan}


def _flip_points(system: System, amounts: dict[str, float], allowed: bool) -> dict[str, float]:
    """Weights, and the benefit share, at which local and national cost the same.

    With cost(local) = a·leakage + v·volatility and cost(national) = n·benefit, the difference is
    linear in each weight, so each alone flips it at one value, at most. No value does where the
    measure is zero, where the value would be negative, or where a rule decides.
    """
    weights = system.scenario.objective
    cost = {t: float(getattr(weights, t)) * amounts[t] for t in FLIPS}
    local = cost["leakage"] + cost["volatility"]

    def at(needed: float, measure: float) -> float:
        if not allowed or measure <= 0 or needed < 0:
            return math.nan
        return needed / measure

    spend = float(weights.national) * amounts["spend"]
    return {
        "flip_leakage": at(cost["national"] - cost["volatility"], amounts["leakage"]),
        "flip_volatility": at(cost["national"] - cost["leakage"], amounts["volatility"]),
        "flip_national": at(local, amounts["national"]),
        "flip_benefit_share": at(local, spend),
    }
