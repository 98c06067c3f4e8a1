"""A path over the years that a dataset carries: which grouping and levels held from when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimiser.errors import Fault, InputError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.leads import find_leads
from optimiser.footprints.levels import NATIONAL
from optimiser.footprints.system import System
from optimiser.footprints.years import Years
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.plans import read_grouping, read_rows
from optimiser.plan.given_levels import find_levels, place_levels
from optimiser.proof.referee.facts import Claim

FOLDER = "paths"
"""Folder of a dataset that carries paths by name."""
COLUMNS = ("year", "plan", "levels", "milestone")


@dataclass(frozen=True)
class CarriedPath:
    """A path as it is read.

    Attributes:
        first_plan: the grouping it begins with.
        claims: what holds in each year of the roadmap.
        milestones: year to what happens in it, in words.
    """

    first_plan: str
    claims: tuple[Claim, ...]
    milestones: Mapping[int, str]


def read_path(name: str, years: Years, dataset: Dataset) -> CarriedPath:
    """The path of a dataset by name: a CSV of year, plan, levels and milestone, in order of years.

    Each row holds until the next. ``plan`` is a carried grouping; ``levels`` is one of the dataset's
    ``levels``, or blank where all is national; services that it does not name are national.

    Raises:
        InputError: with every fault of the file.
    """
    path = dataset.folder / FOLDER / f"{name}.csv"
    if not path.is_file():
        carried = ", ".join(sorted(p.stem for p in path.parent.glob("*.csv"))) or "none"
        remedy = f"The dataset carries no such path. It carries: {carried}."
        raise InputError([Fault("roadmap", 0, "beside", name, "known_path", remedy)])
    rows = read_rows(path, COLUMNS, ("year",))
    steps = {_read_year(path, line, row["year"]): row for line, row in rows}
    if not steps or min(steps) > years.numbers[0]:
        remedy = f"Its first year must be {years.numbers[0]} or earlier, where the roadmap begins."
        raise InputError([Fault(str(path), 2, "year", "", "first_year", remedy)])
    claims = []
    for year, system in zip(years.numbers, years.systems, strict=True):
        row = steps[max(y for y in steps if y <= year)]
        claims.append(_claim(system, row["plan"], row["levels"], dataset))
    first = steps[max(y for y in steps if y <= years.numbers[0])]["plan"]
    return CarriedPath(
        first, tuple(claims), {year: row["milestone"] for year, row in steps.items()}
    )


def _read_year(path: Path, line: int, text: str) -> int:
    if not text.isdecimal():
        remedy = "It must be a year, such as 2024."
        raise InputError([Fault(str(path), line, "year", text, "whole", remedy)])
    return int(text)


def _claim(system: System, plan: str, levels: str, dataset: Dataset) -> Claim:
    """What a grouping and its levels say of one year; single ICBs hold what is cheaper for them."""
    _, groups = read_grouping(plan, dataset)
    titles = list(groups)
    masks = as_masks((system.mask_of(list(codes)) for codes in groups.values()), system.size)
    leads = [system.icbs[lead] for lead in find_leads(system, masks)]
    given = np.full((len(system.services.codes), len(titles)), NATIONAL, dtype=object)
    if levels:
        chosen, faults = place_levels(find_levels(levels, dataset.folder), system, titles)
        if faults:
            raise InputError(faults)
        given = chosen.replace("", NATIONAL).to_numpy()
    return Claim(
        groups=groups,
        leads={title: (lead,) for title, lead in zip(titles, leads, strict=True)},
        levels={
            (service, title): (str(given[s, f]),)
            for s, service in enumerate(system.services.codes)
            for f, title in enumerate(titles)
        },
    )
