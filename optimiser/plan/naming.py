"""Names of footprints that nobody has named: places people know, with what is more or less.

``East of England with Lincolnshire``, ``South East without Kent and Medway``. A place is a region of
the dataset, or a name that two carried plans give to the same ICBs (the West Midlands, say); a name
that one plan alone uses may be an office's or a label, so it does not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from optimiser.arrays import Masks
from optimiser.footprints.system import System
from optimiser.inputs.dataset import Dataset

MOST_NAMED = 2
"""Places named beside the first: a name of more is not read."""

LEAST_LIKE = 0.35
"""Least overlap of residents (of both together) of a footprint and the place it is called after;
below it the place would be a third of the footprint at most, and its largest ICB says more."""

_WITH_ARTICLE = re.compile(r"(North|South|East|West|Midlands)\b(?!.*(London|Central|Coast))")
"""Places of which one says "the", such as the West Midlands."""

Areas = Mapping[str, int]
"""Places of several ICBs to their bit masks."""


def name_footprints(system: System, dataset: Dataset, masks: Masks) -> list[str]:
    """A name for each footprint, of its members alone: the same ICBs have the same name everywhere.

    Args:
        system: the arrays; its ICBs' names are used.
        dataset: its regions and carried plans name places.
        masks: the footprints.

    Returns:
        Names, each different where no ICB is in two footprints.
    """
    areas = list_areas(system, dataset)
    name = _namer(system, areas)
    return [name(int(mask)) for mask in masks]


def list_areas(system: System, dataset: Dataset) -> dict[str, int]:
    """Places that people know and the ICBs in each, regions first."""
    homes = [dataset.icbs.set_index("icb")["region"]]
    homes += [plan.set_index("icb")["footprint"] for plan in dataset.plans.values()]
    found = [
        [
            (str(name), system.mask_of(list(codes)))
            for name, codes in home.groupby(home).groups.items()
        ]
        for home in homes
    ]
    shared = Counter(area for areas in found[1:] for area in areas)
    areas: dict[str, int] = {}
    for name, mask in [*found[0], *(area for area, times in shared.items() if times > 1)]:
        if name and mask.bit_count() > 1:
            areas.setdefault(name, mask)
    return areas


def _namer(system: System, areas: Areas) -> Callable[[int], str]:
    people = _counter(system.residents.tolist())

    @cache
    def name(mask: int) -> str:
        if mask.bit_count() == 1:
            return system.names[mask.bit_length() - 1]
        core, rest = _find_core(mask, areas, people)
        if not core:
            largest = int(np.argmax(np.where(_members(mask, system.size), system.residents, -1)))
            core, rest = system.names[largest], mask & ~(1 << largest)
        elif not rest:
            return _say_less(core, areas[core] & ~mask, system)
        return f"{core} with {_list_places(list(_cover(rest, areas, people, system)))}"

    return name


def _counter(residents: Sequence[float]) -> Callable[[int], float]:
    @cache
    def people(mask: int) -> float:
        return sum(number for i, number in enumerate(residents) if mask >> i & 1)

    return people


def _members(mask: int, size: int) -> list[bool]:
    return [bool(mask >> i & 1) for i in range(size)]


def _find_core(mask: int, areas: Areas, people: Callable[[int], float]) -> tuple[str, int]:
    """The place most like a footprint that holds most of it, and the ICBs outside that place."""

    def likeness(name: str) -> float:
        return people(areas[name] & mask) / max(people(areas[name] | mask), 1.0)

    held = [name for name, area in areas.items() if 2 * people(area & mask) > people(area)]
    core = max(held, key=likeness, default="")
    if not core or likeness(core) < LEAST_LIKE:
        return "", mask
    return core, mask & ~areas[core]


def _say_less(core: str, less: int, system: System) -> str:
    """A place, without what it lacks where that is soon said."""
    lacking = [system.names[i] for i in range(system.size) if less >> i & 1]
    if not lacking:
        return core
    if len(lacking) > MOST_NAMED:
        return f"Most of {_with_article(core)}"
    return f"{core} without {_list_places(lacking)}"


def _cover(
    rest: int, areas: Areas, people: Callable[[int], float], system: System
) -> Iterator[str]:
    """Whole places inside the rest, the largest first, then single ICBs by residents."""
    for area_name, area in sorted(areas.items(), key=lambda item: -people(item[1])):
        if area & ~rest == 0:
            yield _with_article(area_name)
            rest &= ~area
    single = (i for i in range(system.size) if rest >> i & 1)
    yield from (system.names[i] for i in sorted(single, key=lambda i: -system.residents[i]))


def _list_places(places: Sequence[str]) -> str:
    """Up to two names and how many more; a comma parts names that hold an "and" themselves."""
    left = len(places) - MOST_NAMED
    shown = places if left <= 0 else [*places[:MOST_NAMED], f"{left} more"]
    if len(shown) == MOST_NAMED and not any(" and " in name for name in shown):
        return " and ".join(shown)
    return ", ".join(shown[:-1]) + (", and " if len(shown) > 1 else "") + shown[-1]


def _with_article(name: str) -> str:
    return f"the {name}" if _WITH_ARTICLE.match(name) else name
