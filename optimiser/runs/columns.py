"""Every column of every saved table: its meaning, its unit and the inputs it rests on.

The basis of a figure is the weakest kind among its inputs, as the dataset's ``sources.csv`` gives
them: a sum of published and modelled money is modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from optimiser.inputs.dataset import Dataset

KINDS = ("given", "published", "derived", "modelled", "illustrative", "unstated")
"""From the strongest to the weakest; ``given``: stands in the scenario or plan, not in the data."""


@dataclass(frozen=True)
class Column:
    """One column of a saved table.

    Attributes:
        meaning: what it says, in a few words.
        unit: unit of a number, empty for text.
        rests_on: ``table.column`` of the dataset's inputs behind it.
    """

    meaning: str
    unit: str = ""
    rests_on: tuple[str, ...] = ()


_MONEY = ("flows.spend_m",)
_LEAKAGE = (*_MONEY, "providers.icb")
_RISK = (*_MONEY, "flows.patients", "services.case_cost_cv", "services.common_shock")
_BENEFIT = (*_MONEY, "services.integration_benefit")
_READY = ("readiness.score",)
_ALLOWED = (*_LEAKAGE, *_RISK, *_READY, "services.category", "services.min_providers")
_LEAD = (*_READY, *_LEAKAGE, "travel.minutes")
_FUNDING = ("funding.historic_m", "funding.needs_based_m")
_ALL = (*_ALLOWED, *_BENEFIT)

_HELD = {
    "collective_m": Column("part held by footprints", "£m a year", _ALL),
    "collaborative_m": Column("part held by lead providers for footprints", "£m a year", _ALL),
    "individual_m": Column("part held by single ICBs", "£m a year", _ALL),
    "national_m": Column("part held by England", "£m a year", _ALL),
}

_ICB = Column("ODS code of the ICB")
_FOOTPRINT = Column("name of the footprint")
_CHOSEN = Column("name of the footprint", rests_on=_ALL)
_IS_LEAD = Column("whether the ICB leads its footprint", rests_on=_LEAD)

_TRAVEL = ("flows.patients", "providers.icb", "travel.minutes")
_LEAVING = ("flows.patients", "providers.icb")
_ACCESS = {
    "patients": Column("residents treated, all services", "patients a year", ("flows.patients",)),
    "known_patients": Column("of these, whose minutes are known", "patients a year", _TRAVEL),
    "minutes": Column("their mean travel to where they are treated", "minutes", _TRAVEL),
    "far_share": Column("share of them beyond the stated minutes", "share", _TRAVEL),
    "outside_patients": Column("treated outside their footprint", "patients a year", _LEAVING),
    "outside_share": Column("that by patients", "share", _LEAVING),
}
_DEPRIVED = (*_TRAVEL, "icbs.deprived_share")
_HOME = (*_TRAVEL, "service_providers.provider")

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "plan": {"icb": _ICB, "footprint": _CHOSEN, "lead": _IS_LEAD},
    "icbs": {
        "icb": _ICB,
        "name": Column("name of the ICB"),
        "footprint": _CHOSEN,
        "lead": _IS_LEAD,
        "region": Column("NHS England region", rests_on=("icbs.region",)),
        "population": Column("residents", "persons", ("icbs.population",)),
    },
    "footprints": {
        "footprint": _FOOTPRINT,
        "icbs": Column("ODS codes of its ICBs", rests_on=_ALL),
        "members": Column("number of ICBs", "ICBs"),
        "population": Column("residents", "persons", ("icbs.population",)),
        "lead": Column("ODS code of the lead ICB", rests_on=_LEAD),
        "lead_name": Column("name of the lead ICB", rests_on=_LEAD),
        "mode": Column("how it commissions: delegated, joint or not_ready", rests_on=_READY),
        "spend_m": Column("residents' spend on all services", "£m a year", _MONEY),
        "scope_spend_m": Column("residents' spend on services in scope", "£m a year", _MONEY),
        "leakage_m": Column(
            "part of that treated outside the footprint, whoever holds it", "£m a year", _LEAKAGE
        ),
        "leakage_share": Column("that by the spend in scope", "share", _LEAKAGE),
        "imports_m": Column("in-scope care of others' residents given here", "£m a year", _LEAKAGE),
        "local_services": Column("services held by it or its ICBs", "services", _ALLOWED),
        "local_spend_m": Column("residents' spend on those", "£m a year", _ALLOWED),
        "local_share": Column("that by the spend in scope", "share", _ALLOWED),
        "collective_m": Column("spend held by the footprint", "£m a year", _ALLOWED),
        "collaborative_m": Column(
            "spend held by lead providers for it, where that level is open",
            "£m a year",
            (*_ALLOWED, "services.collaborative"),
        ),
        "individual_m": Column("spend held by single ICBs", "£m a year", _ALLOWED),
        "national_m": Column("spend held nationally", "£m a year", _ALLOWED),
        "held_outside_m": Column(
            "local spend bought outside its holder's territory", "£m a year", _LEAKAGE
        ),
        "held_outside_share": Column("that by local spend", "share", _LEAKAGE),
        "volatility_m": Column("its share of its holders' standard deviations", "£m a year", _RISK),
        "pooled_volatility_m": Column(
            "standard deviation by chance of one budget of all in scope", "£m a year", _RISK
        ),
        "held_volatility_m": Column("the same of what the footprint holds", "£m a year", _RISK),
        "cv": Column("pooled volatility by the spend in scope", "share", _RISK),
        "travel_minutes": Column(
            "residents' mean travel to the lead", "minutes", ("travel.minutes",)
        ),
        "furthest_minutes": Column(
            "travel from the furthest member to the lead", "minutes", ("travel.minutes",)
        ),
        "cost_m": Column("its share of the score", "£m-equivalents", _ALL),
    },
    "services": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "category": Column("portfolio category", rests_on=("services.category",)),
        "footprint": _FOOTPRINT,
        "level": Column("national, footprint, icb or collaborative", rests_on=_ALL),
        "single_icbs": Column("ICBs that hold it alone, at level icb", rests_on=_ALL),
        "rule": Column("what decided: a rule's name, or cost", rests_on=_ALL),
        "reason": Column("the same in a sentence", rests_on=_ALL),
        "spend_m": Column("residents' spend", "£m a year", _MONEY),
        "local_spend_m": Column("part of it held locally", "£m a year", _ALLOWED),
        "leakage_m": Column("part of it treated outside the footprint", "£m a year", _LEAKAGE),
        "leakage_share": Column("leakage by spend", "share", _LEAKAGE),
        "held_outside_m": Column(
            "local spend bought outside its holder's territory", "£m a year", _LEAKAGE
        ),
        "volatility_m": Column("share of its holders' standard deviations", "£m a year", _RISK),
        "cv": Column("standard deviation of its own line by spend", "share", _RISK),
        "providers": Column("providers inside the footprint", "providers", ("providers.icb",)),
        "patients": Column("residents treated", "patients a year", ("flows.patients",)),
        "national_cost_m": Column("cost if national", "£m-equivalents", _BENEFIT),
        "local_cost_m": Column("cost if local, blank if not allowed", "£m-equivalents", _ALLOWED),
        "in_scope": Column("whether some plan may move it", rests_on=("services.category",)),
        "provenance": Column("where the service's own figures come from"),
    },
    "terms": {
        "term": Column("term of the objective"),
        "weight": Column("its weight in the scenario"),
        "measure": Column("the measure, in its unit", rests_on=_ALL),
        "unit": Column("unit of the measure"),
        "cost_m": Column("weight x measure", "£m-equivalents", _ALL),
        "unavoidable_m": Column(
            "part of it that is the same in every plan", "£m-equivalents", _ALL
        ),
    },
    "flows_between_footprints": {
        "from_footprint": Column("footprint of residence"),
        "to_footprint": Column("footprint of the provider, or Elsewhere"),
        "services": Column(
            "services commissioned locally with spend on this way", "services", _ALL
        ),
        "local_spend_m": Column("spend on those", "£m a year", _ALL),
        "scope_spend_m": Column(
            "spend on services in scope, whoever holds them", "£m a year", _LEAKAGE
        ),
        "spend_m": Column("spend on all services", "£m a year", _LEAKAGE),
    },
    "providers": {
        "provider": Column("ODS code of the provider"),
        "name": Column("its name"),
        "icb": Column("ICB that hosts it, blank outside the map", rests_on=("providers.icb",)),
        "footprint": Column("footprint it stands in, or Elsewhere", rests_on=_ALL),
        "income_m": Column("what the flows pay it", "£m a year", _MONEY),
        "own_footprint_m": Column("part held by the footprint it stands in", "£m a year", _ALL),
        "other_footprints_m": Column("part held by other footprints", "£m a year", _ALL),
        "single_icbs_m": Column("part held by single ICBs", "£m a year", _ALL),
        "national_m": Column("part held by England", "£m a year", _ALL),
        "commissioners": Column("holders that pay it enough for a contract", "commissioners", _ALL),
        "commissioners_before": Column(
            "the same at today's levels in the baseline",
            "commissioners",
            (*_MONEY, "services.current_level"),
        ),
        "lost_m": Column("what it loses if care is brought home", "£m a year", _LEAKAGE),
        "gained_m": Column("what it gains then", "£m a year", _LEAKAGE),
        "net_m": Column("gained less lost", "£m a year", _LEAKAGE),
        "lost_share": Column("lost by income", "share", _LEAKAGE),
        "specialised_share": Column(
            "share of all its income that is specialised",
            "share",
            ("providers.specialised_income_share",),
        ),
        "lost_of_all_share": Column(
            "lost by all its income", "share", (*_LEAKAGE, "providers.specialised_income_share")
        ),
    },
    "access": {
        "footprint": _FOOTPRINT,
        **_ACCESS,
        "deprived_minutes": Column(
            "mean of the most deprived fifth, did they travel as their ICB does",
            "minutes",
            _DEPRIVED,
        ),
        "deprived_far_share": Column(
            "share of them beyond the stated minutes, likewise", "share", _DEPRIVED
        ),
        "leaving_patients": Column(
            "in scope, treated elsewhere though there is a centre", "patients a year", _HOME
        ),
        "minutes_now": Column("their mean travel", "minutes", _HOME),
        "minutes_home": Column("their mean travel to the nearest centre here", "minutes", _HOME),
        "home_change_minutes": Column("that less their travel now", "minutes", _HOME),
        "far_now_share": Column("share of them beyond the stated minutes", "share", _HOME),
        "far_home_share": Column("the same were they treated here", "share", _HOME),
    },
    "access_icbs": {
        "icb": _ICB,
        "name": Column("name of the ICB"),
        "footprint": _CHOSEN,
        **_ACCESS,
        "deprived_share": Column(
            "share of residents in the most deprived fifth", "share", ("icbs.deprived_share",)
        ),
    },
    "access_deprivation": {
        "footprint": _CHOSEN,
        "residents": Column("most deprived fifth, or everyone else"),
        **{
            name: replace(column, rests_on=(*column.rests_on, "icbs.deprived_share"))
            for name, column in _ACCESS.items()
        },
    },
    "access_services": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        **_ACCESS,
        "centres": Column("providers in the map", "providers", ("service_providers.provider",)),
        "without_centre": Column("footprints that have none", "footprints", _HOME),
    },
    "without_centre": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "footprint": Column("footprint without a centre of it", rests_on=_HOME),
        "patients": _ACCESS["patients"],
        "spend_m": Column("residents' spend", "£m a year", _MONEY),
        "minutes": _ACCESS["minutes"],
        "goes_to": Column("footprint that is paid most for them, or Elsewhere", rests_on=_LEAKAGE),
        "goes_to_share": Column("its share of their spend", "share", _LEAKAGE),
    },
    "roadmap_milestones": {
        "year": Column("year of the roadmap"),
        "ready": Column("footprints ready for a joint committee", "footprints", _READY),
        "delegated": Column("footprints ready for full delegation", "footprints", _READY),
        "in_scope_m": Column("spend in scope, of that year", "£m a year", _MONEY),
        **_HELD,
        "services_local": Column("services local anywhere", "services", _ALL),
        "gained_m": Column("spend that becomes local", "£m a year", _ALL),
        "lost_m": Column("spend that becomes national", "£m a year", _ALL),
        "new_services": Column("codes of those local for the first time", rests_on=_ALL),
        "score": Column("of that year, not discounted", "£m-equivalents", _ALL),
        "milestone": Column("of the path beside it, where it has one"),
    },
    "roadmap_services": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "programme_of_care": Column("programme of care"),
        "category": Column("portfolio category", rests_on=("services.category",)),
        "ready_year": Column("year in which it is ready", rests_on=("services.ready_year",)),
        "spend_m": Column("spend in the last year", "£m a year", _MONEY),
        "from_year": Column("first year in which any of it is local", rests_on=_ALL),
        "whole_year": Column("first year from which all of it is", rests_on=_ALL),
        **{
            f"{column.removesuffix('_m')}_share": replace(held, unit="share")
            for column, held in _HELD.items()
            if column != "national_m"
        },
        "footprints": Column("in which it is local in the last year", "footprints", _ALL),
    },
    "roadmap_levels": {
        "year": Column("year of the roadmap"),
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "footprint": _CHOSEN,
        "level": Column("national, footprint, icb or collaborative", rests_on=_ALL),
        "single_icbs": Column("ICBs that hold it alone, at level icb", rests_on=_ALL),
        "spend_m": Column("residents' spend in that year", "£m a year", _MONEY),
        **_HELD,
        "in_scope": Column("whether some plan may move it", rests_on=("services.category",)),
    },
    "roadmap_terms": {
        "year": Column("year of the roadmap"),
        "term": Column("term of the objective"),
        "weight": Column("its weight in that year"),
        "measure": Column("the measure, in its unit", rests_on=_ALL),
        "unit": Column("unit of the measure"),
        "factor": Column("what a pound of that year counts"),
        "cost_m": Column("weight x measure x factor", "£m-equivalents", _ALL),
    },
    "roadmap_compared": {
        "path": Column("the roadmap, or a path beside it"),
        "score": Column("over all years, discounted", "£m-equivalents", _ALL),
        "more": Column("more than the best roadmap", "£m-equivalents", _ALL),
        "share": Column("that by the best roadmap's score", "share", _ALL),
        "broken": Column("rules that it breaks", rests_on=_ALL),
    },
    "funding": {
        "footprint": _FOOTPRINT,
        "historic_m": Column(
            "what its members have had, host-based", "£m a year", ("funding.historic_m",)
        ),
        "needs_based_m": Column("share of the same total by need", "£m a year", _FUNDING),
        "distance_m": Column("historic less needs-based", "£m a year", _FUNDING),
        "distance_share": Column(
            "that by needs-based: above target is positive", "share", _FUNDING
        ),
        "alone_shift_m": Column(
            "rises and cuts if each member is brought to target alone", "£m a year", _FUNDING
        ),
        "pooled_shift_m": Column(
            "rise or cut if the footprint is, as one budget", "£m a year", _FUNDING
        ),
        "netted_off_m": Column(
            "what members above target give members below it inside it", "£m a year", _FUNDING
        ),
        "first_year_m": Column("allocation of the first year", "£m a year", _FUNDING),
        "first_year_change_share": Column("its change on historic", "share", _FUNDING),
        "year_at_target": Column("first year at target; blank: not within 50", "years", _FUNDING),
        "year_at_target_alone": Column(
            "when the last of its members is, each asked alone", "years", _FUNDING
        ),
    },
    "funding_by_year": {
        "footprint": _FOOTPRINT,
        "year": Column("year of the path, 0 as it opens"),
        "allocation_m": Column("allocation, asked as one budget", "£m a year", _FUNDING),
        "target_m": Column("share of the year's total by need", "£m a year", _FUNDING),
        "distance_share": Column("allocation above target by target", "share", _FUNDING),
        "change_share": Column("change on the year before", "share", _FUNDING),
        "alone_m": Column("its members' allocations, each asked alone", "£m a year", _FUNDING),
    },
    "readiness": {
        "footprint": _FOOTPRINT,
        "domain": Column("PDAF domain"),
        "score": Column("score of the footprint", "0 to 4", _READY),
        "joint": Column("least score for a joint committee", "0 to 4"),
        "delegated": Column("least score for full delegation", "0 to 4"),
    },
}
"""Table name to its columns, in the order they are written."""


WEAK = KINDS[KINDS.index("modelled") :]
"""Kinds that are marked wherever a number rests on them."""


def weakest(kinds: Iterable[str]) -> str:
    """The weakest of some kinds; ``given`` when there is none, ``unstated`` for unknown words."""
    ranks = [KINDS.index(kind) if kind in KINDS else len(KINDS) - 1 for kind in kinds]
    return KINDS[max(ranks, default=0)]


def summarise_basis(table: str, frame: pd.DataFrame, dataset: Dataset) -> dict[str, str]:
    """Kind of input behind each column of a frame that is to be saved as ``table``."""
    known, stated = COLUMNS[table], _list_stated(dataset.sources)
    return {
        name: _weakest_of(known[name].rests_on, stated) if name in known else "unstated"
        for name in map(str, frame.columns)
    }


def describe_basis(places: Iterable[str], sources: pd.DataFrame | None) -> str:
    """The weakest kind among columns of the inputs, each given as ``table.column``."""
    return _weakest_of(places, _list_stated(sources))


def _list_stated(sources: pd.DataFrame | None) -> dict[str, list[str]]:
    stated: dict[str, list[str]] = {}
    if sources is not None:
        rows = zip(*(sources[name] for name in ("table", "column", "kind")), strict=True)
        for table, column, kind in rows:
            stated.setdefault(f"{table}.{column}", []).append(kind)
    return stated


def _weakest_of(places: Iterable[str], stated: Mapping[str, list[str]]) -> str:
    return weakest(_kind(place, stated) for place in places)


def _kind(place: str, stated: Mapping[str, list[str]]) -> str:
    table = place.partition(".")[0]
    return weakest([*stated.get(place, ()), *stated.get(f"{table}.*", ())] or ["unstated"])
