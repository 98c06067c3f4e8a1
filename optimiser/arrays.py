"""Names for the kinds of array that pass between modules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Masks = NDArray[np.uint64]
"""Footprints as bit masks: bit i is set when ICB i is a member. On a map of more than 64 ICBs the
elements are Python integers (see :mod:`optimiser.footprints.candidates`)."""
