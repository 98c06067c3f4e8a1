"""From chosen footprints and levels to a :class:`~optimiser.plan.plan.Plan` of tidy frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import fixed_weights, measure_fixed
from optimiser.footprints.leads import find_leads, furthest_minutes, person_minutes_m
from optimiser.footprints.levels import (
    ICB,
    NATIONAL,
    TERMS,
    ServiceLevels,
    measure_levels,
    sum_taken,
)
from optimiser.footprints.measures import MODES, measure_modes, measure_readiness
from optimiser.footprints.system import System
from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.plan.plan import Outcome, Plan
from optimiser.plan.reasons import explain_levels

UNITS = {
    "leakage": "£m",
    "volatility": "£m",
    "national": "£m of benefit forgone",
    "individual": "£m",
    "committee_cost": "footprints",
    "governance": "pairs of members",
    "travel": "million person-minutes",
    "disruption": "share of pairs of residents",
    "allocation": "£m shifted",
}
"""Unit of the measure of each term, in the order in which terms are reported."""


def make_plan(
    name: str,
    system: System,
    dataset: Dataset,
    masks: Masks,
    choice: Ints,
    outcome: Outcome,
    names: Sequence[str] | None = None,
) -> Plan:
    """Measure a grouping at its levels.

    Args:
        name: name of the plan.
        system: the arrays.
        dataset: the dataset they were made from.
        masks: the footprints, (K,).
        choice: index of the level of each group of free services, (K, G).
        outcome: why the solve stopped and its bound.
        names: names of the footprints; made from the lead ICB where none are given.
    """
    leads = find_leads(system, masks)
    titles = list(names) if names is not None else footprint_names(system, masks, leads)
    every = np.arange(len(system.services.codes))
    levels = measure_levels(system, masks, every)
    taken = level_of_services(system, choice)
    services = _service_rows(system, dataset, masks, levels, taken, titles)
    return Plan(
        name=name,
        icbs=_icb_rows(system, masks, leads, titles),
        footprints=_footprint_rows(system, masks, leads, titles, levels, taken, services),
        services=services,
        terms=_term_rows(system, masks, levels, taken),
        readiness=_readiness_rows(system, masks, leads, titles),
        outcome=outcome,
        notes=_notes(dataset),
    )


def level_of_services(system: System, choice: Ints) -> Ints:
    """Index of the level of every service in each footprint, (K, S)."""
    arrays = system.services
    free = np.flatnonzero(arrays.barred == "")
    national = system.scenario.services.levels.index(NATIONAL)
    taken = np.full((len(choice), len(arrays.codes)), national)
    groups = np.unique(arrays.group[free])
    taken[:, free] = choice[:, np.searchsorted(groups, arrays.group[free])]
    return taken


def footprint_names(system: System, masks: Masks, leads: Ints) -> list[str]:
    """A footprint is called after its lead ICB: ``Kent and Medway group``, or the ICB if alone."""
    return [
        system.names[lead] + (" group" if int(mask).bit_count() > 1 else "")
        for mask, lead in zip(masks, leads, strict=True)
    ]


def _notes(dataset: Dataset) -> tuple[str, ...]:
    return (*dataset.notices, *dataset.about.modelled)


def _icb_rows(system: System, masks: Masks, leads: Ints, titles: list[str]) -> pd.DataFrame:
    home = membership(masks, system.size).argmax(axis=0)
    return pd.DataFrame(
        {
            "icb": system.icbs,
            "name": system.names,
            "footprint": [titles[f] for f in home],
            "lead": leads[home] == np.arange(system.size),
        }
    )


def _level_names(system: System, taken: Ints) -> pd.Series:
    return pd.Series(np.array(system.scenario.services.levels)[taken].T.reshape(-1), dtype="str")


def _service_rows(
    system: System,
    dataset: Dataset,
    masks: Masks,
    levels: ServiceLevels,
    taken: Ints,
    titles: list[str],
) -> pd.DataFrame:
    """One row per service and footprint, services in the dataset's order."""
    table, count = dataset.services, len(masks)
    measures = levels.measures
    rules, reasons = explain_levels(system, levels, taken)
    leak = _at_level(system, levels, "leakage", taken, measures.leakage_m)
    risk = _at_level(system, levels, "volatility", taken, measures.volatility_m)
    spend = measures.spend_m

    def repeated(column: str) -> pd.Series:
        return table[column].repeat(count).reset_index(drop=True)

    def flat(values: Floats | Bools) -> Floats:
        return np.asarray(values.T.reshape(-1))

    with np.errstate(divide="ignore", invalid="ignore"):
        patients = np.where(spend > 0, spend / system.services.case_m, 0.0)
        leak_share, cv = leak / spend, risk / spend
    return pd.DataFrame(
        {
            "service": repeated("service"),
            "name": repeated("name"),
            "category": repeated("category"),
            "footprint": titles * len(table),
            "level": _level_names(system, taken),
            "rule": flat(rules),
            "reason": flat(reasons),
            "spend_m": flat(spend),
            "leakage_m": flat(leak),
            "leakage_share": flat(leak_share),
            "volatility_m": flat(risk),
            "cv": flat(cv),
            "providers": flat(measures.providers).astype(np.int64),
            "patients": flat(patients),
            "national_cost_m": flat(_finite(levels.cost_m(system, NATIONAL))),
            "local_cost_m": flat(_finite(_best_local(system, levels))),
            "provenance": repeated("provenance"),
        }
    )


def _finite(cost: Floats) -> Floats:
    return np.where(np.isinf(cost), np.nan, cost)


