"""What the engine refuses to start, each with what to do instead."""

from __future__ import annotations

import numpy as np

from optimiser.errors import CapacityError, NoPlanError, UnsupportedError
from optimiser.footprints.candidates import Candidates
from optimiser.footprints.system import System

MOST_UNIFORM = 5_000_000
"""Candidates under one list for all England: some 500 bytes each for every service's cost and rules."""

FLOORS = (
    *("min_local_spend_m", "min_local_services"),
    *("min_local_share_each", "min_local_services_each"),
)
CEILINGS = ("max_local_spend_m", "max_local_services", "max_leakage_m", "max_volatility_m")
OF_MONEY = ("max_first_year_change", "max_income_at_risk")
"""Rules on what is held, of all footprints or of each, that are not priced, as they couple
services; and rules of each footprint's money, which the search does not look at yet."""


def refuse_unsupported(system: System) -> None:
    """Say which combinations this engine does not solve, and why."""
    rules = system.scenario.services
    if rules.portfolio == "uniform":
        _refuse_under_uniform(system)


def _refuse_under_uniform(system: System) -> None:
    rules = system.scenario.services
    ceilings = [
        name for name in ("max_leakage_m", "max_volatility_m") if np.isfinite(getattr(rules, name))
    ]
    if ceilings or system.scenario.footprints.max_moved is not None:
        names = ", ".join(ceilings or ["max_moved"])
        raise UnsupportedError(
            f'{names} is not solved under portfolio = "uniform": its search prices footprints for one '
            "choice of services at a time. Put a weight on the term instead, or use "
            'portfolio = "by_footprint".'
        )
    each = [
        name for name in ("min_local_share_each", "min_local_services_each") if getattr(rules, name)
    ]
    if each:
        raise UnsupportedError(
            f'{", ".join(each)} is not solved under portfolio = "uniform": one list for all England '
            "leaves a footprint no levels of its own to meet it with. Use min_local_spend_m, or "
            'portfolio = "by_footprint".'
        )


def refuse_long_uniform(candidates: Candidates) -> None:
    """One list for all England measures every service in every candidate: memory limits how many.

    Raises:
        CapacityError: there are too many.
    """
    if len(candidates) > MOST_UNIFORM:
        raise CapacityError(
            f'{len(candidates):,} possible footprints are too many for portfolio = "uniform", which '
            f"measures every service in each ({MOST_UNIFORM:,} at most). Lower the most members, narrow "
            'the population window or limit travel; or use portfolio = "by_footprint".'
        )


def list_unpriced(system: System) -> list[str]:
    """Rules of the scenario that are not priced where candidates cannot be listed."""
    rules = system.scenario.services
    names = ["portfolio"] if rules.portfolio == "uniform" else []
    names += [name for name in FLOORS if getattr(rules, name) > 0]
    names += [name for name in CEILINGS if np.isfinite(getattr(rules, name))]
    of_each = system.scenario.footprints
    return names + [name for name in OF_MONEY if np.isfinite(getattr(of_each, name))]


def refuse_unpriced(system: System) -> None:
    """Say which rules are not priced where candidates cannot be listed."""
    names = list_unpriced(system)
    if names:
        raise UnsupportedError(
            f"{', '.join(names)}: not solved on a map of {system.size} areas, whose "
            "possible footprints are too many to list. Leave it at its default; or keep areas "
            "together, such as whole ICBs (keep_whole in [footprints], the name of a carried plan), "
            "so that at most 64 parts are left; or carry the dataset to fewer areas with "
            "`footprints carry`."
        )


def refuse_uncovered(system: System, candidates: Candidates) -> None:
    """Raise NoPlanError when some ICB is in no candidate."""
    covered = np.bitwise_or.reduce(candidates.masks) if len(candidates) else 0
    lost = [
        f"{name} ({code})"
        for i, (code, name) in enumerate(zip(system.icbs, system.names, strict=True))
        if not int(covered) >> i & 1
    ]
    if lost:
        raise NoPlanError(
            f"No plan exists: no footprint within the rules can hold {', '.join(lost)}."
        )
