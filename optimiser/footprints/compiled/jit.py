"""How functions are compiled: once for each kind of argument, kept on disk, free of Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in compiled code; kept between runs where a folder can be written.

    Divisions by nothing follow the floating-point standard, as numpy's do. Sums are not reordered:
    which order they are taken in is part of what a result is reproduced by.
    """
    return _compile(function)


def inlined(function: F) -> F:
    """A step of a kernel, compiled into whatever calls it: handing tables on would take a third more."""
    return _compile(function, inline="always")


def compiled_loosely(function: F) -> F:
    """The same with sums in any order, several terms at once: for bounds, which have a slack."""
    return _compile(function, fastmath=True)


def _compile(function: F, **more: bool | str) -> F:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", **more}
    try:
        return cast(F, numba.njit(function, cache=True, **options))
    except RuntimeError:  # no folder can be written: compile anew in each process
        return cast(F, numba.njit(function, **options))
