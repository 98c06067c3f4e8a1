"""Which services may be held locally at all, before any footprint is looked at.

The one definition: the checks of a scenario, the arrays of the engine and the reasons that are printed
all read it. (The referee has its own, as it shares no code with what it judges.)
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.inputs.connectivity import join_groups
from optimiser.inputs.scenario.scenario import ServiceRules

REASONS = {
    "highly_specialised": "highly specialised services are always national",
    "force_national": "the scenario forces it national",
    "category": "its portfolio category may not go local in this scenario",
    "ready_year": "it is not ready in the scenario's year",
    "local_level": "the scenario leaves no local level open",
    "moves_with": "it moves together with a service that is national",
}
"""Why a service is national in every footprint: rule name to reason; the first that holds is given."""
OUT_OF_SCOPE = ("highly_specialised", "category", "ready_year")
"""What puts a service out of scope: no plan of this scenario's year may move it."""


def find_barred(services: pd.DataFrame, rules: ServiceRules) -> pd.Series[str]:
    """Why each service is national whatever the footprint; empty text if it may go local.

    Args:
        services: service, category, ready_year, highly_specialised, moves_with.
        rules: categories, year, levels and forced services of the scenario.

    Returns:
        key of :data:`REASONS` or "", by service.
    """
    code = services["service"]
    unstated = np.where(services["category"] == "ready", -np.inf, np.inf)
    year = services["ready_year"].to_numpy(float, na_value=np.nan)
    year = np.where(np.isnan(year), unstated, year)
    checks = [
        ("highly_specialised", services["highly_specialised"].to_numpy(bool)),
        ("force_national", code.isin(rules.force_national).to_numpy(bool)),
        ("category", ~services["category"].isin(rules.categories).to_numpy(bool)),
        ("ready_year", year > rules.year),
        ("local_level", np.full(len(services), set(rules.levels) == {"national"})),
    ]
    own = np.select([mask for _, mask in checks], [name for name, _ in checks], default="")
    barred = pd.Series(own, index=code.to_numpy(), dtype="str")
    national = set(barred.index[barred != ""])
    for group in list_moving_groups(services):
        if national & set(group):
            held_back = [member for member in group if member not in national]
            barred[held_back] = "moves_with"
    return barred


def list_local_services(services: pd.DataFrame, rules: ServiceRules) -> set[str]:
    """Services that may go local somewhere."""
    barred = find_barred(services, rules)
    return set(barred.index[barred == ""])


def find_in_scope(services: pd.DataFrame, rules: ServiceRules) -> pd.Series[bool]:
    """Whether each service is in scope: its own category and year let some plan move it.

    The scope is what the geography is judged on, so it does not shrink when the scenario forces a
    service national, leaves no local level open, or ties it to one that is national.
    """
    free = rules.model_copy(update={"force_national": ()})
    return ~find_barred(services, free).isin(OUT_OF_SCOPE)


def list_in_scope(services: pd.DataFrame, rules: ServiceRules) -> set[str]:
    """Services in scope."""
    found = find_in_scope(services, rules)
    return set(found.index[found])


def list_forced_local(services: pd.DataFrame, rules: ServiceRules) -> set[str]:
    """Services that may not be held nationally; ``"all"`` are those that may go local somewhere."""
    if rules.force_local == "all":
        return list_local_services(services, rules)
    return set(rules.force_local)


def list_moving_groups(services: pd.DataFrame) -> list[tuple[str, ...]]:
    """Services that move together, each group once; a service alone is no group."""
    pairs = zip(services["service"].tolist(), services["moves_with"].tolist(), strict=True)
    return join_groups([pair for pair in pairs if pair[1]])
