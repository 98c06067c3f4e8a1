"""What is known of a column of a saved table, and what columns of several tables share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a saved table.

    Attributes:
        meaning: what it says, in a few words.
        unit: unit of a number, empty for text.
        rests_on: ``table.column`` of the dataset's inputs behind it.
        title: its heading on paper, without the unit; blank where its table is not printed.
    """

    meaning: str
    unit: str = ""
    rests_on: tuple[str, ...] = ()
    title: str = ""


MONEY = ("flows.spend_m",)
LEAKAGE = (*MONEY, "providers.icb")
RISK = (*MONEY, "flows.patients", "services.case_cost_cv", "services.common_shock")
BENEFIT = (*MONEY, "services.integration_benefit")
READY = ("readiness.score",)
ALLOWED = (*LEAKAGE, *RISK, *READY, "services.category", "services.min_providers")
LEAD = (*READY, *LEAKAGE, "travel.minutes")
FUNDING = ("funding.historic_m", "funding.needs_based_m")
ALL = (*ALLOWED, *BENEFIT)

HELD = {
    "collective_m": Column("part held by footprints", "£m a year", ALL, title="Held by footprints"),
    "collaborative_m": Column(
        "part held by lead providers for footprints",
        "£m a year",
        ALL,
        title="Held by lead providers",
    ),
    "individual_m": Column(
        "part held by single ICBs", "£m a year", ALL, title="Held by single ICBs"
    ),
    "national_m": Column("part held by England", "£m a year", ALL, title="Held by England"),
}

ICB = Column("ODS code of the ICB")
FOOTPRINT = Column("name of the footprint", title="Footprint")
CHOSEN = Column("name of the footprint", rests_on=ALL)
IS_LEAD = Column("whether the ICB leads its footprint", rests_on=LEAD)
