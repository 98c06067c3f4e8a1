"""Every tolerance of the engine and of the checks, once, with what it is for.

A tolerance on money is a share of the *size* of what is compared: the larger of the plan's cost and
the source's unit, a power of two near what a typical candidate costs. So a scenario whose weights are
all a million times smaller is solved in the same steps. HiGHS has absolute tolerances; the adapter
divides costs by the unit and rows by their largest coefficient before HiGHS sees them.
"""

from __future__ import annotations

PRICING = 1e-9
"""A candidate whose reduced cost is further below nothing than this share of the size enters the
restricted master. HiGHS prices to 1e-7 of a unit, and what is left is paid for in the bound (the most
footprints times the least reduced cost), so a looser share would loosen the bound; a tighter one asks
for more than doubles resolve and pricing would not end."""

PROOF = 1e-7
"""Candidates within the gap plus this share of the size stay in the proof: no candidate of the best
plan is fixed out by rounding. Larger lets more survive for nothing; smaller could lose the optimum."""

WHOLE = 1e-6
"""A value of the relaxation this near to 0 or 1 is read as 0 or 1 (HiGHS works to 1e-7). Larger would
take fractions for plans; smaller would send whole plans to a needless integer solve."""

UNMET = 1e-7
"""Sum of the rows' shortfalls, in members, below which the relaxation meets all its rows."""

IMPOSSIBLE = 1e-6
"""Shortfall at no cost, in members, above which it is proven that not even fractions fit. Ten times
:data:`UNMET`: what lies between is left to the integer proof."""

BROKEN_CUT = 1e-4
"""A triple cut is added when the fractions break it by more; less would not move the bound."""

ROUNDING = 1e-9
"""Relative slack on a window or a floor: rounding of sums and of limits, nothing more (as the
referee's). A footprint that has exactly the least is inside."""

AGREES = 1e-6
"""Share of the size by which two methods may differ on one plan's cost: each adds up in its own order
and the solver is let off 1e-7 of a unit a row."""

SMALLEST_UNIT, LARGEST_UNIT = 1e-60, 1e60
"""Between these, products and sums of costs keep all their digits; beyond them a scenario is
refused by name."""

CLOSE = 1e-6
"""Share of its size by which a saved number may differ from what it is worked out to be: saved tables
round to nine or more digits, and solvers are let off 1e-7."""

NOTHING_M = 1e-12
"""£m (a ten-thousandth of a penny) below which an amount of money is as good as none: the least size
that a share is taken of, so that nought may be compared with nought."""


def size_of(amount_m: float) -> float:
    """What a share of an amount of money is taken of, £m: the amount, but never nought."""
    return max(abs(amount_m), NOTHING_M)
