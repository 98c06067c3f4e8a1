"""Columns of saved tables that look at a plan from one side: flows, trusts, travel, money, years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from optimiser.runs.column import (
    ALL,
    CHOSEN,
    FOOTPRINT,
    FUNDING,
    HELD,
    ICB,
    LEAKAGE,
    MONEY,
    READY,
    Column,
)

_TRAVEL = ("flows.patients", "providers.icb", "travel.minutes")
_LEAVING = ("flows.patients", "providers.icb")
_ACCESS = {
    "patients": Column(
        "residents treated, all services", "patients a year", ("flows.patients",), title="Patients"
    ),
    "known_patients": Column(
        "of these, whose minutes are known",
        "patients a year",
        _TRAVEL,
        title="Patients whose travel is known",
    ),
    "minutes": Column(
        "their mean travel to where they are treated", "minutes", _TRAVEL, title="Mean travel"
    ),
    "far_share": Column(
        "share of them beyond the stated minutes",
        "share",
        _TRAVEL,
        title="Beyond the stated minutes",
    ),
    "outside_patients": Column(
        "treated outside their footprint",
        "patients a year",
        _LEAVING,
        title="Patients treated outside",
    ),
    "outside_share": Column("that by patients", "share", _LEAVING, title="Treated outside"),
}
_DEPRIVED = (*_TRAVEL, "icbs.deprived_share")
_HOME = (*_TRAVEL, "service_providers.provider")

VIEWS: Mapping[str, Mapping[str, Column]] = {
    "flows_between_footprints": {
        "from_footprint": Column("footprint of residence"),
        "to_footprint": Column("footprint of the provider, or Elsewhere"),
        "services": Column("services commissioned locally with spend on this way", "services", ALL),
        "local_spend_m": Column("spend on those", "£m a year", ALL),
        "scope_spend_m": Column(
            "spend on services in scope, whoever holds them", "£m a year", LEAKAGE
        ),
        "spend_m": Column("spend on all services", "£m a year", LEAKAGE),
    },
    "providers": {
        "provider": Column("ODS code of the provider"),
        "name": Column("its name"),
        "icb": Column("ICB that hosts it, blank outside the map", rests_on=("providers.icb",)),
        "footprint": Column("footprint it stands in, or Elsewhere", rests_on=ALL),
        "income_m": Column("what the flows pay it", "£m a year", MONEY),
        "own_footprint_m": Column("part held by the footprint it stands in", "£m a year", ALL),
        "other_footprints_m": Column("part held by other footprints", "£m a year", ALL),
        "single_icbs_m": Column("part held by single ICBs", "£m a year", ALL),
        "national_m": Column("part held by England", "£m a year", ALL),
        "commissioners": Column("holders that pay it enough for a contract", "commissioners", ALL),
        "commissioners_before": Column(
            "the same at today's levels in the baseline",
            "commissioners",
            (*MONEY, "services.current_level"),
        ),
        "lost_m": Column("what it loses if care is brought home", "£m a year", LEAKAGE),
        "gained_m": Column("what it gains then", "£m a year", LEAKAGE),
        "net_m": Column("gained less lost", "£m a year", LEAKAGE),
        "lost_share": Column("lost by income", "share", LEAKAGE),
        "specialised_share": Column(
            "share of all its income that is specialised",
            "share",
            ("providers.specialised_income_share",),
        ),
        "lost_of_all_share": Column(
            "lost by all its income", "share", (*LEAKAGE, "providers.specialised_income_share")
        ),
    },
    "access": {
        "footprint": FOOTPRINT,
        **_ACCESS,
        "deprived_minutes": Column(
            "mean of the most deprived fifth, did they travel as their ICB does",
            "minutes",
            _DEPRIVED,
            title="Mean travel, most deprived fifth",
        ),
        "deprived_far_share": Column(
            "share of them beyond the stated minutes, likewise",
            "share",
            _DEPRIVED,
            title="Most deprived fifth beyond the stated minutes",
        ),
        "leaving_patients": Column(
            "in scope, treated elsewhere though there is a centre",
            "patients a year",
            _HOME,
            title="Leaving though a centre is here, in scope",
        ),
        "minutes_now": Column("their mean travel", "minutes", _HOME, title="Their mean travel now"),
        "minutes_home": Column(
            "their mean travel to the nearest centre here",
            "minutes",
            _HOME,
            title="Their mean travel if treated here",
        ),
        "home_change_minutes": Column(
            "that less their travel now", "minutes", _HOME, title="Change if treated here"
        ),
        "far_now_share": Column(
            "share of them beyond the stated minutes",
            "share",
            _HOME,
            title="Of them beyond the stated minutes now",
        ),
        "far_home_share": Column(
            "the same were they treated here",
            "share",
            _HOME,
            title="Of them beyond the stated minutes if treated here",
        ),
    },
    "access_icbs": {
        "icb": ICB,
        "name": Column("name of the ICB"),
        "footprint": CHOSEN,
        **_ACCESS,
        "deprived_share": Column(
            "share of residents in the most deprived fifth", "share", ("icbs.deprived_share",)
        ),
    },
    "access_deprivation": {
        "footprint": CHOSEN,
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
        "spend_m": Column("residents' spend", "£m a year", MONEY),
        "minutes": _ACCESS["minutes"],
        "goes_to": Column("footprint that is paid most for them, or Elsewhere", rests_on=LEAKAGE),
        "goes_to_share": Column("its share of their spend", "share", LEAKAGE),
    },
    "roadmap_milestones": {
        "year": Column("year of the roadmap", title="Year"),
        "ready": Column(
            "footprints ready for a joint committee",
            "footprints",
            READY,
            title="Ready for a joint committee",
        ),
        "delegated": Column(
            "footprints ready for full delegation",
            "footprints",
            READY,
            title="Ready for full delegation",
        ),
        "in_scope_m": Column(
            "spend in scope, of that year", "£m a year", MONEY, title="Spend in scope"
        ),
        **HELD,
        "services_local": Column(
            "services local anywhere", "services", ALL, title="Services local anywhere"
        ),
        "gained_m": Column("spend that becomes local", "£m a year", ALL, title="Becomes local"),
        "lost_m": Column("spend that becomes national", "£m a year", ALL, title="Becomes national"),
        "new_services": Column(
            "codes of those local for the first time",
            rests_on=ALL,
            title="Local for the first time",
        ),
        "score": Column("of that year, not discounted", "£m-equivalents", ALL, title="Score"),
        "milestone": Column("of the path beside it, where it has one", title="Milestone"),
    },
    "roadmap_services": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "programme_of_care": Column("programme of care"),
        "category": Column("portfolio category", rests_on=("services.category",)),
        "ready_year": Column("year in which it is ready", rests_on=("services.ready_year",)),
        "spend_m": Column("spend in the last year", "£m a year", MONEY),
        "from_year": Column("first year in which any of it is local", rests_on=ALL),
        "whole_year": Column("first year from which all of it is", rests_on=ALL),
        **{
            f"{column.removesuffix('_m')}_share": replace(held, unit="share")
            for column, held in HELD.items()
            if column != "national_m"
        },
        "footprints": Column("in which it is local in the last year", "footprints", ALL),
    },
    "roadmap_levels": {
        "year": Column("year of the roadmap"),
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "footprint": CHOSEN,
        "level": Column("national, footprint, icb or collaborative", rests_on=ALL),
        "single_icbs": Column("ICBs that hold it alone, at level icb", rests_on=ALL),
        "spend_m": Column("residents' spend in that year", "£m a year", MONEY),
        **HELD,
        "in_scope": Column("whether some plan may move it", rests_on=("services.category",)),
    },
    "roadmap_terms": {
        "year": Column("year of the roadmap"),
        "term": Column("term of the objective"),
        "weight": Column("its weight in that year"),
        "measure": Column("the measure, in its unit", rests_on=ALL),
        "unit": Column("unit of the measure"),
        "factor": Column("what a pound of that year counts"),
        "cost_m": Column("weight x measure x factor", "£m-equivalents", ALL),
    },
    "roadmap_compared": {
        "path": Column("the roadmap, or a path beside it"),
        "score": Column("over all years, discounted", "£m-equivalents", ALL),
        "more": Column("more than the best roadmap", "£m-equivalents", ALL),
        "share": Column("that by the best roadmap's score", "share", ALL),
        "broken": Column("rules that it breaks", rests_on=ALL),
    },
    "funding": {
        "footprint": FOOTPRINT,
        "historic_m": Column(
            "what its members have had, host-based",
            "£m a year",
            ("funding.historic_m",),
            title="Historic",
        ),
        "needs_based_m": Column(
            "share of the same total by need", "£m a year", FUNDING, title="By need"
        ),
        "distance_m": Column("historic less needs-based", "£m a year", FUNDING, title="Above need"),
        "distance_share": Column(
            "that by needs-based: above target is positive",
            "share",
            FUNDING,
            title="Above need, of that by need",
        ),
        "alone_shift_m": Column(
            "rises and cuts if each member is brought to target alone",
            "£m a year",
            FUNDING,
            title="Shifted if each ICB is brought to target alone",
        ),
        "pooled_shift_m": Column(
            "rise or cut if the footprint is, as one budget",
            "£m a year",
            FUNDING,
            title="Shifted as one budget",
        ),
        "netted_off_m": Column(
            "what members above target give members below it inside it",
            "£m a year",
            FUNDING,
            title="Netted off inside",
        ),
        "first_year_m": Column(
            "allocation of the first year", "£m a year", FUNDING, title="First year's allocation"
        ),
        "first_year_change_share": Column(
            "its change on historic", "share", FUNDING, title="First year's change"
        ),
        "year_at_target": Column(
            "first year at target; blank: not within 50", "years", FUNDING, title="Years to target"
        ),
        "year_at_target_alone": Column(
            "when the last of its members is, each asked alone",
            "years",
            FUNDING,
            title="Years to target, each ICB alone",
        ),
    },
    "funding_by_year": {
        "footprint": FOOTPRINT,
        "year": Column("year of the path, 0 as it opens"),
        "allocation_m": Column("allocation, asked as one budget", "£m a year", FUNDING),
        "target_m": Column("share of the year's total by need", "£m a year", FUNDING),
        "distance_share": Column("allocation above target by target", "share", FUNDING),
        "change_share": Column("change on the year before", "share", FUNDING),
        "alone_m": Column("its members' allocations, each asked alone", "£m a year", FUNDING),
    },
}
"""Table name to its columns, in the order they are written."""
