"""The footprints of a plan, and all of them together."""

from __future__ import annotations

import pandas as pd

ALL = "All footprints"
SHARES = {
    "leakage_share": ("leakage_m", "scope_spend_m"),
    "local_share": ("local_spend_m", "scope_spend_m"),
    "held_outside_share": ("held_outside_m", "local_spend_m"),
}
"""Shares of the table, as an amount by another."""
PROVENANCE = ("run", "basis")
"""Columns that say the same of every row of a saved table."""
ADDED = ("members", "population")
"""Columns that add up, beside amounts of money (``…_m``)."""


def add_totals(footprints: pd.DataFrame) -> pd.DataFrame:
    """The footprints with a last row of all together; what has no sum is left blank there.

    The sum of ``cost_m`` is the score where no term is counted across footprints (disruption is).
    """
    added = [c for c in footprints if c in ADDED or str(c).endswith("_m")]
    total = footprints[added].sum()
    for share, (part, whole) in SHARES.items():
        total[share] = total[part] / total[whole] if total[whole] else float("nan")
    told = footprints.iloc[0][[c for c in PROVENANCE if c in footprints]]
    row = pd.DataFrame([{"footprint": ALL, **total, **told}])
    types = {**{c: footprints[c].dtype for c in ADDED}, "local_services": "Int64"}
    return pd.concat([footprints, row], ignore_index=True).astype(types)
