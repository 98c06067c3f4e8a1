"""Which services may be held locally: the one definition, for the checks and for the arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimiser.arrays import Bools, Ints
from optimiser.inputs.scenario.scenario import ServiceRules

BARRED = {
    "highly_specialised": "highly specialised services are always national",
    "force_national": "the scenario forces it national",
    "category": "its portfolio category may not go local in this scenario",
    "ready_year": "it is not ready in the scenario's year",
    "local_level": "the scenario leaves no local level open",
    "moves_with": "it moves together with a service that is national",
}
"""Why a service is national in every footprint: rule name to reason."""
OF_OTHERS = ("local_level", "moves_with")
"""Rules that say nothing of the service itself: what its residents spend still counts towards the
window ``footprints.spend_m``, which is on services that may go local by their own nature and year."""


def list_barred(services: pd.DataFrame, rules: ServiceRules) -> NDArray[np.str_]:
    """Why each service is national whatever the footprint (a key of :data:`BARRED`), or "", (S,).

    A service without a ready year is ready always where its category is ready, and never elsewhere.
    """
    unstated = np.where(services["category"] == "ready", -np.inf, np.inf)
    year = services["ready_year"].to_numpy(float, na_value=np.nan)
    year = np.where(np.isnan(year), unstated, year)
    checks = [
        ("highly_specialised", services["highly_specialised"].to_numpy(bool)),
        ("force_national", services["service"].isin(rules.force_national).to_numpy(bool)),
        ("category", ~services["category"].isin(rules.categories).to_numpy(bool)),
        ("ready_year", year > rules.year),
        ("local_level", np.full(len(services), set(rules.levels) == {"national"})),
    ]
    barred = np.select([mask for _, mask in checks], [name for name, _ in checks], default="")
    group = list_groups(services)
    together = np.isin(group, np.unique(group[barred != ""]))
    return np.where(together & (barred == ""), "moves_with", barred).astype(np.str_)


def counts_in_window(barred: NDArray[np.str_]) -> Bools:
    """Whether spend on each service counts towards the window ``footprints.spend_m``, (S,)."""
    return np.isin(barred, ("", *OF_OTHERS))


def list_groups(services: pd.DataFrame) -> Ints:
    """Index of the group of services that move together (the least member's place), (S,)."""
    order = {code: place for place, code in enumerate(services["service"])}
    group = list(range(len(services)))
    for place, other in enumerate(services["moves_with"]):
        if other:
            first, second = group[place], group[order[other]]
            group = [min(first, second) if g in (first, second) else g for g in group]
    return np.array(group, dtype=np.int64)
