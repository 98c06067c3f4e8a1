"""Names for the kinds of array that pass between modules, and how they are multiplied."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Masks = NDArray[np.uint64]
"""Footprints as bit masks: bit i is set when ICB i is a member. On a map of more than 64 ICBs the
elements are Python integers (see :mod:`optimiser.footprints.candidates`)."""


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def in_one_thread(work: Callable[P, R]) -> Callable[P, R]:
    """Let matrix products within a function take one thread.

    A matrix here is thousands of footprints by a few dozen ICBs: threads would wait for each other
    for longer than they work, which doubles the time of measuring all candidates.
    """

    @wraps(work)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        with _blas().limit(limits=1, user_api="blas"):
            return work(*args, **kwargs)

    return alone
