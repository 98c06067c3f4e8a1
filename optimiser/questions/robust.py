"""How firm the best plan is when everything that is judged or modelled is drawn again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Floats
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import engine_settings, solve_system
from optimiser.errors import Fault, InputError
from optimiser.footprints.levels import free_services
from optimiser.footprints.system import build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.draws import Noise, Uncertainty, close_provider, grow
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.spreads import list_spreads
from optimiser.progress import Report, silent
from optimiser.questions.case import Case, open_case
from optimiser.questions.groupings import grouping_masks, plot_borders, save_case
from optimiser.questions.scoring_draws import Ask, Drawn, draw_all, score_draw, tell_draw
from optimiser.reports.sentences import join
from optimiser.runs.draws import TIE_M
from optimiser.spelling import title_plan

WHAT_IFS = "growth=10% | growth:SERVICE=10% | close=PROVIDER"
BEST = "best"
"""Name of the plan that is best on the inputs as they are."""


@dataclass(frozen=True)
class Robustness:
    """Plans under draws.

    Attributes:
        case: the inputs as they are.
        plans: names of the plans that were scored; the first is the best on the inputs as they are.
        draws: what came of each draw.
        about: what was drawn: seed, draws, what_ifs, spreads, weights and chance.
    """

    case: Case
    plans: tuple[str, ...]
    draws: tuple[Drawn, ...]
    about: Mapping[str, object]

    @property
    def regret_m(self) -> Floats:
        """What each plan scores more than the optimum of the draw, (d, p)."""
        cost = np.array([draw.cost_m for draw in self.draws])
        best = np.array([draw.best_m for draw in self.draws])
        return np.asarray(np.maximum(cost - best[:, None], 0.0))

    def summarise(self) -> pd.DataFrame:
        """One row per plan: how it fares over the draws.

        Returns:
            plan, fits_share (of draws in which it obeys the rules), stays_best_share, beats_share (of
            draws in which the best plan scores better than it), less_outside_share (in which the best
            plan has less care outside), mean_rank among the plans, mean_regret_m, largest_regret_m
            (of draws where it fits; infinite where it never does).
        """
        regret = self.regret_m
        fits = np.isfinite(regret)
        outside = np.array([draw.outside_share for draw in self.draws])
        ranks = pd.DataFrame(regret).rank(axis=1, method="min").to_numpy()
        inside = np.where(fits, regret, np.nan)
        return pd.DataFrame(
            {
                "plan": self.plans,
                "fits_share": fits.mean(axis=0),
                "stays_best_share": (regret <= TIE_M).mean(axis=0),
                "beats_share": (regret[:, :1] < regret - TIE_M).mean(axis=0),
                "less_outside_share": (outside[:, :1] < outside[:, :-1]).mean(axis=0),
                "mean_rank": ranks.mean(axis=0),
                "mean_regret_m": [_mean(column) for column in inside.T],
                "largest_regret_m": [np.nanmax(c, initial=-np.inf) for c in inside.T],
            }
        ).replace(-np.inf, np.inf)

    def by_draw(self) -> pd.DataFrame:
        """One row per draw: draw, optimum_m, best_plan_m, regret_m, stays_best, outside_share."""
        regret = self.regret_m[:, 0]
        return pd.DataFrame(
            {
                "draw": [draw.name for draw in self.draws],
                "optimum_m": [draw.best_m for draw in self.draws],
                "best_plan_m": [draw.cost_m[0] for draw in self.draws],
                "regret_m": regret,
                "stays_best": regret <= TIE_M,
                "outside_share": [draw.outside_share[-1] for draw in self.draws],
            }
        )

    def scores(self) -> pd.DataFrame:
        """Every plan in every draw.

        Returns:
            draw, plan, score_m (infinite where it breaks a rule), regret_m, outside_share.
        """
        rows = [
            (drawn.name, plan, cost, max(cost - drawn.best_m, 0.0), outside)
            for drawn in self.draws
            for plan, cost, outside in zip(
                self.plans, drawn.cost_m.tolist(), drawn.outside_share.tolist(), strict=False
            )
        ]
        return pd.DataFrame(rows, columns=["draw", "plan", "score_m", "regret_m", "outside_share"])

    def pairs(self) -> pd.DataFrame:
        """One row per pair of ICBs: a, b, together_share (of the draws' optima)."""
        codes = self.case.system.icbs
        share = self._together()
        upper = zip(*np.triu_indices(len(codes), 1), strict=True)
        rows = [(codes[i], codes[j], share[i, j]) for i, j in upper]
        return pd.DataFrame(rows, columns=["a", "b", "together_share"])

    def _together(self) -> Floats:
        size = self.case.system.size
        total = np.zeros((size, size))
        for draw in self.draws:
            inside = np.array([[int(mask) >> i & 1 for i in range(size)] for mask in draw.optimum])
            total += inside.T @ inside
        return total / len(self.draws)

    def services(self) -> pd.DataFrame:
        """One row per service that may go local: how it is held in the draws' optima.

        Returns:
            service, name, collective_share, individual_share, national_share: of residents, mean over
            the draws.
        """
        free = free_services(self.case.system)
        table = self.case.dataset.services.iloc[free]
        held = np.mean([draw.held for draw in self.draws], axis=0)
        return pd.DataFrame(
            {
                "service": table["service"].to_numpy(),
                "name": table["name"].to_numpy(),
                "collective_share": held[:, 0],
                "individual_share": held[:, 1],
                "national_share": 1.0 - held.sum(axis=1),
            }
        )

    def statement(self) -> str:
        """What is firm and what is not, in a few sentences."""
        share = self._together()[np.triu_indices(self.case.system.size, 1)]
        table = self.summarise()
        first, optimum = table.iloc[0], self.by_draw()["optimum_m"].to_numpy()
        low, high = np.quantile(optimum, [0.1, 0.9])
        rivals = [
            f"{title_plan(str(row.plan))} in {row.beats_share:.0%}"
            for row in table.iloc[1:].itertuples()
        ]
        against = f" It scores better than {join(rivals)}." if rivals else ""
        return (
            f"Over {len(self.draws)} draws the best plan stays exactly the best in "
            f"{first['stays_best_share']:.0%}, and falls short of the best by "
            f"{first['mean_regret_m']:,.1f} £m-equivalents in the mean.{against} "
            f"{(share == 1).sum()} pairs of ICBs share a footprint in every draw, "
            f"{(share == 0).sum()} in none and {((share > 0) & (share < 1)).sum()} in some. The best "
            f"score itself runs from {low:,.0f} to {high:,.0f} in the middle 80 % of draws."
        )

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save the tables in a new folder, with a map of how firm each border is.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        tables = {
            "plans": self.summarise(),
            "draws": self.by_draw(),
            "scores": self.scores(),
            "pairs": self.pairs(),
            "services": self.services(),
        }
        about = {**self.about, "statement": self.statement()}
        return save_case(self.case, tables, about, folder, "robust-", self.plot, report)

    def plot(self, folder: Path) -> None:
        """Draw each border by how often the draws' best plans part it, where there is a map."""
        what = f"the best plans of {len(self.draws):,} draws of the inputs"
        plot_borders(self.case, self.pairs(), what, "", folder)


def _mean(values: Floats) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("inf")


def robust(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    *,
    draws: int = 50,
    seed: int = 1,
    flows: Noise = "none",
    shock: float = 0.0,
    what_ifs: Sequence[str] = (),
    plans: Sequence[str] = (),
    workers: int | None = None,
    report: Report = silent,
) -> Robustness:
    """How the best plan fares when the whole chain of inputs is drawn again, each draw proven.

    Args:
        scenario: the rules and weights, or their file.
        dataset: the inputs; read from where the scenario says when None.
        draws: how many draws; each is solved to proof.
        seed: of the draws; draw k uses (seed, k), whoever works on it.
        flows: chance of one year on top: how patients and their costs are drawn.
        shock: times the services' own common shock, of one year, on top.
        what_ifs: named changes, each one further case.
        plans: carried plans or plan files to score beside the best; the baseline, and carried plans
            with as many footprints as are asked for, when none are given.
        workers: processes; as many as the machine has processors when None.
        report: told of each step.

    Raises:
        InputError: the inputs have faults, a what-if is not known, or nothing can be drawn.
        StoppedWithoutPlanError: a draw was not solved within the time limit.
    """
    case = open_case(scenario, dataset, report)
    spreads, chance = list_spreads(case.dataset), Uncertainty(flows, shock)
    changed = [apply_what_if(case, text) for text in what_ifs]
    if draws and not (spreads or case.scenario.uncertainty.weights or flows != "none" or shock):
        _refuse_nothing_to_draw()
    seconds = case.scenario.solver.time_limit
    with Highs(engine_settings(case.system)) as highs:
        best = solve_system(case.system, highs, seconds, report).masks
        scored = {BEST: best, **{name: grouping_masks(case, name) for name in _rivals(case, plans)}}
        ask = Ask(case, spreads, chance, scored, seed)
        found = list(draw_all(ask, draws, workers, report))
        for text, what_if in zip(what_ifs, changed, strict=True):
            found.append(score_draw(text, what_if.system, highs, ask))
            report("what if", tell_draw(found[-1]))
    about = {"seed": seed, "draws": draws, "what_ifs": list(what_ifs), **_describe(ask)}
    return Robustness(case, tuple(scored), tuple(found), about)


def _describe(ask: Ask) -> dict[str, object]:
    """What was drawn, and the plans that were scored."""
    return {
        "spreads": {f"{t}.{c}": spread for (t, c), spread in ask.spreads.items()},
        "weights": dict(ask.case.scenario.uncertainty.weights),
        "chance": vars(ask.chance),
        "groupings": {
            name: [list(ask.case.system.members_of(int(mask))) for mask in masks]
            for name, masks in ask.plans.items()
        },
    }


def _refuse_nothing_to_draw() -> None:
    remedy = (
        "sources.csv gives no column a spread, so there is nothing to draw. Add spreads, draw the "
        "chance of one year with --flows poisson, or give weights a range in [uncertainty]."
    )
    raise InputError([Fault("--draws", 0, "", "", "something_to_draw", remedy)])


def _rivals(case: Case, plans: Sequence[str]) -> list[str]:
    """Plans to score beside the best: those named, or the baseline and those of a fitting number."""
    if plans:
        return list(plans)
    rules = case.scenario.footprints
    fewest, most = rules.count_window
    sizes = {name: plan["footprint"].nunique() for name, plan in case.dataset.plans.items()}
    fitting = [name for name, size in sizes.items() if fewest <= size <= most]
    return list(dict.fromkeys([*([rules.baseline] if rules.baseline else []), *fitting]))


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
