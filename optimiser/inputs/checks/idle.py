"""Settings that change nothing on this dataset: no fault, but the reader must know."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.local_services import find_barred
from optimiser.inputs.scenario.scenario import Scenario


def list_idle(scenario: Scenario, dataset: Dataset) -> list[str]:
    """Sentences on settings that are given and change nothing, each with what would."""
    return [*_list_categories(scenario, dataset), *_list_forced(scenario, dataset),
            *_list_exempt(scenario)]  # fmt: skip


def _list_categories(scenario: Scenario, dataset: Dataset) -> Iterator[str]:
    """Categories that may go local, of which the year leaves every service out."""
    table = dataset.services
    barred = find_barred(table, scenario.services).to_numpy()
    for category in scenario.services.categories:
        mine = (table["category"] == category).to_numpy()
        if not mine.any():
            yield f"services.categories has {category}, but no service of the dataset is of it."
        elif (barred[mine] == "ready_year").all():
            first = table.loc[mine, "ready_year"].min()
            when = "none says when it is" if pd.isna(first) else f"the first is in {first:.0f}"
            none = (
                "its one service is not"
                if mine.sum() == 1
                else f"none of its {mine.sum()} services is"
            )
            yield (
                f"services.categories has {category}, but {none} ready by "
                f"{scenario.services.year}: {when}. Set services.year, or nothing changes."
            )


def _list_forced(scenario: Scenario, dataset: Dataset) -> Iterator[str]:
    """Services forced national that no plan could hold locally anyway."""
    free = scenario.services.model_copy(update={"force_national": ()})
    barred = find_barred(dataset.services, free)
    names = dataset.services.set_index("service")["name"]
    idle = [names[code] for code in scenario.services.force_national if barred.get(code)]
    if idle:
        yield f"services.force_national changes nothing for {', '.join(idle)}: national in any case."


def _list_exempt(scenario: Scenario) -> Iterator[str]:
    """ICBs that are let off floors where there are none."""
    rules = scenario.footprints
    floors = rules.population_m[0] > 0 or rules.members[0] > 1 or rules.spend_m[0] > 0
    if rules.stand_alone and not floors:
        yield "footprints.stand_alone changes nothing: no floor is set that it could exempt from."
