"""What figures rest on.

The basis of a figure is the weakest kind among its inputs, as the dataset's ``sources.csv`` gives
them: a sum of published and modelled money is modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.runs.columns import COLUMNS

KINDS = ("given", "published", "derived", "modelled", "illustrative", "unstated")
"""From the strongest to the weakest; ``given``: stands in the scenario or plan, not in the data."""

WEAK = KINDS[KINDS.index("modelled") :]
"""Kinds that are marked wherever a number rests on them."""


def weakest(kinds: Iterable[str]) -> str:
    """The weakest of some kinds; ``given`` when there is none, ``unstated`` for unknown words."""
    ranks = [KINDS.index(kind) if kind in KINDS else len(KINDS) - 1 for kind in kinds]
    return KINDS[max(ranks, default=0)]


def summarise_basis(table: str, frame: pd.DataFrame, dataset: Dataset) -> dict[str, str]:
    """Kind of input behind each column of a frame that is to be saved as ``table``."""
    known, stated = COLUMNS[table], _list_stated(dataset.sources)
    return {
        name: _weakest_of(known[name].rests_on, stated) if name in known else "unstated"
        for name in map(str, frame.columns)
    }


def describe_basis(places: Iterable[str], sources: pd.DataFrame | None) -> str:
    """The weakest kind among columns of the inputs, each given as ``table.column``."""
    return _weakest_of(places, _list_stated(sources))


def _list_stated(sources: pd.DataFrame | None) -> dict[str, list[str]]:
    stated: dict[str, list[str]] = {}
    if sources is not None:
        rows = zip(*(sources[name] for name in ("table", "column", "kind")), strict=True)
        for table, column, kind in rows:
            stated.setdefault(f"{table}.{column}", []).append(kind)
    return stated


def _weakest_of(places: Iterable[str], stated: Mapping[str, list[str]]) -> str:
    return weakest(_kind(place, stated) for place in places)


def _kind(place: str, stated: Mapping[str, list[str]]) -> str:
    table = place.partition(".")[0]
    return weakest([*stated.get(place, ()), *stated.get(f"{table}.*", ())] or ["unstated"])
