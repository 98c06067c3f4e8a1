"""The section ``[roadmap]`` of a scenario: which years, and what changes from one to the next."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from optimiser.inputs.scenario.section import Settings

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
