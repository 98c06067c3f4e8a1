"""Groups that a scenario names by a carried plan, written out."""

from __future__ import annotations

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario


def with_groups(scenario: Scenario, dataset: Dataset) -> Scenario:
    """The same scenario with ``keep_whole`` written out as groups of ``keep_together``.

    Args:
        scenario: may name a carried plan in ``footprints.keep_whole``.
        dataset: has that plan.

    Returns:
        the scenario as it is where it names none.
    """
    name = scenario.footprints.keep_whole
    if not name:
        return scenario
    plan = dataset.plans[name]
    groups = [tuple(icbs) for _, icbs in plan.groupby("footprint", sort=False)["icb"]]
    whole = tuple(group for group in groups if len(group) > 1)
    together = (*scenario.footprints.keep_together, *whole)
    return scenario.changed({"footprints.keep_together": together, "footprints.keep_whole": ""})
