"""Every column of every saved table: its meaning, unit, title on paper and the inputs it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from optimiser.runs.column import (
    ALL,
    ALLOWED,
    BENEFIT,
    CHOSEN,
    FOOTPRINT,
    ICB,
    IS_LEAD,
    LEAD,
    LEAKAGE,
    MONEY,
    READY,
    RISK,
    Column,
)
from optimiser.runs.view_columns import VIEWS

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "plan": {"icb": ICB, "footprint": CHOSEN, "lead": IS_LEAD},
    "icbs": {
        "icb": ICB,
        "name": Column("name of the ICB"),
        "footprint": CHOSEN,
        "lead": IS_LEAD,
        "region": Column("NHS England region", rests_on=("icbs.region",)),
        "population": Column("residents", "persons", ("icbs.population",)),
    },
    "footprints": {
        "footprint": FOOTPRINT,
        "icbs": Column("ODS codes of its ICBs", rests_on=ALL, title="ICBs"),
        "members": Column("number of ICBs", "ICBs", title="Number of ICBs"),
        "population": Column("residents", "persons", ("icbs.population",), title="Residents"),
        "lead": Column("ODS code of the lead ICB", rests_on=LEAD, title="Code of the lead ICB"),
        "lead_name": Column("name of the lead ICB", rests_on=LEAD, title="Lead ICB"),
        "mode": Column(
            "how it commissions: delegated, joint or not_ready",
            rests_on=READY,
            title="How it commissions",
        ),
        "spend_m": Column("residents' spend on all services", "£m a year", MONEY, title="Spend"),
        "scope_spend_m": Column(
            "residents' spend on services in scope", "£m a year", MONEY, title="Spend in scope"
        ),
        "leakage_m": Column(
            "part of that treated outside the footprint, whoever holds it",
            "£m a year",
            LEAKAGE,
            title="Treated outside, in scope",
        ),
        "leakage_share": Column(
            "that by the spend in scope",
            "share",
            LEAKAGE,
            title="Treated outside, of all in scope",
        ),
        "imports_m": Column(
            "in-scope care of others' residents given here",
            "£m a year",
            LEAKAGE,
            title="Others' residents treated here, in scope",
        ),
        "local_services": Column(
            "services held by it or its ICBs", "services", ALLOWED, title="Local services"
        ),
        "local_spend_m": Column(
            "residents' spend on those", "£m a year", ALLOWED, title="Local spend"
        ),
        "local_share": Column(
            "that by the spend in scope", "share", ALLOWED, title="Local, of all in scope"
        ),
        "collective_m": Column(
            "spend held by the footprint", "£m a year", ALLOWED, title="Held by the footprint"
        ),
        "collaborative_m": Column(
            "spend held by lead providers for it, where that level is open",
            "£m a year",
            (*ALLOWED, "services.collaborative"),
            title="Held by lead providers",
        ),
        "individual_m": Column(
            "spend held by single ICBs", "£m a year", ALLOWED, title="Held by single ICBs"
        ),
        "national_m": Column(
            "spend held nationally", "£m a year", ALLOWED, title="Held by England"
        ),
        "held_outside_m": Column(
            "local spend bought outside its holder's territory",
            "£m a year",
            LEAKAGE,
            title="Bought outside the holder's territory",
        ),
        "held_outside_share": Column(
            "that by local spend", "share", LEAKAGE, title="Bought outside, of local spend"
        ),
        "volatility_m": Column(
            "its share of its holders' standard deviations",
            "£m a year",
            RISK,
            title="Volatility of holders, its share",
        ),
        "pooled_volatility_m": Column(
            "standard deviation by chance of one budget of all in scope",
            "£m a year",
            RISK,
            title="Volatility, all in scope",
        ),
        "held_volatility_m": Column(
            "the same of what the footprint holds",
            "£m a year",
            RISK,
            title="Volatility of what it holds",
        ),
        "cv": Column(
            "pooled volatility by the spend in scope",
            "share",
            RISK,
            title="Volatility, of all in scope",
        ),
        "travel_minutes": Column(
            "residents' mean travel to the lead",
            "minutes",
            ("travel.minutes",),
            title="Travel to lead",
        ),
        "furthest_minutes": Column(
            "travel from the furthest member to the lead",
            "minutes",
            ("travel.minutes",),
            title="Furthest travel to lead",
        ),
        "cost_m": Column("its share of the score", "£m-equivalents", ALL, title="Score"),
    },
    "services": {
        "service": Column("code of the service"),
        "name": Column("name of the service"),
        "category": Column("portfolio category", rests_on=("services.category",)),
        "footprint": FOOTPRINT,
        "level": Column("national, footprint, icb or collaborative", rests_on=ALL),
        "single_icbs": Column("ICBs that hold it alone, at level icb", rests_on=ALL),
        "rule": Column("what decided: a rule's name, or cost", rests_on=ALL),
        "reason": Column("the same in a sentence", rests_on=ALL),
        "spend_m": Column("residents' spend", "£m a year", MONEY),
        "local_spend_m": Column("part of it held locally", "£m a year", ALLOWED),
        "leakage_m": Column("part of it treated outside the footprint", "£m a year", LEAKAGE),
        "leakage_share": Column("leakage by spend", "share", LEAKAGE),
        "held_outside_m": Column(
            "local spend bought outside its holder's territory", "£m a year", LEAKAGE
        ),
        "volatility_m": Column("share of its holders' standard deviations", "£m a year", RISK),
        "cv": Column("standard deviation of its own line by spend", "share", RISK),
        "providers": Column("providers inside the footprint", "providers", ("providers.icb",)),
        "patients": Column("residents treated", "patients a year", ("flows.patients",)),
        "national_cost_m": Column("cost if national", "£m-equivalents", BENEFIT),
        "local_cost_m": Column("cost if local, blank if not allowed", "£m-equivalents", ALLOWED),
        "in_scope": Column("whether some plan may move it", rests_on=("services.category",)),
        "provenance": Column("where the service's own figures come from"),
    },
    "terms": {
        "term": Column("term of the objective"),
        "weight": Column("its weight in the scenario"),
        "measure": Column("the measure, in its unit", rests_on=ALL),
        "unit": Column("unit of the measure"),
        "cost_m": Column("weight x measure", "£m-equivalents", ALL),
        "unavoidable_m": Column("part of it that is the same in every plan", "£m-equivalents", ALL),
    },
    "readiness": {
        "footprint": FOOTPRINT,
        "domain": Column("PDAF domain"),
        "score": Column("score of the footprint", "0 to 4", READY),
        "joint": Column("least score for a joint committee", "0 to 4"),
        "delegated": Column("least score for full delegation", "0 to 4"),
    },
    **VIEWS,
}
"""Table name to its columns, in the order they are written."""
