"""Names for the kinds of array that pass between modules, and how they are multiplied."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps
from importlib.util import LazyLoader, find_spec, module_from_spec
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


def defer_f2py() -> None:
    """Let numpy's generator of Fortran wrappers load when one of its names is used, which here is never.

    Scipy copies every name of numpy as it loads, and so loads that too: 40 ms of each command.
    """
    spec = find_spec("numpy.f2py")
    if spec is None or spec.loader is None or spec.name in sys.modules:
        return
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    np.f2py = module


defer_f2py()


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
