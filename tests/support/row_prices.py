"""Prices of the rows of a plan, drawn, and what a footprint costs at them by the formula."""

from __future__ import annotations

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.engine.relaxation.master import master_rows
from optimiser.footprints.candidates import as_masks, count_shared, membership
from optimiser.footprints.system import System
from optimiser.footprints.unlisted.pricing import RowPrices


def draw_prices(system: System, masks: Masks, cost_m: Floats, seed: int) -> RowPrices:
    """Prices near those at which many footprints pay their way, every kind of row among them."""
    draw = np.random.default_rng(seed)
    inside = membership(masks, system.size)
    icb = np.linalg.lstsq(inside, cost_m, rcond=None)[0] + draw.normal(0, 0.5, system.size)
    homes = master_rows(system).baseline
    triples = as_masks([0b111, 0b1110000, 0b100011], system.size)
    return RowPrices(
        icb=icb,
        count=float(draw.normal()),
        kept=float(draw.uniform(0, 2)) if len(homes) else 0.0,
        baseline=-draw.uniform(0, 1, len(homes)),
        triples=triples,
        triple_prices=-draw.uniform(0, 2, 3),
    )


def reduced_costs(system: System, masks: Masks, cost_m: Floats, prices: RowPrices) -> Floats:
    """Reduced costs by the formula, footprint by footprint."""
    found = []
    for mask, cost in zip(masks, cost_m, strict=True):
        inside = membership(np.array([mask]), system.size)[0]
        kept = [
            prices.kept * int(mask & home).bit_count() + price
            for home, price in zip(master_rows(system).baseline, prices.baseline, strict=True)
        ]
        held = count_shared(np.array([mask]), prices.triples)[0] >= 2
        earned = inside @ prices.icb + prices.count + max(0.0, *kept, 0.0)
        found.append(cost - earned - held @ prices.triple_prices)
    return np.array(found)
