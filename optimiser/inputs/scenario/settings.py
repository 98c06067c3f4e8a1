"""The sections of a scenario: what each setting means, its default and what it may be."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Window = tuple[float, float]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LEVELS = ("national", "footprint", "icb")


class Settings(BaseModel):
    """A section: unknown settings are faults, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, given: Any) -> Any:
        """TOML has lists where strict settings ask for tuples; nothing else is ever converted."""
        if not isinstance(given, dict):
            return given
        return {key: _frozen(value) for key, value in given.items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


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


def _refuse_retired(given: object, retired: dict[str, str]) -> None:
    if isinstance(given, dict):
        for name in [name for name in retired if name in given]:
            raise ValueError(f"{name} was retired: {retired[name]}")


def _check_window(name: str, window: tuple[float, float]) -> None:
    low, high = window
    if math.isnan(low) or math.isnan(high) or low < 0 or low > high:
        raise ValueError(
            f"{name} must be [least, most] with 0 <= least <= most, not {list(window)}"
        )


class FootprintRules(Settings):
    """Rules of one footprint, and how many footprints there are."""

    count: int | tuple[int, int] | Literal["free"] = Field(
        default="free", description="number of footprints: 9, [8, 10] or 'free'"
    )
    population_m: Window = Field(
        default=(0.0, math.inf), description="fewest and most people of a footprint, millions"
    )
    population_base: Literal["resident", "registered", "weighted"] = Field(
        default="resident",
        description="whom the window counts: Census residents, GP-registered or need-weighted",
    )
    members: tuple[int, int] = Field(default=(1, 1_000), description="fewest and most ICBs")
    spend_m: Window = Field(
        default=(0.0, math.inf),
        description="£m a year a footprint's residents spend on services in scope",
    )
    max_travel_minutes: float = Field(
        default=math.inf, gt=0, description="greatest travel time from a member to the lead ICB"
    )
    within_regions: bool = Field(default=False, description="no footprint crosses an NHS region")
    contiguous: bool = Field(default=True, description="members are linked through neighbours")
    min_border_km: NotNegative = Field(
        default=0.0, description="links with a shorter border do not count as neighbours"
    )
    min_shared_border: Share = Field(
        default=0.0,
        description="least share of each member's border with other ICBs that is with its fellow "
        "members: a footprint without arms; one ICB alone has no fellows and is exempt",
    )
    stand_alone: tuple[str, ...] = Field(
        default=(), description="ICBs that may be a footprint alone, below the floors"
    )
    keep_together: tuple[tuple[str, ...], ...] = Field(
        default=(), description="groups of ICBs that share a footprint"
    )
    keep_whole: str = Field(
        default="",
        description="carried plan of which no footprint is parted: all are kept together",
    )
    keep_apart: tuple[tuple[str, ...], ...] = Field(
        default=(), description="groups of ICBs of which no two share a footprint"
    )
    fixed: tuple[tuple[str, ...], ...] = Field(
        default=(), description="whole footprints that are given"
    )
    baseline: str = Field(
        default="", description="carried plan that disruption and max_moved refer to"
    )
    max_moved: int | None = Field(
        default=None, ge=0, description="at most this many ICBs leave their baseline footprint"
    )

    @model_validator(mode="after")
    def _windows_are_ordered(self) -> FootprintRules:
        _check_window("population_m", self.population_m)
        _check_window("members", self.members)
        _check_window("spend_m", self.spend_m)
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
    levels: tuple[Literal["national", "footprint", "icb"], ...] = Field(
        default=("national", "footprint"), description="the levels open to a service"
    )
    categories: tuple[Literal["ready", "not_yet"], ...] = Field(
        default=("ready",), description="portfolio categories that may go local"
    )
    year: int = Field(default=2023, description="services ready after this year stay national")
    min_providers: int = Field(
        default=1, ge=0, description="providers hosted in the footprint: floor for every service"
    )
    max_cv: float = Field(
        default=math.inf,
        gt=0,
        description="ceiling on a holder's chance sd / spend, all services in scope as one budget",
    )
    min_patients: NotNegative = Field(
        default=0.0, description="expected patients a year in the footprint: floor"
    )
    force_local: tuple[str, ...] | Literal["all"] = Field(
        default=(), description="services never held nationally: codes, or 'all' that are in scope"
    )
    force_national: tuple[str, ...] = Field(default=(), description="services always national")
    min_local_spend_m: NotNegative = Field(
        default=0.0, description="floor on £m a year held locally, all footprints together"
    )
    max_local_spend_m: float = Field(
        default=math.inf, ge=0, description="ceiling on £m a year held locally"
    )
    min_local_services: NotNegative = Field(
        default=0.0,
        description="floor on services held locally, mean over footprints weighted by population",
    )
    max_local_services: float = Field(
        default=math.inf, ge=0, description="ceiling on the same measure"
    )
    max_leakage_m: float = Field(
        default=math.inf,
        ge=0,
        description="ceiling on £m in scope treated outside the residents' own footprint",
    )
    max_volatility_m: float = Field(
        default=math.inf, ge=0, description="ceiling on the sd that all holders bear, £m"
    )
    min_local_share_each: Share = Field(
        default=0.0,
        description="floor for each footprint: share of its in-scope spend held locally",
    )
    min_local_services_each: NotNegative = Field(
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
        default="weighted", description="population mean, lowest member, or the lead's score"
    )
    joint: float | dict[str, float] = Field(
        default=0.0, description="least score for a joint committee: a number or one per domain"
    )
    delegated: float | dict[str, float] = Field(
        default=3.0, description="least score for full delegation: a number or one per domain"
    )
    required: bool = Field(
        default=True,
        description="a footprint must be ready for a joint committee, and a holder for what it holds; "
        "false: readiness is reported and bars nothing",
    )
    year: int | None = Field(
        default=None, description="year of the scores; the services' year when missing"
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
        default=(), description="ICBs that lead whichever footprint they are in"
    )


ClassifyRule = Literal[
    "few_patients",
    "few_providers",
    "too_volatile",
    "little_benefit",
    "volatile",
    "thinly_provided",
    "fast_moving",
    "needs_delegation",
]


class ClassifyRules(Settings):
    """Service portfolio analysis: rules that put a service in a category, and their order.

    Highly specialised services are national before any rule is asked. The first rule that speaks
    decides; a service of which none speaks is suitable and ready. The first four rules say national,
    the others suitable but not yet ready.
    """

    order: tuple[ClassifyRule, ...] = Field(
        default=get_args(ClassifyRule)[:-1],
        description="rules in the order in which they are asked; one left out is switched off, as "
        "needs_delegation is by default",
    )
    reference_population_m: float = Field(
        default=6.3,
        gt=0,
        description="people of the footprint whose volatility and providers are judged, millions; "
        "6.3 is a ninth of England",
    )
    few_patients: NotNegative = Field(
        default=500.0,
        description="national if fewer patients a year in England: the size of highly specialised",
    )
    few_providers: NotNegative = Field(
        default=5.0, description="national if fewer providers in England: a handful of centres"
    )
    too_volatile: NotNegative = Field(
        default=0.25, description="national if sd / spend at the reference population is above this"
    )
    little_benefit: Share = Field(
        default=0.02,
        description="national if joining up care locally is worth less than this share of spend",
    )
    volatile: NotNegative = Field(
        default=0.15, description="not yet ready if sd / spend at the reference is above this"
    )
    thinly_provided: NotNegative = Field(
        default=1.0,
        description="not yet ready if fewer providers for each reference population than this",
    )
    fast_moving: Share = Field(
        default=0.6, description="not yet ready if the pace of innovation (0 to 1) is above this"
    )

    @model_validator(mode="after")
    def _rules_stand_once(self) -> ClassifyRules:
        twice = sorted({name for name in self.order if self.order.count(name) > 1})
        if twice:
            raise ValueError(f"order holds {', '.join(twice)} more than once")
        return self


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
        default=0.0, description="£m a year for each service that a holder holds: a contract team"
    )
    transition_delegate: NotNegative = Field(
        default=0.0, description="per £ held nationally today that becomes local"
    )
    transition_clawback: NotNegative = Field(
        default=0.0, description="per £ held locally today that becomes national"
    )
    committee_cost_m: NotNegative = Field(default=0.0, description="£m a year per footprint")
    governance_cost_m: NotNegative = Field(default=0.0, description="£m a year per pair of members")
    disruption: NotNegative = Field(
        default=0.0,
        description="£m if every pair of residents were joined or parted against the baseline",
    )
    allocation: NotNegative = Field(
        default=0.0, description="per £ of a footprint's shift from historic to needs-based money"
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_names(cls, given: object) -> object:
        _refuse_retired(given, RETIRED_WEIGHTS)
        return given


class Uncertainty(Settings):
    """What ``robust`` draws beside the spreads of the dataset's columns (sources.csv)."""

    weights: dict[str, Window] = Field(
        default={},
        description="least and most of a weight of [objective], each draw taking one between them",
    )

    @model_validator(mode="after")
    def _weights_are_known(self) -> Uncertainty:
        for name, window in self.weights.items():
            if name not in Objective.model_fields:
                known = ", ".join(Objective.model_fields)
                raise ValueError(f"weights names {name!r}, which is no weight. Weights: {known}")
            _check_window(f"weights.{name}", window)
        return self


class SolverSettings(Settings):
    """How the solve runs; nothing here changes what the best plan is."""

    time_limit: float = Field(default=600.0, gt=0, description="seconds")
    # More threads than any machine here has bring nothing and exhaust memory.
    threads: int = Field(default=1, ge=1, le=1_024, description="threads of one HiGHS solve")
    gap: Share = Field(default=0.0, description="stop when within this share of the bound")
    # HiGHS holds the seed in 32 bits.
    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="HiGHS random seed")
