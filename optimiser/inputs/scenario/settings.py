"""The sections of a scenario: what each setting means, its default and what it may be."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from optimiser.inputs.scenario.declared import NotNegative, Settings, Share, Window
from optimiser.tolerances import LARGEST_UNIT

LEVELS = ("national", "footprint", "icb", "collaborative")


RETIRED_SERVICE_RULES = {
    "risk": "risk is always pooled now: each line pays its share of the standard deviation of its "
    "holder's budget (objective.volatility)",
}
RETIRED_WEIGHTS = {
    "national": "use objective.integration, the weight of the integration benefit forgone",
    "individual": "use objective.holding_cost_m, what each holder pays for each service it holds",
    "travel": "no patient travels to a lead ICB; footprints.max_travel_minutes limits the distance",
}
"""Settings of version 0.1 that have lost their sense, and what to use in their place."""


def check_weight(name: str, weight: float) -> None:
    """Refuse a weight under which scores run over, so that what is allowed would look barred."""
    if weight > LARGEST_UNIT:
        raise ValueError(f"{name} may be {LARGEST_UNIT:g} at most: scores are lost beyond")


def _refuse_retired(given: object, retired: dict[str, str]) -> None:
    if isinstance(given, dict):
        for name in [name for name in retired if name in given]:
            raise ValueError(f"{name} was retired: {retired[name]}")


def check_window(name: str, window: tuple[float, float]) -> None:
    """Raise ValueError where the least of a window is above its most."""
    low, high = window
    if math.isnan(low) or math.isnan(high) or low < 0 or low > high:
        raise ValueError(
            f"{name} must be [least, most] with 0 <= least <= most, not {list(window)}"
        )


class FootprintRules(Settings):
    """Rules of one footprint, and how many footprints there are."""

    count: int | tuple[int, int] | Literal["free"] = Field(
        examples=[9], default="free", description="number of footprints: 9, [8, 10] or 'free'"
    )
    population_m: Window = Field(
        examples=[(2.5, 11.0)],
        default=(0.0, math.inf),
        description="fewest and most people of a footprint, millions",
    )
    population_base: Literal["resident", "registered", "weighted"] = Field(
        default="resident",
        description="whom the window counts: Census residents, GP-registered or need-weighted",
    )
    members: tuple[int, int] = Field(
        examples=[(1, 8)], default=(1, 1_000), description="fewest and most ICBs"
    )
    spend_m: Window = Field(
        examples=[(0.0, 2500.0)],
        default=(0.0, math.inf),
        description="£m a year a footprint's residents spend on services in scope",
    )
    max_travel_minutes: float = Field(
        examples=[180.0],
        default=math.inf,
        gt=0,
        description="greatest travel time from a member to the lead ICB",
    )
    within_regions: bool = Field(default=False, description="no footprint crosses an NHS region")
    contiguous: bool = Field(default=True, description="members are linked through neighbours")
    min_border_km: NotNegative = Field(
        examples=[5.0],
        default=0.0,
        description="links with a shorter border do not count as neighbours",
    )
    min_shared_border: Share = Field(
        examples=[0.2],
        default=0.0,
        description="least share of each member's border with other ICBs that is with its fellow "
        "members: a footprint without arms; one ICB alone has no fellows and is exempt",
    )
    stand_alone: tuple[str, ...] = Field(
        examples=[("QHM",)],
        default=(),
        description="ICBs that may be a footprint alone, below the floors",
    )
    keep_together: tuple[tuple[str, ...], ...] = Field(
        examples=[(("QMJ", "QRV"),)],
        default=(),
        description="groups of ICBs that share a footprint",
    )
    keep_whole: str = Field(
        examples=["pan-icb-offices-2027"],
        default="",
        description="carried plan of which no footprint is parted: all are kept together",
    )
    keep_apart: tuple[tuple[str, ...], ...] = Field(
        examples=[(("QMJ", "QRV"),)],
        default=(),
        description="groups of ICBs of which no two share a footprint",
    )
    fixed: tuple[tuple[str, ...], ...] = Field(
        examples=[(("QMJ", "QRV"),)], default=(), description="whole footprints that are given"
    )
    baseline: str = Field(
        examples=["pan-icb-offices-2027"],
        default="",
        description="carried plan that disruption and max_moved refer to",
    )
    max_moved: int | None = Field(
        examples=[6],
        default=None,
        ge=0,
        description="at most this many ICBs leave their baseline footprint",
    )

    max_first_year_change: float = Field(
        default=math.inf,
        gt=0,
        description="greatest first step of a footprint's money towards its needs-based target, a share "
        "of its historic money, when the distance is closed in funding.years equal steps",
    )

    max_income_at_risk: float = Field(
        default=math.inf,
        gt=0,
        description="greatest share of its income that a trust of a footprint would lose if "
        "providers.brought_home of what other footprints send it were brought home; trusts below "
        "providers.smallest_m are exempt",
    )

    @model_validator(mode="after")
    def _windows_are_ordered(self) -> FootprintRules:
        check_window("population_m", self.population_m)
        check_window("members", self.members)
        check_window("spend_m", self.spend_m)
        low, high = self.count_window
        if low < 1 or low > high:
            raise ValueError(f"count must be at least 1 and ordered, not {self.count!r}")
        if self.max_moved is not None and not self.baseline:
            raise ValueError("max_moved needs a baseline: name a carried plan in baseline")
        return self

    @property
    def count_window(self) -> tuple[int, int]:
        """Fewest and most footprints; (1, a million) when the count is free."""
        if self.count == "free":
            return 1, 1_000_000
        return self.count if isinstance(self.count, tuple) else (self.count, self.count)


class ServiceRules(Settings):
    """Which levels a service has, and what it must meet to be held locally."""

    portfolio: Literal["by_footprint", "uniform"] = Field(
        default="by_footprint",
        description="each footprint settles its own levels, or one level for all England",
    )
    levels: tuple[Literal["national", "footprint", "icb", "collaborative"], ...] = Field(
        examples=[("national", "footprint", "icb")],
        default=("national", "footprint"),
        description="the levels open to a service; collaborative (a lead provider holds the budget for "
        "the footprint) only to those that services.csv marks",
    )
    categories: tuple[Literal["ready", "not_yet"], ...] = Field(
        examples=[("ready", "not_yet")],
        default=("ready",),
        description="portfolio categories that may go local",
    )
    year: int = Field(default=2023, description="services ready after this year stay national")
    min_providers: int = Field(
        examples=[2],
        default=1,
        ge=0,
        description="providers hosted in the footprint: floor for every service",
    )
    max_cv: float = Field(
        examples=[0.25],
        default=math.inf,
        gt=0,
        description="ceiling on a holder's chance sd / spend, all services in scope as one budget",
    )
    min_patients: NotNegative = Field(
        examples=[50.0], default=0.0, description="expected patients a year in the footprint: floor"
    )
    force_local: tuple[str, ...] | Literal["all"] = Field(
        examples=[("11", "6")],
        default=(),
        description="services never held nationally: codes, or 'all' that are in scope",
    )
    force_national: tuple[str, ...] = Field(
        examples=[("11",)], default=(), description="services always national"
    )
    min_local_spend_m: NotNegative = Field(
        examples=[10000.0],
        default=0.0,
        description="floor on £m a year held locally, all footprints together",
    )
    max_local_spend_m: float = Field(
        examples=[12000.0], default=math.inf, ge=0, description="ceiling on £m a year held locally"
    )
    min_local_services: NotNegative = Field(
        examples=[40.0],
        default=0.0,
        description="floor on services held locally, mean over footprints weighted by population",
    )
    max_local_services: float = Field(
        examples=[60.0], default=math.inf, ge=0, description="ceiling on the same measure"
    )
    max_leakage_m: float = Field(
        examples=[900.0],
        default=math.inf,
        ge=0,
        description="ceiling on £m in scope treated outside the residents' own footprint",
    )
    max_volatility_m: float = Field(
        examples=[60.0],
        default=math.inf,
        ge=0,
        description="ceiling on the sd that all holders bear, £m",
    )
    min_local_share_each: Share = Field(
        examples=[0.6],
        default=0.0,
        description="floor for each footprint: share of its in-scope spend held locally",
    )
    min_local_services_each: NotNegative = Field(
        examples=[20.0],
        default=0.0,
        description="floor for each footprint: services held locally, one held by single ICBs "
        "counting for their share of its residents",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, given: object) -> object:
        """``options`` was the name of ``levels`` in version 0.1; scenarios that have it still read."""
        _refuse_retired(given, RETIRED_SERVICE_RULES)
        if isinstance(given, dict) and "options" in given and "levels" not in given:
            return {
                **{key: given[key] for key in given if key != "options"},
                "levels": given["options"],
            }
        return given

    @model_validator(mode="after")
    def _levels_make_sense(self) -> ServiceRules:
        if "national" not in self.levels:
            raise ValueError('levels must hold "national"; use force_local to rule it out')
        forced = set() if self.force_local == "all" else set(self.force_local)
        both = sorted(forced & set(self.force_national))
        if both:
            raise ValueError(f"{', '.join(both)} stand in force_local and in force_national")
        if self.min_local_spend_m > self.max_local_spend_m:
            raise ValueError("min_local_spend_m is above max_local_spend_m")
        if self.min_local_services > self.max_local_services:
            raise ValueError("min_local_services is above max_local_services")
        return self


class ReadinessRules(Settings):
    """How members' PDAF scores make a footprint's readiness, and what each mode asks."""

    aggregate: Literal["weighted", "weakest", "lead"] = Field(
        examples=["weakest"],
        default="weighted",
        description="population mean, lowest member, or the lead's score",
    )
    joint: float | dict[str, float] = Field(
        examples=[1.5, {"finance": 2.0}],
        default=0.0,
        description="least score for a joint committee: a number or one per domain",
    )
    delegated: float | dict[str, float] = Field(
        examples=[3.0],
        default=3.0,
        description="least score for full delegation: a number or one per domain",
    )
    required: bool = Field(
        default=True,
        description="a footprint must be ready for a joint committee, and a holder for what it holds; "
        "false: readiness is reported and bars nothing",
    )
    year: int | None = Field(
        default=None,
        examples=[2025],
        description="year of the scores; the services' year when missing",
    )


class LeadRules(Settings):
    """How the lead ICB of a footprint is proposed: a weighted score of three components."""

    readiness: NotNegative = Field(default=1.0, description="weight of the mean PDAF score / 4")
    hosting: NotNegative = Field(
        default=1.0, description="weight of the share of the footprint's specialised income hosted"
    )
    travel: NotNegative = Field(
        default=1.0, description="weight of nearness: 1 - mean minutes from residents / 120"
    )
    fixed: tuple[str, ...] = Field(
        examples=[("QHM",)],
        default=(),
        description="ICBs that lead whichever footprint they are in",
    )


class Objective(Settings):
    """Weights. Each term is reported alone as well; their weighted sum is the score."""

    leakage: NotNegative = Field(
        default=0.3,
        description="per £ in scope treated outside the residents' footprint, whoever holds it",
    )
    contracting: NotNegative = Field(
        default=0.1, description="per £ that a holder buys outside its own territory"
    )
    volatility: NotNegative = Field(
        default=0.5, description="per £ of the standard deviation of a holder's in-scope budget"
    )
    integration: NotNegative = Field(
        default=1.0, description="per £ of integration benefit forgone by holding at a distance"
    )
    sharing_loss: Share = Field(
        default=0.25,
        description="share of the integration benefit lost between two residents of a footprint who "
        "have different ICBs",
    )
    holding_cost_m: NotNegative = Field(
        examples=[0.1],
        default=0.0,
        description="£m a year for each service that a holder holds: a contract team",
    )
    # Judged: a lead provider runs a commissioning team of its own beside its wards, for case management,
    # contracts and quality: three times the contract team of England's scenarios (£0.1m).
    lead_provider_cost_m: NotNegative = Field(
        examples=[0.3],
        default=0.3,
        description="£m a year for each service that a lead provider holds for a footprint, in place of "
        "holding_cost_m; judged: three times the contract team of England's scenarios",
    )
    transition_delegate: NotNegative = Field(
        examples=[0.01], default=0.0, description="per £ held nationally today that becomes local"
    )
    transition_clawback: NotNegative = Field(
        examples=[0.02], default=0.0, description="per £ held locally today that becomes national"
    )
    committee_cost_m: NotNegative = Field(
        examples=[2.0], default=0.0, description="£m a year per footprint"
    )
    governance_cost_m: NotNegative = Field(
        examples=[0.1], default=0.0, description="£m a year per pair of members"
    )
    disruption: NotNegative = Field(
        examples=[100.0],
        default=0.0,
        description="£m if every pair of residents were joined or parted against the baseline",
    )
    allocation: NotNegative = Field(
        examples=[0.05],
        default=0.0,
        description="per £ of a footprint's shift from historic to needs-based money",
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_names(cls, given: object) -> object:
        _refuse_retired(given, RETIRED_WEIGHTS)
        return given

    @model_validator(mode="after")
    def _weights_can_be_added(self) -> Objective:
        for name, weight in self:
            check_weight(name, weight)
        return self


class SolverSettings(Settings):
    """How the solve runs; nothing here changes what the best plan is."""

    time_limit: float = Field(examples=[60.0], default=600.0, gt=0, description="seconds")
    # More threads than any machine here has bring nothing and exhaust memory.
    threads: int = Field(
        examples=[2], default=1, ge=1, le=1_024, description="threads of one HiGHS solve"
    )
    gap: Share = Field(
        examples=[0.01], default=0.0, description="stop when within this share of the bound"
    )
    # HiGHS holds the seed in 32 bits.
    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="HiGHS random seed")
