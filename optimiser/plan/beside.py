"""A best plan beside the plan of today: what is compared, what moves, how many plans are near."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from optimiser.plan.headlines import Headlines


@dataclass(frozen=True)
class Beside:
    """A best plan beside its scenario's baseline.

    Attributes:
        baseline: name of the plan of today.
        today: its headline figures, at its best levels.
        best: those of the best plan.
        moves: one row per ICB that changes footprint, in an order in which each move gains most: icb,
            name, from_footprint and to_footprint (of the baseline), gain (of the score,
            £m-equivalents; negative for a step back on the way).
        near: how many groupings score within 1 % of the best plan's avoidable score, itself included.
        near_complete: whether these are all.
    """

    baseline: str
    today: Headlines
    best: Headlines
    moves: pd.DataFrame
    near: int
    near_complete: bool

    def describe(self) -> dict[str, object]:
        """The same as plain values, for a manifest."""
        return {**asdict(self), "moves": self.moves}
