"""The section ``[classify]``: which rules put a service in a category, and in which order."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from optimiser.inputs.scenario.section import NotNegative, Settings, Share

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
