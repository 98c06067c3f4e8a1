"""Settings of the questions on money, providers and access: none of them changes what the best plan is.

Defaults are this project's judgement, to be replaced by whoever asks: no rule of pace for specialised
services, and no threshold of exposure or of far, is published as such.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optimiser.inputs.scenario.section import NotNegative, Settings, Share

MOST_YEARS = 50
"""Two generations of planning rounds: what has not converged by then does not under these rules."""


class FundingRules(Settings):
    """Pace of change: how fast money moves from where it was to where need is."""

    years: int = Field(
        default=5,
        ge=1,
        le=MOST_YEARS,
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
