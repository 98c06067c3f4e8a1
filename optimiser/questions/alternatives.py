"""Every plan within a gap of the best one, what they share, and where other plans stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Masks
from optimiser.deadline import Deadline, OutOfTimeError
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.counting import TooManyStatesError, count_plans
from optimiser.engine.near_optimal.ensemble import EQUAL_M, Standing, sample_plans
from optimiser.engine.near_optimal.path import Path as MovePath
from optimiser.engine.near_optimal.path import find_path
from optimiser.engine.near_optimal.plans import (
    NearBest,
    Togetherness,
    choose_diverse,
    list_near_best,
    summarise_together,
)
from optimiser.engine.relaxation.master import bounded_measures
from optimiser.engine.solve import engine_settings, open_candidates
from optimiser.errors import UnsupportedError
from optimiser.footprints.costs import CandidateCosts
from optimiser.footprints.levels import NATIONAL, free_services
from optimiser.footprints.system import System
from optimiser.inputs.connectivity import join_groups
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.distance import Distance, homes, measure_distance
from optimiser.plan.plan import Plan, measure_headlines
from optimiser.progress import Report, silent
from optimiser.questions.case import Case, open_case
from optimiser.questions.groupings import (
    broken_by_footprint,
    grouping_frames,
    grouping_masks,
    plot_borders,
    save_case,
)
from optimiser.questions.solve import solve_case

NO_SCORE = 1e-12
"""A gap is a share of at least this, £m-equivalents, where nothing can be avoided."""
MOST_BETTER = 200_000
"""Up to this many better plans are all listed to say where one stands: some forty seconds."""
COUNTING_SECONDS = 60.0
"""The plans within the rules are counted for as long; else they are sampled."""


@dataclass(frozen=True)
class Placed:
    """Where a plan stands, and the path from it to the best one.

    Attributes:
        plan: its name.
        cost_m: its score, £m-equivalents.
        better_share: share of the plans within the rules that cost less.
        standard_error: of that share.
        standing: the costs it rests on.
        distance: from the best plan.
        path: the fewest moves on.
        names: of the ICBs.
    """

    plan: str
    cost_m: float
    better_share: float
    standard_error: float
    standing: Standing
    distance: Distance
    path: MovePath
    names: tuple[str, ...]

    def summarise_path(self) -> pd.DataFrame:
        """One row per move: move, icb, cost_m, gain_m, footprints, broken (names of rules)."""
        steps = self.path.steps
        costs = [step.cost_m for step in steps]
        return pd.DataFrame(
            {
                "move": range(len(costs)),
                "icb": ["" if s.icb < 0 else self.names[s.icb] for s in steps],
                "cost_m": costs,
                "gain_m": [0.0, *(a - b for a, b in pairwise(costs))],
                "footprints": [len(s.masks) for s in steps],
                "broken": [" ".join(s.broken) for s in steps],
            }
        )


@dataclass(frozen=True)
class Alternatives:
    """Near-best plans and what they share.

    Attributes:
        case: what was asked.
        best: the best plan.
        near: every plan within the gap.
        shortlist: places in the list of plans that differ as much as possible.
        together: co-membership and local shares.
        placed: where the plans that were asked for stand.
    """

    case: Case
    best: Plan
    near: NearBest
    shortlist: tuple[int, ...]
    together: Togetherness
    placed: tuple[Placed, ...] = ()

    def summarise(self) -> pd.DataFrame:
        """One row per plan.

        Returns:
            plan, cost_m, gap_share (of the best plan's avoidable score), footprints, icbs_moved and
            population_moved (from the best plan), shortlist, icbs.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        """Measured once: it is printed, saved and shown, and thousands of plans take a while."""
        system, plans = self.case.system, self.near.plans
        best = homes(plans[0], system.size)
        rows = []
        for k, masks in enumerate(plans):
            away = measure_distance(best, homes(masks, system.size), system.residents)
            rows.append(
                {
                    "plan": k + 1,
                    "cost_m": self.near.cost_m[k],
                    "gap_share": max(self.near.cost_m[k] - self.near.best_m, 0.0)
                    / self.avoidable_m,
                    "footprints": len(masks),
                    **vars(away),
                    "shortlist": k in self.shortlist,
                    "icbs": " | ".join(" ".join(system.members_of(int(m))) for m in masks),
                }
            )
        return pd.DataFrame(rows)

    def summarise_pairs(self) -> pd.DataFrame:
        """One row per pair of ICBs that may share a footprint: a, b, share of plans together."""
        codes, table = self.case.system.icbs, self.together
        upper = np.argwhere(np.triu(table.possible, 1) > 0)
        rows = [(codes[i], codes[j], table.share[i, j]) for i, j in upper]
        return pd.DataFrame(rows, columns=["a", "b", "together_share"])

    def summarise_services(self) -> pd.DataFrame:
        """One row per service that may go local: service, local_share of residents, mean over plans."""
        system = self.case.system
        free = free_services(system)
        groups = np.unique(system.services.group[free])
        place = np.searchsorted(groups, system.services.group[free])
        return pd.DataFrame(
            {
                "service": [system.services.codes[s] for s in free],
                "local_share": self.together.local_share[place],
            }
        )

    @cached_property
    def avoidable_m(self) -> float:
        """What gaps are shares of: the best plan's score less what is the same in every plan."""
        return max(abs(measure_headlines(self.best).avoidable_score), NO_SCORE)

    def group_always(self) -> list[list[str]]:
        """ICBs that are together in every plan, by name: each group of two and more."""
        system = self.case.system
        names = dict(zip(system.icbs, system.names, strict=True))
        pairs = [(system.icbs[i], system.icbs[j]) for i, j in self.together.always()]
        return [[names[icb] for icb in group] for group in join_groups(pairs)]

    def list_always(self) -> list[str]:
        """Pairs of ICBs that are together in every plan, by name."""
        return self._pairs(self.together.always())

    def list_never(self) -> list[str]:
        """Pairs of neighbours that are together in none."""
        near = self.case.system.neighbours
        pairs = self.together.never()
        return self._pairs([(i, j) for i, j in pairs if int(near[i]) >> j & 1])

    def _pairs(self, pairs: list[tuple[int, int]]) -> list[str]:
        names = self.case.system.names
        return [f"{names[i]} + {names[j]}" for i, j in pairs]

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save plans, shares, short list, paths and pictures in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        near = self.near
        shortlist = {f"plan-{k + 1:02}": near.plans[k] for k in self.shortlist}
        tables = {
            "plans": self.summarise(),
            "together": self.summarise_pairs(),
            "services": self.summarise_services(),
            **{f"path-{Path(at.plan).stem}": at.summarise_path() for at in self.placed},
            **grouping_frames(self.case, shortlist),
        }
        about = {
            "statement": near.statement(),
            "complete": near.complete,
            "count": len(near.plans),
        }
        return save_case(self.case, tables, about, folder, "alternatives-", self.plot, report)

    def plot(self, folder: Path) -> None:
        """Draw the shares of plans in which ICBs are together, and on the map where there is one."""
        from optimiser.reports.charts import plot_together
        from optimiser.reports.frontier_plot import write_figure

        system, near = self.case.system, self.near
        groups = [[i for i in range(system.size) if int(mask) >> i & 1] for mask in near.plans[0]]
        order = [i for group in groups for i in group]
        icbs = [system.icbs[i] for i in order]
        share = pd.DataFrame(self.together.share[np.ix_(order, order)], icbs, icbs)
        labels = [f"{system.names[i]}  {system.icbs[i]}" for i in order]
        ends = np.cumsum([len(group) for group in groups])[:-1].tolist()
        draw = partial(plot_together, share=share, breaks=ends, labels=labels)
        write_figure(draw, folder, "together", (9.0, 6.7))
        what = f"the {len(near.plans):,} near-best plans"
        plot_borders(self.case, self.summarise_pairs(), what, near.statement(), folder)


def alternatives(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    *,
    within_share: float = 0.01,
    within_m: float | None = None,
    limit: int = 10_000,
    diverse: int = 5,
    place: Sequence[str | Path] = (),
    seed: int = 1,
    report: Report = silent,
) -> Alternatives:
    """Every plan within a gap of the best one.

    Args:
        scenario: the rules and weights, or their file.
        dataset: the inputs; read from where the scenario says when None.
        within_share: the gap as a share of the best plan's avoidable score.
        within_m: the gap in £m-equivalents, instead.
        limit: stop after this many plans.
        diverse: plans of the short list.
        place: carried plans or plan files whose standing is also told.
        seed: of the draws that tell it.
        report: told of each step.
    """
    with Highs() as highs:
        case = open_case(scenario, dataset, report)
        highs.settings = engine_settings(case.system)
        found = list_alternatives(
            case,
            highs,
            within_share=within_share,
            within_m=within_m,
            limit=limit,
            diverse=diverse,
            report=report,
        )
    return replace(found, placed=tuple(place_plan(found, str(plan), seed=seed) for plan in place))


def list_alternatives(
    case: Case,
    highs: Highs,
    *,
    within_share: float = 0.01,
    within_m: float | None = None,
    limit: int = 10_000,
    diverse: int = 5,
    report: Report = silent,
) -> Alternatives:
    """The same of an open case, no plan placed among them."""
    rules = case.scenario
    best = solve_case(case, highs, report)
    avoidable = abs(measure_headlines(best).avoidable_score)
    room = within_share * avoidable if within_m is None else within_m
    seconds = rules.solver.time_limit
    near = list_near_best(case.system, highs, best.objective, room, limit, seconds, report)
    source, _ = open_candidates(case.system)
    national = rules.services.levels.index(NATIONAL)
    shared = summarise_together(case.system, highs, near.plans, source.masks, national)
    short = tuple(choose_diverse(near.plans, case.system.size, diverse))
    return Alternatives(case, best, near, short, shared)


def place_plan(found: Alternatives, plan: str, draws: int = 500, seed: int = 1) -> Placed:
    """Where a carried plan stands among all plans within the rules, and its path to the best one."""
    case, system = found.case, found.case.system
    masks = grouping_masks(case, plan)
    cost_of = _footprint_costs(system)
    cost = float(cost_of(masks).sum())
    standing = find_standing(found, cost, draws, seed)
    share, error = standing.share_better(cost)
    best = found.near.plans[0]
    away = measure_distance(homes(masks, system.size), homes(best, system.size), system.residents)
    path = find_path(
        masks, best, system.size, lambda few: (cost_of(few), broken_by_footprint(system, few))
    )
    return Placed(plan, cost, share, error, standing, away, path, tuple(system.names))


def find_standing(found: Alternatives, cost_m: float, draws: int, seed: int) -> Standing:
    """Where a plan of that cost stands among the plans within the rules.

    They are counted, and those that cost less are listed; beyond what can be listed each is drawn with
    equal chance, and beyond what can be counted chains visit them.
    """
    system = found.case.system
    refuse_coupled(found.case.scenario)
    source, rows = open_candidates(system)
    candidates, price = source.masks, source.measure_costs()

    def cost_of(masks: Masks) -> Floats:
        return np.asarray(price[np.searchsorted(candidates, masks)])

    try:
        in_time = Deadline.after(COUNTING_SECONDS)
        counter = count_plans(system, candidates, rows.count, deadline=in_time)
    except (TooManyStatesError, OutOfTimeError):
        starts = [found.near.plans[k] for k in (*found.shortlist, 0, 0)[:4]]
        return sample_plans(
            candidates, system.size, rows.count, starts, draws, system.size // 4, seed, cost_of
        )
    better = _count_better(found, cost_m)
    if better is not None:
        return Standing(np.zeros((1, 0)), True, counter.total, np.inf, 1.0, better)
    random = np.random.default_rng(seed)
    drawn = np.array([[float(cost_of(counter.draw(random)).sum()) for _ in range(4 * draws)]])
    return Standing(drawn, True, counter.total, float(4 * draws), 1.0)


def _count_better(found: Alternatives, cost_m: float) -> int | None:
    """How many groupings cost less; None where they are too many to list."""
    best_m, system = found.near.best_m, found.case.system
    with Highs() as highs:
        highs.settings = engine_settings(system)
        room = max(cost_m - best_m, 0.0)
        near = list_near_best(system, highs, best_m, room, MOST_BETTER, COUNTING_SECONDS)
    return int((near.cost_m < cost_m - EQUAL_M).sum()) if near.complete else None


def refuse_coupled(scenario: Scenario) -> None:
    """Plans are drawn one footprint at a time: rules across footprints but their number can't count."""
    rules = scenario.services
    coupled = rules.portfolio == "uniform" or scenario.footprints.max_moved is not None
    if coupled or bounded_measures(rules):
        raise UnsupportedError(
            'Where a plan stands is told for portfolio = "by_footprint" without floors and ceilings '
            "across footprints and without max_moved: the sampler knows rules of one footprint and "
            "their count."
        )


def _footprint_costs(system: System) -> Callable[[Masks], Floats]:
    return lambda masks: CandidateCosts(system, masks).priced({})[0]
