"""Patients who cross a boundary: treated outside the body that commissions for them."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Ints, Masks
from optimiser.footprints.levels import COLLECTIVE, ICB
from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset
from optimiser.plan.distance import homes
from optimiser.plan.measure_plan import level_of_services


def count_crossing(system: System, dataset: Dataset, masks: Masks, choice: Ints) -> float:
    """Patients a year of local services who are treated outside the body that commissions for them.

    Patients of a service that a footprint holds count when their provider lies in another footprint
    or elsewhere; of a service held by single ICBs, when it lies outside their own ICB. Patients of
    national services never count: England has no inner boundary. Read from the column ``patients``
    of the flows.

    Args:
        system: the arrays.
        dataset: the tables that they were made from.
        masks: the footprints, (K,).
        choice: index of the level of each group of services in each footprint, (K, G).
    """
    flows = dataset.flows
    host = dataset.providers.set_index("provider")["icb"]
    place = {code: k for k, code in enumerate(system.icbs)}
    home = homes(masks, system.size)
    i = flows["icb"].map(place).to_numpy(np.int64)
    j = flows["provider"].map(host).map(place).fillna(-1).to_numpy(np.int64)
    order = {code: k for k, code in enumerate(system.services.codes)}
    s = flows["service"].map(order).to_numpy(np.int64)
    levels = np.array(system.scenario.services.levels)
    level = levels[level_of_services(system, choice)[home[i], s]]
    outside_footprint = (j < 0) | (home[i] != home[j])
    as_one = np.isin(level, COLLECTIVE)
    crosses = np.where(level == ICB, i != j, as_one & outside_footprint)
    return float(flows["patients"].to_numpy(float)[crosses].sum())
