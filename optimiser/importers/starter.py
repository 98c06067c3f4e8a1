"""A first scenario for a dataset that has just been made, to solve at once and to edit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimiser.footprints.candidates import is_wide


def draft_scenario(title: str, icbs: pd.DataFrame, plans: Mapping[str, pd.DataFrame]) -> str:
    """Neighbours, populations that allow about nine footprints, England's weights; as TOML.

    Args:
        title: of the scenario.
        icbs: table of ICBs.
        plans: carried plans; on a map of more areas than can be solved, one of them is kept whole.
    """
    people = icbs["population"].to_numpy(float) / 1e6
    least = np.floor(people.sum() / 25 * 10) / 10
    most = np.ceil(max(people.sum() / 5, people.max()) * 10) / 10
    return (
        f'title = "{title}"\n'
        'note = "Drafted with the weights of England\'s scenarios; edit to suit."\n'
        'dataset = ".."\n\n'
        f"[footprints]\npopulation_m = [{least:g}, {most:g}]\n{_draft_members(icbs, plans)}\n"
        "[objective]\nleakage = 0.3\ncontracting = 0.1\nvolatility = 0.5\nintegration = 1.0\n"
        "sharing_loss = 0.25\nholding_cost_m = 0.1\ncommittee_cost_m = 2.0\n"
    )


def _draft_members(icbs: pd.DataFrame, plans: Mapping[str, pd.DataFrame]) -> str:
    """One to eight members; on a large map the finest plan that can be solved is kept whole."""
    if not is_wide(len(icbs)):
        return "members = [1, 8]\n"
    counts = {name: plan["footprint"].nunique() for name, plan in plans.items()}
    solvable = [name for name, count in counts.items() if not is_wide(count)]
    finest = max(solvable, key=lambda name: counts[name], default="")
    return f'keep_whole = "{finest}"\n' if finest else ""
