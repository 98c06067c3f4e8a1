"""Fills of a plan's footprints after another's: what continues a footprint looks like it everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.reports.atlas import Atlas, list_touching
from optimiser.reports.palette import Fill, choose_fills, share_fills
from optimiser.runs.compare.moving import match_homes

Groups = Mapping[str, Sequence[str]]


def list_carried(dataset: Dataset, plan: str) -> dict[str, tuple[str, ...]]:
    """Footprint to ICBs of a carried plan, in its order; nothing where there is none of that name."""
    if plan not in dataset.plans:
        return {}
    home = dataset.plans[plan].set_index("icb")["footprint"]
    icbs = home.groupby(home, sort=False).groups
    return {str(name): tuple(map(str, members)) for name, members in icbs.items()}


def match_groups(groups: Groups, before: Groups, dataset: Dataset) -> dict[str, str]:
    """Each footprint to the one before that it continues; see :func:`match_homes`."""
    people = dataset.icbs.set_index("icb")["population"].astype("float64")
    return match_homes(_homes(groups), _homes(before), people)


def continue_fills(
    groups: Groups, before: Groups, dataset: Dataset, atlas: Atlas
) -> dict[str, Fill]:
    """A fill for each footprint: that of the one before which it continues, where it does."""
    own = choose_fills(list_touching(groups, atlas))
    if not before:
        return own
    first = choose_fills(list_touching(before, atlas))
    continues = match_groups(groups, before, dataset)
    return share_fills(own, first, {name: continues.get(name, "") for name in own})


def _homes(groups: Groups) -> pd.Series[str]:
    return pd.Series({icb: name for name, icbs in groups.items() for icb in icbs})
