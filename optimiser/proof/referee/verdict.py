"""What the referee says, and when two numbers count as equal."""

from __future__ import annotations

from dataclasses import asdict, dataclass

EXACT = 1e-9
"""Relative slack on a rule of one footprint: rounding of sums, nothing more."""
SOLVED = 1e-6
"""Relative slack on sums that a solver kept within its tolerance, and on terms added up twice."""


RULES = {
    "each_icb_in_one_footprint": "each ICB of the dataset is in exactly one footprint",
    "count": "the number of footprints is in its range",
    "contiguous": "members are linked through neighbours that are members",
    "population_m": "people of a footprint are within the window",
    "members": "ICBs of a footprint are within the window",
    "spend_m": "spend on services in scope is within the window",
    "max_first_year_change": "no footprint's money changes too much in its first year",
    "max_income_at_risk": "no trust lives too much on what other footprints send it",
    "within_regions": "no footprint crosses a region",
    "min_shared_border": "each member shares enough of its border with its fellow members",
    "one_lead": "each footprint has one of its members as lead",
    "fixed_lead": "an ICB that is fixed as lead leads its footprint",
    "max_travel_minutes": "every member is near enough to the lead",
    "keep_together": "ICBs that are kept together share a footprint",
    "keep_apart": "ICBs that are kept apart do not",
    "fixed": "footprints that are given are in the plan",
    "max_moved": "few enough ICBs leave their baseline footprint",
    "one_level_per_service": "each service has one level in each footprint",
    "levels": "it is one of the scenario's levels",
    "highly_specialised": "highly specialised services are national",
    "category": "services whose category may not go local are national",
    "ready_year": "services that are not ready yet are national",
    "force_national": "services that are forced national are",
    "force_local": "services that are forced local are",
    "collaborative": "lead providers hold only what is in a provider collaborative",
    "readiness": "each footprint is ready, and so is whoever holds a service",
    "min_providers": "whoever holds a service hosts enough of its providers",
    "min_patients": "whoever holds a service expects enough patients",
    "max_cv": "the in-scope budget of whoever holds a service is calm enough",
    "moves_with": "services that move together have one level in a footprint",
    "portfolio": "under a uniform portfolio a service has one level for all England",
    "min_local_spend_m": "enough money is held locally",
    "max_local_spend_m": "not too much money is held locally",
    "min_local_services": "enough services are held locally",
    "max_local_services": "not too many services are held locally",
    "max_leakage_m": "not too much in-scope care is given outside its footprint",
    "max_volatility_m": "the standard deviations that holders bear are not too large",
    "min_local_share_each": "each footprint holds a large enough share of what is in scope",
    "min_local_services_each": "each footprint holds enough services",
    "clawback": "in a roadmap a service that is local stays local, unless clawback is allowed",
    "figures_agree": "figures that the plan states are those of the dataset",
    "terms_agree": "terms and objective that the plan states are those of the dataset",
}
"""Every rule that the referee checks, and what it says."""


@dataclass(frozen=True)
class BrokenRule:
    """One rule that a plan breaks.

    Attributes:
        rule: name of the rule, one of :data:`RULES`; a setting's name where there is one.
        where: the footprint, the service and footprint, or ``England``.
        value: what the plan has.
        limit: what the rule allows.
        sentence: both in a sentence, in the user's words.
    """

    rule: str
    where: str
    value: float | str
    limit: float | str
    sentence: str

    def __str__(self) -> str:
        """The sentence, with the rule's name."""
        return f"{self.rule}: {self.sentence}"

    def as_row(self) -> dict[str, float | str]:
        """The broken rule as one row of a table."""
        return asdict(self)


def is_below(value: float, floor: float, slack: float = EXACT) -> bool:
    """Whether a value misses a floor by more than the slack."""
    return value < floor - slack * max(1.0, abs(floor))


def is_above(value: float, ceiling: float, slack: float = EXACT) -> bool:
    """Whether a value passes a ceiling by more than the slack."""
    return value > ceiling + slack * max(1.0, abs(ceiling))


def tell_beside(value: float, limit: float) -> str:
    """A number with as few decimals as tell it from the limit it breaks; two at least, where any."""
    for decimals in range(2, 9):
        text = f"{value:.{decimals}f}"
        if float(text) != limit:
            break
    return text.rstrip("0").rstrip(".") if "." in text else text
