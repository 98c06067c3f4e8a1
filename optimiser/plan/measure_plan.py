"""From chosen footprints and levels to a :class:`~optimiser.plan.plan.Plan` of tidy frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.costs import TERM_UNITS, measure_barred, measure_fixed, term_weights
from optimiser.footprints.leads import find_leads, furthest_minutes, person_minutes_m
from optimiser.footprints.levels import (
    COLLABORATIVE,
    COLLECTIVE,
    ICB,
    NATIONAL,
    TERMS,
    ServiceLevels,
    measure_levels,
    sum_taken,
)
from optimiser.footprints.measures import (
    MODES,
    measure_line_sd,
    measure_modes,
    measure_readiness,
    measure_scope_leakage,
)
from optimiser.footprints.system import NEVER, System
from optimiser.inputs.checks.scenario import list_idle
from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.plan.naming import name_footprints
from optimiser.plan.plan import Outcome, Plan
from optimiser.plan.published import describe_published
from optimiser.plan.reasons import Texts, explain_levels


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
        names: names of the footprints; made of places people know where none are given.
    """
    leads = find_leads(system, masks)
    titles = list(names) if names is not None else name_footprints(system, dataset, masks)
    every = np.arange(len(system.services.codes))
    levels = measure_levels(system, masks, every)
    taken = level_of_services(system, choice)
    services = _service_rows(system, dataset, masks, levels, taken, titles)
    return Plan(
        name=name,
        icbs=_icb_rows(system, masks, leads, titles),
        footprints=_footprint_rows(system, masks, leads, titles, levels, taken),
        services=services,
        terms=_term_rows(system, masks, levels, taken),
        readiness=_readiness_rows(system, masks, leads, titles),
        outcome=outcome,
        notes=_notes(system, dataset),
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


def _notes(system: System, dataset: Dataset) -> tuple[str, ...]:
    about, idle = dataset.about, list_idle(system.scenario, dataset)
    unplaced = filter(None, [about.unplaced])
    return (*idle, *dataset.notices, *about.modelled, *unplaced, *describe_published(dataset))


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
    spend, leak = measures.spend_m, measures.leakage_m

    def repeated(column: str) -> pd.Series:
        return table[column].repeat(count).reset_index(drop=True)

    with np.errstate(divide="ignore", invalid="ignore"):
        patients = np.where(spend > 0, spend / system.services.case_m, 0.0)
        leak_share, cv = leak / spend, measure_line_sd(system, spend) / spend
    return pd.DataFrame(
        {
            "service": repeated("service"),
            "name": repeated("name"),
            "category": repeated("category"),
            "footprint": titles * len(table),
            "level": _level_names(system, taken),
            "single_icbs": _flat(_single_icbs(system, masks, levels, taken)),
            "rule": _flat(rules),
            "reason": _flat(reasons),
            "spend_m": _flat(spend),
            "local_spend_m": _flat(_at_level(levels, "local_spend", taken)),
            "leakage_m": _flat(leak),
            "leakage_share": _flat(leak_share),
            "held_outside_m": _flat(_at_level(levels, "contracting", taken, local=True)),
            "volatility_m": _flat(_at_level(levels, "volatility", taken)),
            "cv": _flat(cv),
            "providers": _flat(measures.providers).astype(np.int64),
            "patients": _flat(patients),
            "national_cost_m": _flat(_finite(levels.cost_m(NATIONAL))),
            "local_cost_m": _flat(_finite(_best_local(levels))),
            "in_scope": np.repeat(system.services.in_scope, count),
            "provenance": repeated("provenance"),
        }
    )


def _flat(values: Floats | Bools | Texts) -> Floats:
    """Values by footprint and service as one column, services in the dataset's order."""
    return np.asarray(values.T.reshape(-1))


def _single_icbs(system: System, masks: Masks, levels: ServiceLevels, taken: Ints) -> Texts:
    """Codes of the ICBs that hold each service alone, empty where none does, (K, S)."""
    found = np.full(taken.shape, "", dtype=object)
    if ICB in system.scenario.services.levels:
        inside = membership(masks, system.size) > 0
        codes = np.array(system.icbs)
        for f, s in np.argwhere(taken == system.scenario.services.levels.index(ICB)):
            found[f, s] = " ".join(codes[inside[f] & levels.holders.alone[s]])
    return found


def _finite(cost: Floats) -> Floats:
    return np.where(np.isinf(cost), np.nan, cost)


def _best_local(levels: ServiceLevels) -> Floats:
    costs = [levels.cost_m(o) for o in levels.allowed if o != NATIONAL]
    blank = np.full(levels.measures.spend_m.shape, np.inf)
    return np.asarray(np.minimum.reduce([blank, *costs]))


def _at_level(levels: ServiceLevels, name: str, taken: Ints, local: bool = False) -> Floats:
    """A measure at the level each service is held at, (K, S); only of local holders if asked."""
    found = np.zeros(taken.shape)
    for place, level in enumerate(levels.system.scenario.services.levels):
        if level == NATIONAL and local:
            continue
        amount = levels.measure(name, level)
        if level == ICB and local:
            amount = (
                levels.inside @ np.where(levels.holders.alone, levels.holders.single[name], 0.0).T
            )
        found = np.where(taken == place, amount, found)
    return found


def _taken_at(system: System, taken: Ints, level: str) -> Bools:
    """Which services are held at a level, (K, S)."""
    order = system.scenario.services.levels
    return np.asarray(taken == (order.index(level) if level in order else NEVER))


def _sum_where(values: Floats, chosen: Bools) -> Floats:
    return np.asarray(np.where(chosen, values, 0.0).sum(axis=1))


def _footprint_rows(
    system: System,
    masks: Masks,
    leads: Ints,
    titles: list[str],
    levels: ServiceLevels,
    taken: Ints,
) -> pd.DataFrame:
    measures, inside = levels.measures, membership(masks, system.size)
    people, scope_spend = inside @ system.residents, inside @ system.scope_spend_m
    leak = measure_scope_leakage(system, masks)
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
                "spend_m": measures.spend_m.sum(axis=1),
                "scope_spend_m": scope_spend,
                "leakage_m": leak,
                "leakage_share": leak / scope_spend,
                "imports_m": _imports(system, masks),
                **_measure_held(levels, taken, scope_spend),
                "cv": measures.cv,
                "travel_minutes": person_minutes_m(system, masks, leads) * 1e6 / people,
                "furthest_minutes": furthest_minutes(system, masks, leads),
                "cost_m": sum(terms.values()),
            }
        )


