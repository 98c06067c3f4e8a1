"""Where a plan stands among all plans within the rules: exactly where they can be counted, else sampled.

The sampler is a heat bath. Draw two ICBs; take the footprints that hold them (U, together) and divide U
anew, each allowed division with equal chance: into two candidates that part the two ICBs, or U whole.
The divisions on offer are the same from each of them, so every plan is equally likely in the long run.
Whether it has run long enough is an estimate: chains from different starts are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.arrays import Floats, Masks
from optimiser.footprints.candidates import as_masks, singletons

CostOf = Callable[[Masks], Floats]
EQUAL_M = 1e-9
"""Scores that are nearer than a thousandth of a pound are one: sums in another order differ by less."""


@dataclass(frozen=True)
class Standing:
    """Costs of feasible plans, and how they were come by.

    Attributes:
        cost_m: (chains, draws); one chain of independent draws where the sample is exact.
        exact: every plan was equally likely by construction, draws independent.
        total: number of feasible plans, where it could be counted.
        effective: draws that the chains are worth; infinite where nothing was drawn.
        r_hat: between-chain against within-chain spread; near 1 when chains agree.
        better: number of feasible plans that cost less than the one that is placed, where they were
            counted in place of draws.
    """

    cost_m: Floats
    exact: bool
    total: int | None
    effective: float
    r_hat: float
    better: int | None = None

    def share_better(self, cost_m: float) -> tuple[float, float]:
        """Share of feasible plans that cost less, and its standard error."""
        if self.better is not None and self.total:
            return self.better / self.total, 0.0
        share = float((self.cost_m < cost_m - EQUAL_M).mean())
        spread = max(share * (1 - share), 1.0 / max(self.effective, 1.0) / 4)
        return share, float(np.sqrt(spread / max(self.effective, 1.0)))

    def statement(self) -> str:
        """How far to trust it."""
        draws = self.cost_m.size
        if self.better is not None:
            return (
                f"Of the {self.total:,} plans that obey the rules {self.better:,} score less: both "
                "were counted, nothing was drawn."
            )
        if self.exact:
            return (
                f"{self.total:,} plans obey the rules (counted exactly); shares rest on {draws:,} "
                "independent draws, each plan equally likely."
            )
        trust = (
            "chains agree" if self.r_hat < 1.05 else "chains do not agree yet: do not rely on it"
        )
        return (
            f"Estimate from {draws:,} draws of {len(self.cost_m)} chains, worth {self.effective:,.0f} "
            f"independent ones; R-hat {self.r_hat:.3f} ({trust})."
        )


class HeatBath:
    """One chain.

    Args:
        masks: all candidates, ascending.
        size: number of ICBs.
        count: fewest and most footprints.
        start: a plan within the rules.
        seed: of its random numbers; several numbers name a stream of their own.
    """

    def __init__(
        self,
        masks: Masks,
        size: int,
        count: tuple[int, int],
        start: Masks,
        seed: int | Sequence[int],
    ) -> None:
        self.masks = masks
        self.count = count
        self.size = size
        self.random = np.random.default_rng(seed)
        self.plan = [int(m) for m in start]
        lowest = masks & (~masks + 1)
        order = np.argsort(lowest, kind="stable")
        bits = singletons(size)
        edges = np.searchsorted(lowest[order], bits)
        self._by_first = np.split(masks[order], edges[1:])

    def step(self) -> None:
        """Divide the footprints of two random ICBs anew."""
        i, j = (int(k) for k in self.random.choice(self.size, 2, replace=False))
        held = [m for m in self.plan if m >> i & 1 or m >> j & 1]
        rest = [m for m in self.plan if m not in held]
        whole = held[0] | held[-1]
        divisions = self.divisions(whole, i, j)
        low, high = self.count
        allowed = [d for d in divisions if low <= len(rest) + len(d) <= high]
        self.plan = rest + list(allowed[int(self.random.integers(len(allowed)))])

    def divisions(self, whole: int, i: int, j: int) -> list[tuple[int, ...]]:
        """Ways to divide a set: whole, or in two candidates of which one holds i, the other j."""
        first = (whole & -whole).bit_length() - 1
        levels = self._by_first[first]
        inside = levels[(levels | whole) == whole]
        bit_i, bit_j = 1 << i, 1 << j
        parted = inside[((inside & bit_i) > 0) != ((inside & bit_j) > 0)]
        others = whole ^ parted
        place = np.minimum(np.searchsorted(self.masks, others), len(self.masks) - 1)
        good = self.masks[place] == others
        found: list[tuple[int, ...]] = [
            (int(a), int(b)) for a, b in zip(parted[good], others[good], strict=True)
        ]
        if (inside == whole).any():
            found.append((whole,))
        return found


def sample_plans(
    masks: Masks,
    size: int,
    count: tuple[int, int],
    starts: Sequence[Masks],
    draws: int,
    thin: int,
    seed: int,
    cost_of: CostOf,
) -> Standing:
    """Run a chain from each start; the first half of each is left out.

    Args:
        masks: all candidates, ascending.
        size: number of ICBs.
        count: fewest and most footprints.
        starts: plans within the rules, as different as can be.
        draws: kept draws of each chain.
        thin: steps between two draws.
        seed: with the number of a chain it names the chain's own stream of random numbers: no seed gives
            two chains, or two seeds' chains, the same.
        cost_of: exact cost of each candidate in a set of masks, £m, (K,) to (K,).
    """
    table = []
    for number, start in enumerate(starts):
        chain = HeatBath(masks, size, count, start, (seed, number))
        costs = []
        for _ in range(2 * draws):
            for _ in range(thin):
                chain.step()
            costs.append(float(cost_of(as_masks(chain.plan, size)).sum()))
        table.append(costs[draws:])
    cost_m = np.array(table)
    return Standing(cost_m, False, None, effective_draws(cost_m), split_r_hat(cost_m))


def split_r_hat(values: Floats) -> float:
    """Split R-hat of chains (c, d): 1 when halves of all chains agree (Gelman et al. 2013)."""
    half = values.shape[1] // 2
    parts = np.concatenate((values[:, :half], values[:, half : 2 * half]))
    within = parts.var(axis=1, ddof=1).mean()
    if within == 0:
        return 1.0 if np.ptp(parts) == 0 else np.inf
    between = parts.mean(axis=1).var(ddof=1)
    return float(np.sqrt((half - 1) / half + between / within))


def effective_draws(values: Floats) -> float:
    """Independent draws that chains (c, d) are worth, by Geyer's initial positive sequence."""
    chains, draws = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    variance = float((centred**2).mean())
    if variance == 0:
        return float(chains)
    rho = [
        float((centred[:, : draws - k] * centred[:, k:]).sum() / (chains * draws)) / variance
        for k in range(draws // 2)
    ]
    time = 1.0
    for k in range(1, len(rho) - 1, 2):
        pair = rho[k] + rho[k + 1]
        if pair < 0:
            break
        time += 2 * pair
    return float(chains * draws / max(time, 1.0))
