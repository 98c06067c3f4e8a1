"""Sections of one question each: funding, providers, access, roadmap, classify and robust.

Defaults are this project's judgement, to be replaced by whoever asks: no rule of pace for specialised
services, and no threshold of exposure or of far, is published as such.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from optimiser.inputs.scenario.declared import NotNegative, Settings, Share, Window
from optimiser.inputs.scenario.settings import Objective, check_weight, check_window

MOST_YEARS_TO_TARGET = 50
"""Two generations of planning rounds: what has not converged by then does not under these rules."""


class FundingRules(Settings):
    """Pace of change: how fast money moves from where it was to where need is."""

    years: int = Field(
        default=5,
        ge=1,
        le=MOST_YEARS_TO_TARGET,
        description="years to converge: each year closes an equal part of what is left of the distance "
        "from target, as far as the other rules allow",
    )
    growth: Annotated[float, Field(ge=-0.5, le=0.5)] = Field(
        default=0.0, description="growth of all the money each year, a share of last year's"
    )
    max_cut: Share = Field(
        default=0.02,
        description="largest yearly cut: how far an allocation may fall behind the growth of all the "
        "money, a share of its last year's",
    )
    max_rise: Share = Field(
        default=0.05,
        description="largest yearly rise: how far an allocation may run ahead of the growth of all the "
        "money, a share of its target",
    )
    min_growth: Annotated[float, Field(ge=-1, le=0.5)] = Field(
        default=-1.0,
        description="floor on growth: no allocation grows by less a year, whatever the other rules; "
        "-1 is no floor, 0 is no cut in cash",
    )

    @model_validator(mode="after")
    def _floor_is_affordable(self) -> FundingRules:
        if self.min_growth > self.growth:
            raise ValueError(
                f"min_growth {self.min_growth:g} is above growth {self.growth:g}: not every allocation "
                "can grow by more than all the money does"
            )
        return self


class ProviderRules(Settings):
    """What is asked of providers: how much care comes home, and past which limits a trust is listed."""

    brought_home: Share = Field(
        default=0.5,
        description="share of in-scope care given outside the residents' footprint that is brought home "
        "where that has a centre: a what-if, not a forecast",
    )
    most_lost: Share = Field(
        default=0.1,
        description="a trust that would lose more than this share of its specialised income is listed",
    )
    most_lost_of_all: Share = Field(
        default=0.05,
        description="a trust that would lose more than this share of all its income is listed, where "
        "the dataset says what share is specialised",
    )
    most_commissioners: Annotated[int, Field(ge=0)] = Field(
        default=10, description="a trust with more commissioners than this is listed"
    )
    # Up to £1.5m a relationship is a mandated block payment (2025/26 NHS Payment Scheme, NHS England).
    contract_m: NotNegative = Field(
        default=1.5,
        description="£m a year from which a holder counts as a commissioner of a trust: what pays less "
        "has no contract of its own",
    )
    smallest_m: NotNegative = Field(
        default=10.0,
        description="trusts with less specialised income than this, £m a year, are not listed and "
        "bind no rule: a small loss is a large share of little",
    )


class AccessRules(Settings):
    """What is asked of patients' travel."""

    far_minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=60.0, description="minutes beyond which a patient's journey counts as far"
    )


MOST_YEARS = 15
"""Years of one roadmap: paths of a service grow with their square, and no one plans further."""
AHEAD = 5
"""Years after the scenario's own that a roadmap covers when none are given: a five-year plan."""


class RoadmapRules(Settings):
    """Years of a roadmap: the grouping is fixed, each service may change its level in any of them."""

    years: tuple[int, int] | None = Field(
        default=None,
        description="first and last year; services.year and the five after it when missing",
        examples=[(2023, 2028)],
    )
    growth: float | dict[str, float] = Field(
        default=0.0,
        description="growth of spend and patients a year, a share: a number, or one by programme of "
        "care (0 for those not named)",
        examples=[0.03],
    )
    discount: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="share by which a year counts less than the one before",
        examples=[0.035],
    )
    start: Literal["current", "national"] = Field(
        default="current",
        description="levels before the first year: current_level of services.csv, or all national",
    )
    clawback: bool = Field(
        default=False,
        description="whether a service may become national again once it is local, at "
        "objective.transition_clawback; the first year may always change what is held today",
    )
    beside: str = Field(
        default="",
        description="path carried in the dataset's folder paths that is set beside the best one",
        examples=["england-2023-to-2027"],
    )

    @model_validator(mode="after")
    def _years_are_ordered(self) -> RoadmapRules:
        if self.years is not None and not 0 <= self.years[1] - self.years[0] < MOST_YEARS:
            raise ValueError(
                f"years must be [first, last], at most {MOST_YEARS} of them, not {list(self.years)}"
            )
        growths = self.growth.values() if isinstance(self.growth, dict) else [self.growth]
        if any(not -0.5 <= growth <= 1 for growth in growths):
            raise ValueError("growth must be between -0.5 (half is lost) and 1 (it doubles) a year")
        return self


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


class Uncertainty(Settings):
    """What ``robust`` draws beside the spreads of the dataset's columns (sources.csv)."""

    weights: dict[str, Window] = Field(
        examples=[{"leakage": (0.15, 0.6)}],
        default={},
        description="least and most of a weight of [objective], each draw taking one between them",
    )

    @model_validator(mode="after")
    def _weights_are_known(self) -> Uncertainty:
        for name, window in self.weights.items():
            if name not in Objective.model_fields:
                known = ", ".join(Objective.model_fields)
                raise ValueError(f"weights names {name!r}, which is no weight. Weights: {known}")
            check_window(f"weights.{name}", window)
            check_weight(f"weights.{name}", window[1])
        return self
