"""Measure each candidate once, however many checks need it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks


class MeasureCache:
    """A measure of footprints that is kept: masks that were seen before are looked up.

    Args:
        measure: masks to one number each, (m,) to (m,).
    """

    def __init__(self, measure: Callable[[Masks], Floats]) -> None:
        self._measure = measure
        self._masks: Masks = np.zeros(0, dtype=np.uint64)
        self._values: Floats = np.zeros(0)

    def __call__(self, masks: Masks) -> Floats:
        """The measure of each mask."""
        new = np.unique(masks[~self._known(masks)])
        if len(new):
            everything = np.concatenate((self._masks, new))
            values = np.concatenate((self._values, self._measure(new)))
            order = np.argsort(everything, kind="stable")
            self._masks, self._values = everything[order], values[order]
        return np.asarray(self._values[self._place(masks)])

    def count_new(self, masks: Masks) -> int:
        """How many masks have not been measured yet."""
        return int((~self._known(masks)).sum())

    def _place(self, masks: Masks) -> Ints:
        place = np.searchsorted(self._masks, masks)
        return np.minimum(place, max(len(self._masks) - 1, 0))

    def _known(self, masks: Masks) -> Bools:
        if not len(self._masks):
            return np.zeros(len(masks), dtype=bool)
        return np.asarray(self._masks[self._place(masks)] == masks)
