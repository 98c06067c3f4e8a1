"""Reduced costs of millions of candidates, in compiled code and on every core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.compiled.jit import compiled
from optimiser.footprints.compiled.machine import run_slices

Costs32 = NDArray[np.float32]
"""£m in 32 bits: half the memory, to seven digits."""
ONE = np.uint64(1)


@compiled
def reduce_costs(
    masks: Masks,
    cost: Costs32,
    by_byte: Floats,
    count: float,
    groups: Masks,
    kept: float,
    matched: Floats,
    out: Costs32,
) -> None:
    """Reduced cost of each mask, triple cuts apart.

    Args:
        masks: (m,).
        cost: £m, (m,).
        by_byte: sum of the prices of the ICBs in each value of each byte of a mask, (8, 256).
        count: price of a footprint.
        groups: masks of the baseline's footprints, (B,).
        kept: price of each ICB kept in the baseline footprint that the mask is matched to.
        matched: price of each match, (B,).
        out: £m, (m,).
    """
    low = np.uint64(255)
    for row in range(len(masks)):
        mask = masks[row]
        worth = count
        for k in range(8):
            worth += by_byte[k, (mask >> np.uint64(8 * k)) & low]
        best = 0.0
        for b in range(len(groups)):
            shared, here = 0.0, mask & groups[b]
            while here:
                here &= here - ONE
                shared += kept
            best = max(best, shared + matched[b])
        out[row] = cost[row] - (worth + best)


@compiled
def add_triples(masks: Masks, triples: Masks, prices: Floats, out: Floats) -> None:
    """Take the price of each triple cut, at most 0, off the masks that hold two or more of it.

    Args:
        masks: (m,).
        triples: three ICBs each, (t,).
        prices: (t,).
        out: reduced costs, £m, (m,).
    """
    for row in range(len(masks)):
        taken = 0.0
        for t in range(len(triples)):
            shared = masks[row] & triples[t]
            if shared & (shared - ONE):
                taken += prices[t]
        out[row] -= taken


def reduce_masks(
    masks: Masks,
    cost_m: Costs32,
    icb: Floats,
    count: float,
    baseline: Masks,
    kept: float,
    matched: Floats,
) -> Costs32:
    """Reduced cost of each candidate at its best match, triple cuts apart, £m, (m,).

    Args:
        masks: the candidates, (m,).
        cost_m: their costs, £m, (m,).
        icb: price of covering each ICB, (n,).
        count: price of one more footprint.
        baseline: masks of the baseline's footprints; empty where moves are not limited.
        kept: price of one ICB that stays in its baseline footprint.
        matched: price of matching each baseline footprint.
    """
    by_byte, homes = _sum_by_byte(icb), np.asarray(baseline, dtype=np.uint64)
    out = np.empty(len(masks), np.float32)

    def part(few: slice) -> None:
        reduce_costs(
            masks[few], cost_m[few], by_byte, count, homes, kept, matched[: len(homes)], out[few]
        )

    run_slices(part, len(masks))
    return out


def _sum_by_byte(values: Floats) -> Floats:
    """Sum of a value of each ICB over each value of each byte of a mask, (n,) to (8, 256)."""
    padded = np.zeros(64)
    padded[: len(values)] = values
    bits = membership(np.arange(256, dtype=np.uint64), 8)
    return np.ascontiguousarray(padded.reshape(8, 8) @ bits.T)
