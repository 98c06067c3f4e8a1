"""Finds the decay of each family from published leakage, and demand from published allocations.

The results are carried in ``facts/flow_parameters.csv`` and ``facts/demand_factors.csv``, so a build
does not depend on an optimiser's version. Families without a target of their own borrow the numbers
of the nearest kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from inputs.england.build.allocations import build_committee_flows, scale_allocations
from inputs.england.build.centres import list_service_providers
from inputs.england.build.facts import Facts, take_number, take_text
from inputs.england.build.fit import GROUPINGS
from inputs.england.build.fitted import list_few_centres
from inputs.england.build.flows import Choice, Decay, measure_demand, share_service
from inputs.england.build.services import build_services
from inputs.england.build.tables import list_plans

BORROWED = {
    "mental_health": "general",
    "rare_adult": "neurosciences",
    "rare_child": "children",
}
START = (0.15, 15.0, 0.05)
LOWER = (0.05, 0.0, 0.0)
UPPER = (0.25, 45.0, 0.50)
SCALE = (0.1, 20.0, 0.1)
DECIMALS = 4
ALLOCATION_WEIGHT = 0.5
"""Judgement: how far demand goes from need weights (0) to what the allocations imply (1), in logarithms.
The published allocations leave 11 % of the spend on the same services unexplained, and core need
weights are not those of specialised services: neither is better known than the other."""
RECONCILING_ROUNDS = 100
"""Each round brings a committee's hosts nearer to its allocation; the factors settle in about 30."""


@dataclass(frozen=True)
class _ServiceWeights:
    """What turns one service's shares into leaked money.

    Attributes:
        service: code.
        centres: its centres.
        money: £m of each ICB's residents.
        outside: for each grouping, ICB × centre, True when the centre lies outside.
    """

    service: str
    centres: pd.DataFrame
    money: np.ndarray
    outside: tuple[np.ndarray, ...]


def calibrate_families(facts: Facts, choice: Choice) -> pd.DataFrame:
    """Fit every family that has a target, and let the others borrow.

    Returns:
        Frame of family, decay_per_minute, home_minutes, referral_share, basis.
    """
    targets = facts.targets.set_index("family")
    fitted = {
        str(family): _fit_family(facts, choice, str(family), targets)
        for family in targets.index
        if family in set(facts.service_model["family"])
    }
    rows = [
        (f, *_round(d), "fitted to " + take_text(targets, f, "label")) for f, d in fitted.items()
    ]
    rows += [(f, *_round(fitted[b]), f"borrowed from {b}") for f, b in BORROWED.items()]
    columns = ["family", "decay_per_minute", "home_minutes", "referral_share", "basis"]
    return pd.DataFrame(rows, columns=columns)


def _fit_family(facts: Facts, choice: Choice, family: str, targets: pd.DataFrame) -> Decay:
    """Least squares over the three groupings, in percentage points."""
    weights = _list_weights(facts, choice, family)
    wanted = np.array([take_number(targets, family, column) for column in GROUPINGS])

    def miss(x: np.ndarray) -> np.ndarray:
        found: np.ndarray = measure_leakage(choice, family, weights, Decay(*x)) - wanted
        return found

    result = least_squares(
        miss, START, bounds=(LOWER, UPPER), x_scale=SCALE, diff_step=[1e-3] * len(START)
    )
    return Decay(*(float(value) for value in result.x))


def measure_leakage(
    choice: Choice, family: str, weights: list[_ServiceWeights], decay: Decay
) -> np.ndarray:
    """Leakage of a family's spend, per cent, one number for each grouping."""
    leaked: np.ndarray = np.zeros(len(GROUPINGS))
    spend = 0.0
    for one in weights:
        shares = share_service(choice, one.service, one.centres, family, decay).to_numpy()
        leaked += [float(one.money @ (shares * outside).sum(axis=1)) for outside in one.outside]
        spend += float(one.money.sum())
    return 100 * leaked / spend


def _list_weights(facts: Facts, choice: Choice, family: str) -> list[_ServiceWeights]:
    centres = list_service_providers(facts)
    services = build_services(facts).set_index("service")
    plans = list_plans(facts)
    footprints = [plans[plan].set_index("icb")["footprint"] for plan in GROUPINGS.values()]
    host = facts.providers.set_index("provider")["icb"]
    mine = facts.service_model.index[facts.service_model["family"] == family]
    # The targets are of the same counts as the shares: what those cannot speak of is in neither.
    members = mine.difference(list(list_few_centres(facts)), sort=False)
    return [
        _weigh_service(
            facts,
            choice,
            service,
            centres[centres["service"] == service],
            services,
            footprints,
            host,
        )
        for service in members
    ]


def _weigh_service(
    facts: Facts,
    choice: Choice,
    service: str,
    centres: pd.DataFrame,
    services: pd.DataFrame,
    footprints: list[pd.Series[str]],
    host: pd.Series[str],
) -> _ServiceWeights:
    category = take_text(services, service, "category")
    demand = measure_demand(facts, service, category).reindex(list(choice.icbs)).to_numpy()
    treated = host[centres["provider"]]
    outside = tuple(
        footprint.reindex(list(choice.icbs)).to_numpy()[:, None]
        != treated.map(footprint).to_numpy()[None, :]
        for footprint in footprints
    )
    return _ServiceWeights(
        service, centres, demand * take_number(services, service, "spend_m"), outside
    )


def _round(decay: Decay) -> tuple[float, float, float]:
    return (
        round(decay.per_minute, DECIMALS),
        round(decay.home_minutes, 2),
        round(decay.referral_share, DECIMALS),
    )


def reconcile_demand(facts: Facts, flows: pd.DataFrame) -> pd.DataFrame:
    """Factors on demand, from the money of a committee's hosts to its allocation, half way.

    Args:
        facts: the carried facts.
        flows: flows of the 42 ICBs, built with factors of 1.

    Returns:
        Frame of committee, demand_factor, basis.
    """
    paid = build_committee_flows(facts, flows)
    wanted = scale_allocations(facts, float(paid["spend_m"].sum()))
    factors = pd.Series(1.0, index=wanted.index)
    national = paid.groupby("service")["spend_m"].transform("sum")
    for _ in range(RECONCILING_ROUNDS):
        money = paid["spend_m"] * paid["home"].map(factors)
        money *= national / money.groupby(paid["service"]).transform("sum")
        factors *= wanted / money.groupby(paid["host"]).sum()
    basis = "half way, in logarithms, from need weights to the published allocation"
    table = (factors**ALLOCATION_WEIGHT).round(DECIMALS).rename("demand_factor")
    return table.rename_axis("committee").reset_index().assign(basis=basis)