def _best_local(system: System, levels: ServiceLevels) -> Floats:
    costs = [levels.cost_m(system, o) for o in levels.allowed if o != NATIONAL]
    blank = np.full(levels.measures.spend_m.shape, np.inf)
    return np.asarray(np.minimum.reduce([blank, *costs]))


def _at_level(
    system: System, levels: ServiceLevels, term: str, taken: Ints, national: Floats
) -> Floats:
    """A measure at the level at which each service is held (as if by the footprint if national)."""
    found = national.copy()
    if ICB in system.scenario.services.levels:
        place = system.scenario.services.levels.index(ICB)
        found = np.where(taken == place, levels.amounts[term][ICB], found)
    return found


def _sum_where(values: Floats, chosen: Bools) -> Floats:
    return np.asarray(np.where(chosen, values, 0.0).sum(axis=1))


def _footprint_rows(
    system: System,
    masks: Masks,
    leads: Ints,
    titles: list[str],
    levels: ServiceLevels,
    taken: Ints,
    services: pd.DataFrame,
) -> pd.DataFrame:
    measures, order = levels.measures, system.scenario.services.levels
    local = taken != order.index(NATIONAL)
    inside = membership(masks, system.size)
    leak = _at_level(system, levels, "leakage", taken, measures.leakage_m)
    risk = _at_level(system, levels, "volatility", taken, measures.volatility_m)
    local_spend, local_leak = _sum_where(measures.spend_m, local), _sum_where(leak, local)
    people = inside @ system.residents
    by_footprint = services.groupby("footprint", sort=False)
    pooled = np.sqrt(_sum_where(risk**2, local))
    terms = _terms_by_footprint(system, masks, levels, taken)
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "footprint": titles,
                "icbs": [" ".join(system.members_of(int(mask))) for mask in masks],
                "members": inside.sum(axis=1).astype(np.int64),
                "population": people,
                "lead": [system.icbs[lead] for lead in leads],
                "lead_name": [system.names[lead] for lead in leads],
                "mode": [MODES[mode] for mode in measure_modes(system, masks)],
                "spend_m": by_footprint["spend_m"].sum().reindex(titles).to_numpy(),
                "local_services": local.sum(axis=1),
                "local_spend_m": local_spend,
                "leakage_m": local_leak,
                "leakage_share": local_leak / local_spend,
                "all_leakage_share": measures.leakage_m.sum(axis=1) / measures.spend_m.sum(axis=1),
                "imports_m": _imports(system, masks, local),
                "volatility_m": _sum_where(risk, local),
                "pooled_volatility_m": pooled,
                "cv": pooled / local_spend,
                "national_m": _sum_where(measures.spend_m, ~local),
                "travel_minutes": person_minutes_m(system, masks, leads) * 1e6 / people,
                "furthest_minutes": furthest_minutes(system, masks, leads),
                "cost_m": sum(terms.values()),
            }
        )


def _imports(system: System, masks: Masks, local: Bools) -> Floats:
    """£m that residents of elsewhere spend in the footprint on services it holds, (K,)."""
    inside = membership(masks, system.size)
    hosted = np.einsum("sij,fj->fs", system.services.within_m, inside)
    kept = np.einsum("fi,sij,fj->fs", inside, system.services.within_m, inside, optimize=True)
    return _sum_where(hosted - kept, local)


def measure_terms(
    system: System, masks: Masks, levels: ServiceLevels, taken: Ints
) -> dict[str, Floats]:
    """Unweighted measure of every term in each footprint, (K,) each; all services in ``levels``."""
    measured = measure_fixed(system, masks)
    for term in TERMS:
        measured[term] = sum_taken(system, levels, term, taken)
    if not system.scenario.objective.travel:
        measured["travel"] = person_minutes_m(system, masks, find_leads(system, masks))
    return {term: measured[term] for term in UNITS}


def term_weights(system: System) -> dict[str, float]:
    """Weight of every term, £m per unit of its measure."""
    return {
        **{term: float(getattr(system.scenario.objective, term)) for term in TERMS},
        **fixed_weights(system),
    }


def _terms_by_footprint(
    system: System, masks: Masks, levels: ServiceLevels, taken: Ints
) -> dict[str, Floats]:
    weights = term_weights(system)
    measured = measure_terms(system, masks, levels, taken)
    return {term: weights[term] * measured[term] for term in UNITS}


def _term_rows(system: System, masks: Masks, levels: ServiceLevels, taken: Ints) -> pd.DataFrame:
    weights = term_weights(system)
    measured = measure_terms(system, masks, levels, taken)
    return pd.DataFrame(
        {
            "term": list(UNITS),
            "weight": [weights[term] for term in UNITS],
            "measure": [float(measured[term].sum()) for term in UNITS],
            "unit": list(UNITS.values()),
            "cost_m": [weights[term] * float(measured[term].sum()) for term in UNITS],
        }
    )


def _readiness_rows(system: System, masks: Masks, leads: Ints, titles: list[str]) -> pd.DataFrame:
    columns = ["footprint", "domain", "score", "joint", "delegated"]
    if system.readiness is None:
        return pd.DataFrame({column: [] for column in columns})
    score = measure_readiness(system, masks, leads)
    return pd.DataFrame(
        {
            "footprint": np.repeat(titles, len(PDAF_DOMAINS)),
            "domain": list(PDAF_DOMAINS) * len(masks),
            "score": score.reshape(-1),
            "joint": np.tile(system.joint, len(masks)),
            "delegated": np.tile(system.delegated, len(masks)),
        }
    )
