"""How often the best plan stays best when the inputs are drawn again, and what it costs when not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import settle_levels, solve_system
from optimiser.errors import NoPlanError
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.progress import Report, silent

TIE_M = 1e-6


@dataclass(frozen=True)
class Stability:
    """Plans under draws.

    Attributes:
        draws: name of each draw, in order.
        cost_m: cost of each plan in each draw, at its best levels there, £m a year, (d, p);
            infinite where a footprint of the plan breaks a rule in that draw.
        best_m: proven optimum of each draw, £m a year, (d,).
        same: whether the first plan is the optimum of the draw, (d,).
        optima: footprints of each draw's optimum.
    """

    draws: tuple[str, ...]
    cost_m: Floats
    best_m: Floats
    same: np.ndarray
    optima: tuple[Masks, ...]

    @property
    def regret_m(self) -> Floats:
        """What each plan costs more than the optimum of the draw, £m a year, (d, p)."""
        return np.asarray(np.maximum(self.cost_m - self.best_m[:, None], 0.0))

    def summarise(self) -> pd.DataFrame:
        """One row per plan: plan, stays_best_share, best_of_list_share, fits_share, mean_regret_m,
        largest_regret_m; the regrets count the draws where the plan fits the rules."""  # noqa: D205, D209
        regret = self.regret_m
        fits = np.isfinite(regret)
        least = np.where(fits, regret, np.inf).min(axis=1, keepdims=True)
        inside = np.where(fits, regret, 0.0)
        count = np.maximum(fits.sum(axis=0), 1)
        return pd.DataFrame(
            {
                "plan": np.arange(1, regret.shape[1] + 1),
                "stays_best_share": (regret <= TIE_M).mean(axis=0),
                "best_of_list_share": (fits & (regret <= least + TIE_M)).mean(axis=0),
                "fits_share": fits.mean(axis=0),
                "mean_regret_m": inside.sum(axis=0) / count,
                "largest_regret_m": np.where(
                    fits.all(axis=0), inside.max(axis=0, initial=0.0), np.inf
                ),
            }
        )

    def least_regret(self) -> int | None:
        """Place of the plan whose largest regret is least; None when every plan fails some draw."""
        largest = self.summarise()["largest_regret_m"].to_numpy()
        return int(largest.argmin()) if len(largest) and np.isfinite(largest.min()) else None


def measure_stability(
    systems: Iterable[tuple[str, System]],
    highs: Highs,
    plans: Sequence[Masks],
    seconds: float,
    report: Report = silent,
) -> Stability:
    """Solve every draw to proof and score the plans in it.

    Args:
        systems: name and arrays of each draw.
        highs: the solver.
        plans: the plans to score; the first is the one whose stability is asked.
        seconds: time limit of each draw's solve.
        report: told of each draw.
    """
    names, costs, best, same, optima = [], [], [], [], []
    for name, system in systems:
        solution = solve_system(system, highs, seconds)
        if solution.status != "optimal":
            raise TimeoutError(f"Draw {name} was not solved within {seconds:g} s.")
        names.append(name)
        best.append(solution.objective)
        optima.append(np.sort(solution.masks))
        costs.append([cost_in(system, highs, plan) for plan in plans])
        same.append(bool(costs[-1][0] <= solution.objective + TIE_M))
        regret = max(costs[-1][0] - best[-1], 0.0)
        told = "breaks a rule" if np.isinf(regret) else f"costs £{regret:,.2f}m more"
        report("draw", f"{name}: optimum £{solution.objective:,.2f}m, the best plan {told}")
    shape = (len(names), len(plans))
    return Stability(
        tuple(names),
        np.array(costs, dtype=float).reshape(shape),
        np.array(best),
        np.array(same),
        tuple(optima),
    )


def cost_in(system: System, highs: Highs, masks: Masks) -> float:
    """Cost of a grouping at its best levels; infinite when it breaks a rule."""
    if not all(rule.keeps(masks).all() for rule in footprint_rules(system)):
        return np.inf
    try:
        return settle_levels(system, highs, masks)[1]
    except NoPlanError:
        return np.inf