def _measure_held(levels: ServiceLevels, taken: Ints, scope_spend: Floats) -> dict[str, Floats]:
    """What each footprint and its ICBs hold, by column, (K,) each."""
    system, spend = levels.system, levels.measures.spend_m
    by_footprint, by_lead = (_taken_at(system, taken, level) for level in COLLECTIVE)
    as_one, led_m = by_footprint | by_lead, _sum_where(spend, by_lead)
    local_spend = _at_level(levels, "local_spend", taken)
    held = local_spend.sum(axis=1)
    outside = _at_level(levels, "contracting", taken, local=True).sum(axis=1)
    variance = system.services.variance_factor * spend
    return {
        "local_services": (local_spend > 0).sum(axis=1),
        "local_spend_m": held,
        "local_share": held / scope_spend,
        "collective_m": _sum_where(spend, by_footprint),
        **({"collaborative_m": led_m} if COLLABORATIVE in system.scenario.services.levels else {}),
        "individual_m": _sum_where(local_spend, ~as_one),
        "national_m": spend.sum(axis=1) - held,
        "held_outside_m": outside,
        "held_outside_share": outside / held,
        "volatility_m": _at_level(levels, "volatility", taken).sum(axis=1),
        "pooled_volatility_m": levels.measures.sd_m,
        "held_volatility_m": np.sqrt(_sum_where(variance, as_one)),
    }


def _imports(system: System, masks: Masks) -> Floats:
    """£m in scope that residents of elsewhere spend at the footprint's providers, (K,)."""
    within = system.services.within_m[system.services.in_scope].sum(axis=0)
    inside = membership(masks, system.size)
    hosted = inside @ within.sum(axis=0)
    kept = ((inside @ within) * inside).sum(axis=1)
    return np.asarray(hosted - kept)


def measure_terms(
    system: System, masks: Masks, levels: ServiceLevels, taken: Ints
) -> dict[str, Floats]:
    """Unweighted measure of every term in each footprint, (K,) each; all services in ``levels``."""
    measured = measure_fixed(system, masks)
    free = np.where(system.services.barred == "", taken, -1)
    for term in TERMS:
        measured[term] = measured[term] + sum_taken(levels, term, free)
    return measured


def score_terms(system: System, masks: Masks, choice: Ints) -> dict[str, float]:
    """Term to its cost over all footprints, £m-equivalents, weight applied."""
    levels = measure_levels(system, masks, np.arange(len(system.services.codes)))
    taken = level_of_services(system, choice)
    return {
        term: float(cost.sum())
        for term, cost in _terms_by_footprint(system, masks, levels, taken).items()
    }


def _terms_by_footprint(
    system: System, masks: Masks, levels: ServiceLevels, taken: Ints
) -> dict[str, Floats]:
    weights = term_weights(system)
    measured = measure_terms(system, masks, levels, taken)
    return {term: weights[term] * measured[term] for term in TERM_UNITS}


def _term_rows(system: System, masks: Masks, levels: ServiceLevels, taken: Ints) -> pd.DataFrame:
    weights, always = term_weights(system), measure_barred(system)
    measured = measure_terms(system, masks, levels, taken)
    led = COLLABORATIVE in system.scenario.services.levels
    terms = [term for term in TERM_UNITS if led or term != "lead_provider"]
    return pd.DataFrame(
        {
            "term": terms,
            "weight": [weights[term] for term in terms],
            "measure": [float(measured[term].sum()) for term in terms],
            "unit": [TERM_UNITS[term] for term in terms],
            "cost_m": [weights[term] * float(measured[term].sum()) for term in terms],
            "unavoidable_m": [
                weights[term] * float(always[term].sum()) if term in always else 0.0
                for term in terms
            ],
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
