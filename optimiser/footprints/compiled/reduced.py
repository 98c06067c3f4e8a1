"""Reduced costs of a long list of candidates, on every core."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.compiled.reduce_kernel import Costs32, reduce_costs
from optimiser.footprints.compiled.threads import count_cores, run_threads


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
    edges = np.linspace(0, len(masks), count_cores() + 1).astype(int)

    def part(k: int) -> None:
        few = slice(edges[k], edges[k + 1])
        reduce_costs(
            masks[few], cost_m[few], by_byte, count, homes, kept, matched[: len(homes)], out[few]
        )

    run_threads(part, range(len(edges) - 1))
    return out


def _sum_by_byte(values: Floats) -> Floats:
    """Sum of a value of each ICB over each value of each byte of a mask, (n,) to (8, 256)."""
    padded = np.zeros(64)
    padded[: len(values)] = values
    bits = membership(np.arange(256, dtype=np.uint64), 8)
    return np.ascontiguousarray(padded.reshape(8, 8) @ bits.T)
