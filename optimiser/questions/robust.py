"""How often the best plan stays best when the inputs are drawn again, and what it costs when not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings, settle_levels, solve_system
from optimiser.errors import Fault, InputError, NoPlanError, StoppedWithoutPlanError
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System, build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.draws import Noise, Uncertainty, close_provider, draw_dataset, grow
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import Report, silent
from optimiser.questions.alternatives import Alternatives, alternatives
from optimiser.questions.groupings import save_case
from optimiser.questions.solve import Case

TIE_M = 1e-6
WHAT_IFS = "growth=10% | growth:SERVICE=10% | close=PROVIDER"


@dataclass(frozen=True)
class Stability:
    """Plans under draws.

    Attributes:
        draws: name of each draw, in order.
        cost_m: cost of each plan in each draw, at its best levels there, £m-equivalents, (d, p);
            infinite where a footprint of the plan breaks a rule in that draw.
        best_m: proven optimum of each draw, £m-equivalents, (d,).
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
        """What each plan costs more than the optimum of the draw, £m-equivalents, (d, p)."""
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

    def by_draw(self) -> pd.DataFrame:
        """One row per draw: draw, optimum_m, best_plan_m, regret_m, stays_best."""
        return pd.DataFrame(
            {
                "draw": self.draws,
                "optimum_m": self.best_m,
                "best_plan_m": self.cost_m[:, 0],
                "regret_m": self.regret_m[:, 0],
                "stays_best": self.same,
            }
        )


@dataclass(frozen=True)
class Robustness:
    """Near-best plans under draws.

    Attributes:
        near: the plans.
        stability: how they fare.
        about: what was drawn: seed, draws, what_ifs and uncertainty.
    """

    near: Alternatives
    stability: Stability
    about: Mapping[str, object]

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save the plans, the draws and the list in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        tables = {
            "plans": self.stability.summarise(),
            "draws": self.stability.by_draw(),
            "listed": self.near.summarise(),
        }
        return save_case(self.near.case, tables, self.about, folder, "robust-", None, report)


def robust(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    *,
    draws: int = 20,
    seed: int = 1,
    flows: Noise = "poisson",
    shock: float = 1.0,
    readiness_sd: float = 0.0,
    what_ifs: Sequence[str] = (),
    plans: int = 20,
    within_share: float = 0.01,
    report: Report = silent,
) -> Robustness:
    """How near-best plans fare when the inputs are drawn again.

    Args:
        scenario: the rules and weights, or their file.
        dataset: the inputs; read from where the scenario says when None.
        draws: how many draws; each is solved to proof.
        seed: of the draws; draw k uses (seed, k).
        flows: how patients and their costs are drawn.
        shock: times the services' own common shock.
        readiness_sd: standard deviation of what is added to PDAF scores (0 to 4).
        what_ifs: named changes, each one further case.
        plans: at most this many plans are scored, the cheapest.
        within_share: plans this near the best are scored.
        report: told of each step.

    Raises:
        InputError: the inputs have faults, or a what-if is not known.
        StoppedWithoutPlanError: a draw was not solved within the time limit.
    """
    how = Uncertainty(flows, shock, readiness_sd)
    found = alternatives(scenario, dataset, within_share=within_share, report=report)
    case = found.case

    def systems() -> Iterator[tuple[str, System]]:
        for k in range(draws):
            random = np.random.default_rng([seed, k])
            drawn = draw_dataset(case.dataset, how, random)
            yield f"draw {k + 1}", build_system(drawn, case.scenario)
        for text in what_ifs:
            yield text, apply_what_if(case, text).system

    about = {"seed": seed, "draws": draws, "what_ifs": what_ifs, "uncertainty": vars(how)}
    with Highs(engine_settings(case.system)) as highs:
        limit = case.scenario.solver.time_limit
        scored = found.near.plans[:plans]
        return Robustness(found, measure_stability(systems(), highs, scored, limit, report), about)


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

    Raises:
        StoppedWithoutPlanError: a draw was not solved in time.
    """
    names, costs, best, same, optima = [], [], [], [], []
    for name, system in systems:
        solution = solve_system(system, highs, seconds)
        if solution.status != "optimal":
            raise StoppedWithoutPlanError(f"Draw {name} was not solved within {seconds:g} s.")
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


def apply_what_if(case: Case, text: str) -> Case:
    """The case under a named what-if.

    Raises:
        InputError: it is not one of :data:`WHAT_IFS`.
    """
    kind, equals, value = text.partition("=")
    word, _, service = kind.partition(":")
    try:
        if equals and word == "growth":
            dataset = grow(case.dataset, _share(value), service)
        elif equals and kind == "close":
            dataset = close_provider(case.dataset, value)
        else:
            raise ValueError
    except ValueError:
        remedy = f"Write it as one of: {WHAT_IFS}."
        raise InputError([Fault("--what-if", 0, "", text, "what_if", remedy)]) from None
    return Case(case.scenario, dataset, build_system(dataset, case.scenario))


def _share(text: str) -> float:
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)
