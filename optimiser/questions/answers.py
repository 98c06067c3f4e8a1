"""More than one answer, each job on one screen: trade-offs, near-best plans, standing, stability."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.arrays import Floats, Ints, Masks
from optimiser.engine.frontier.epsilon_constraint import trace_frontier, trace_surface
from optimiser.engine.frontier.tracing import Frontier, Method, open_tracer
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.near_optimal.counting import TooManyStatesError, count_plans
from optimiser.engine.near_optimal.ensemble import Standing, sample_plans
from optimiser.engine.near_optimal.path import Path as MovePath
from optimiser.engine.near_optimal.path import find_path
from optimiser.engine.near_optimal.plans import (
    NearBest,
    Togetherness,
    choose_diverse,
    list_near_best,
    open_costs,
    summarise_together,
)
from optimiser.engine.partitions import search_covers
from optimiser.engine.relaxation.master import Bounded, bounded_measures
from optimiser.engine.solve import engine_settings
from optimiser.errors import Fault, InputError, StoppedWithoutPlanError, UnsupportedError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.levels import NATIONAL, free_services
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System, build_system
from optimiser.footprints.totals import (
    AXES,
    LevelPolicy,
    allows_portfolio,
    measure_grouping,
    settle,
)
from optimiser.inputs.draws import Uncertainty, close_provider, draw_dataset, grow
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.distance import Distance, homes, measure_distance
from optimiser.plan.plan import Plan
from optimiser.progress import Report, silent
from optimiser.questions.robustness import Stability, measure_stability
from optimiser.questions.solve import Case, open_case, solve_case

MOST_LISTED = 20_000
"""Up to this many plans within the rules are all listed to say where one stands."""
ALWAYS_MEASURED = ("footprints", "local_spend", "leakage", "volatility", "cost")


@dataclass(frozen=True)
class Traced:
    """A frontier with the carried plans on its scale.

    Attributes:
        case: what was asked.
        frontier: the non-dominated plans.
        plans: one row per carried plan: plan, every measure, and feasible (bool: inside the
            scenario's rules and the floor on local spend).
        floor_m: floor on local spend that was held at every point, £m a year; 0 for none.
    """

    case: Case
    frontier: Frontier
    plans: pd.DataFrame
    floor_m: float


def trace(
    scenario: Scenario,
    x: str,
    y: str,
    points: int = 21,
    method: Method = "grid",
    policy: LevelPolicy = "best",
    floor_m: float | None = None,
    z: str = "",
    z_points: int = 5,
    report: Report = silent,
) -> Traced:
    """The frontier of a scenario between two measures (three by a grid).

    Args:
        scenario: the rules; its weights count only for the measure ``cost`` and the policy ``best``.
        x: measure across.
        y: measure upwards.
        points: grid points of y, ends included.
        method: ``grid`` or ``all``.
        policy: whether levels are open, or settled first. Under a uniform portfolio ``best`` holds
            the portfolio of the best plan for every grouping, and the other policies are refused.
        floor_m: least spend held locally, £m a year. When None, levels are open and both measures
            would be nothing with every service national, the best plan's own local spend is held.
        z: third measure, bounded by a grid; empty for none.
        z_points: its grid points.
        report: told of each step.

    Raises:
        InputError: an unknown measure, or the same one twice.
        UnsupportedError: levels other than the best ones under a uniform portfolio.
    """
    names = [name for name in (x, y, z) if name]
    check_axes(names, scenario, policy)
    with Highs() as highs:
        case = open_case(scenario, report)
        highs.settings = engine_settings(case.system)
        floor = floor_m or 0.0
        if floor_m is None and policy == "open":
            floor = _floor(case, highs, names, report)
        portfolio = _best_portfolio(case, highs, report)
        held = (Bounded("local_spend", floor, np.inf),) if floor > 0 else ()
        wanted = tuple(dict.fromkeys([*names, *ALWAYS_MEASURED]))
        limit = scenario.solver.time_limit
        tracer = open_tracer(case.system, highs, wanted, policy, limit, report, held, portfolio)
        try:
            if z:
                found = trace_surface(tracer, x, y, z, points, z_points)
            else:
                found = trace_frontier(tracer, x, y, points, method)
        except TimeoutError:
            raise StoppedWithoutPlanError(
                "The time limit came before the ends of the frontier were proven. Allow more time "
                "(--time-limit)."
            ) from None
        return Traced(case, found, place_plans(case, wanted, policy, floor, portfolio), floor)


def _best_portfolio(case: Case, highs: Highs, report: Report) -> Ints | None:
    """Level of each group of services in the best plan under a uniform portfolio, (G,)."""
    if case.scenario.services.portfolio != "uniform":
        return None
    plan = solve_case(case, highs, report)
    services = case.system.services
    level = plan.services.drop_duplicates("service").set_index("service")["level"]
    free = free_services(case.system)
    _, first = np.unique(services.group[free], return_index=True)
    names = case.scenario.services.levels
    return np.array([names.index(level[services.codes[s]]) for s in free[first]])


def check_axes(names: Sequence[str], scenario: Scenario, policy: LevelPolicy = "best") -> None:
    """Raise InputError for a measure that is unknown, twice there or without its input."""
    faults = [
        Fault("frontier", 0, "measure", name, "known_measure", f"Known: {', '.join(AXES)}.")
        for name in names
        if name not in AXES
    ]
    if len(set(names)) < len(names):
        remedy = "Give different measures."
        faults.append(Fault("frontier", 0, "measure", " ".join(names), "twice", remedy))
    if "disruption" in names and not scenario.footprints.baseline:
        remedy = "Disruption needs a plan to compare with: set footprints.baseline."
        faults.append(Fault("frontier", 0, "measure", "disruption", "baseline", remedy))
    if faults:
        raise InputError(faults)
    if scenario.services.portfolio == "uniform" and policy != "best":
        raise UnsupportedError(
            'Under portfolio = "uniform" a frontier keeps the portfolio of the best plan and trades '
            "groupings: use --levels best. With one level for all England left open, a measure is "
            "no sum over footprints."
        )


def _floor(case: Case, highs: Highs, names: Sequence[str], report: Report) -> float:
    """Local spend of the best plan, where nothing local would make all measures nothing."""
    empty = {"leakage", "volatility", "individual"}
    if not set(names) <= empty or case.scenario.services.min_local_spend_m > 0:
        return 0.0
    plan = solve_case(case, highs, report)
    floor = float(plan.footprints["local_spend_m"].sum())
    report("floor", f"at least £{floor:,.1f}m a year stays local, as in the best plan")
    return floor * (1 - 1e-9)


def place_plans(
    case: Case,
    names: Sequence[str],
    policy: LevelPolicy,
    floor_m: float = 0.0,
    portfolio: Ints | None = None,
) -> pd.DataFrame:
    """Measures of each carried plan, levels by the policy (the best ones where they are open)."""
    rows = []
    for name in case.dataset.plans:
        masks = grouping_masks(case, name)
        settled: LevelPolicy = "local" if policy == "local" else "best"
        choice = settle(case.system, masks, settled, portfolio)
        measures = measure_grouping(case.system, masks, choice, names)
        broken = list_broken_rules(case.system, masks)
        if measures.get("local_spend", 0.0) < floor_m * (1 - 1e-6):
            broken += ["local_spend_floor"]
        if portfolio is not None and not allows_portfolio(case.system, masks, portfolio).all():
            broken += ["portfolio"]
        rows.append({"plan": name, **measures, "feasible": not broken, "broken": " ".join(broken)})
    return pd.DataFrame(rows)


def grouping_masks(case: Case, plan: str) -> Masks:
    """Footprints of a carried plan or a plan file, by their first ICB."""
    _, grouping = read_grouping(plan, case.dataset)
    masks = [case.system.mask_of(list(codes)) for codes in grouping.values()]
    return as_masks(sorted(masks, key=lambda m: m & -m), case.system.size)


def list_broken_rules(system: System, masks: Masks) -> list[str]:
    """Names of the rules on one footprint or on their number that a grouping breaks."""
    low, high = system.scenario.footprints.count_window
    broken = [] if low <= len(masks) <= high else ["count"]
    return [
        *broken,
        *dict.fromkeys(n for names in broken_by_footprint(system, masks) for n in names),
    ]


def broken_by_footprint(system: System, masks: Masks) -> list[tuple[str, ...]]:
    """Names of the rules that each footprint breaks, contiguity among them."""
    found: list[list[str]] = [[] for _ in masks]
    for k, mask in enumerate(masks):
        if not is_connected(system, int(mask)):
            found[k].append("contiguous")
    for rule in footprint_rules(system):
        for place in np.flatnonzero(~rule.keeps(masks)):
            found[int(place)].append(rule.name)
    return [tuple(names) for names in found]


def is_connected(system: System, mask: int) -> bool:
    """Whether the members hang together through neighbours."""
    reached = mask & -mask
    while True:
        around = reached
        for i in range(system.size):
            if reached >> i & 1:
                around |= int(system.neighbours[i]) & mask
        if around == reached:
            return reached == mask
        reached = around


@dataclass(frozen=True)
class Alternatives:
    """Near-best plans and what they share.

    Attributes:
        case: what was asked.
        best: the best plan.
        near: every plan within the gap.
        shortlist: places in the list of plans that differ as much as possible.
        together: co-membership and local shares.
    """

    case: Case
    best: Plan
    near: NearBest
    shortlist: tuple[int, ...]
    together: Togetherness

    def summarise(self) -> pd.DataFrame:
        """One row per plan: plan, cost_m, gap_share, footprints, and its distance from the best
        (icbs_moved, population_moved, variation_of_information, rand_share), shortlist, icbs."""  # noqa: D205, D209
        system, plans = self.case.system, self.near.plans
        best = homes(plans[0], system.size)
        rows = []
        for k, masks in enumerate(plans):
            away = measure_distance(best, homes(masks, system.size), system.residents)
            rows.append(
                {
                    "plan": k + 1,
                    "cost_m": self.near.cost_m[k],
                    "gap_share": self.near.cost_m[k] / self.near.best_m - 1,
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
        return pd.DataFrame(
            [{"a": codes[i], "b": codes[j], "together_share": table.share[i, j]} for i, j in upper]
        )

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


def alternatives(
    scenario: Scenario,
    within_share: float = 0.01,
    within_m: float | None = None,
    most: int = 10_000,
    diverse: int = 5,
    report: Report = silent,
) -> Alternatives:
    """Every plan within a gap of the best one.

    Args:
        scenario: the rules and weights.
        within_share: the gap as a share of the best plan's cost.
        within_m: the gap in £m a year, instead.
        most: stop after this many plans.
        diverse: plans of the shortlist.
        report: told of each step.
    """
    with Highs() as highs:
        case = open_case(scenario, report)
        highs.settings = engine_settings(case.system)
        best = solve_case(case, highs, report)
        room = within_share * abs(best.objective) if within_m is None else within_m
        limit = scenario.solver.time_limit
        near = list_near_best(case.system, highs, best.objective, room, most, limit, report)
        costs, _ = open_costs(case.system)
        national = scenario.services.levels.index(NATIONAL)
        shared = summarise_together(case.system, highs, near.plans, costs.masks, national)
        short = tuple(choose_diverse(near.plans, case.system.size, diverse))
        return Alternatives(case, best, near, short, shared)


@dataclass(frozen=True)
class Placed:
    """Where a plan stands: share of feasible plans that cost less, its error, and the path on."""

    plan: str
    cost_m: float
    better_share: float
    standard_error: float
    standing: Standing
    distance: Distance
    path: MovePath


def place(found: Alternatives, plan: str, draws: int = 500, seed: int = 1) -> Placed:
    """Where a carried plan stands among all plans within the rules, and its path to the best one."""
    case, system = found.case, found.case.system
    masks = grouping_masks(case, plan)
    cost_of = _footprint_costs(system)
    standing = draw_standing(found, draws, seed)
    cost = float(cost_of(masks).sum())
    share, error = standing.share_better(cost)
    best = found.near.plans[0]
    away = measure_distance(homes(masks, system.size), homes(best, system.size), system.residents)
    path = find_path(
        masks, best, system.size, lambda few: (cost_of(few), broken_by_footprint(system, few))
    )
    return Placed(plan, cost, share, error, standing, away, path)


def draw_standing(found: Alternatives, draws: int, seed: int) -> Standing:
    """Costs of plans within the rules: independent draws where they can be counted, else chains."""
    system = found.case.system
    refuse_coupled(found.case.scenario)
    costs, rows = open_costs(system)
    price = costs.priced({})[0]

    def cost_of(masks: Masks) -> Floats:
        return np.asarray(price[np.searchsorted(costs.masks, masks)])

    try:
        counter = count_plans(costs.masks, system.size, rows.count)
    except TooManyStatesError:
        starts = [found.near.plans[k] for k in (*found.shortlist, 0, 0)[:4]]
        return sample_plans(
            costs.masks, system.size, rows.count, starts, draws, system.size // 4, seed, cost_of
        )
    if counter.total <= MOST_LISTED:
        zero = np.zeros(len(costs.masks))
        every = search_covers(costs.masks, zero, 0.0, system.size, np.inf)
        low, high = rows.count
        listed = [float(cost_of(plan).sum()) for plan in every if low <= len(plan) <= high]
        return Standing(np.array([listed]), True, counter.total, np.inf, 1.0)
    random = np.random.default_rng(seed)
    drawn = np.array([[float(cost_of(counter.draw(random)).sum()) for _ in range(4 * draws)]])
    return Standing(drawn, True, counter.total, float(4 * draws), 1.0)


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
    from optimiser.footprints.costs import CandidateCosts

    return lambda masks: CandidateCosts(system, masks).priced({})[0]


WHAT_IFS = "growth=10% | growth:SERVICE=10% | close=PROVIDER"


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


def robust(
    scenario: Scenario,
    draws: int,
    seed: int,
    how: Uncertainty,
    what_ifs: Sequence[str] = (),
    within_share: float = 0.01,
    most: int = 50,
    report: Report = silent,
) -> tuple[Alternatives, Stability]:
    """How near-best plans fare when the inputs are drawn again.

    Args:
        scenario: the rules and weights.
        draws: how many draws; each is solved to proof.
        seed: of the draws; draw k uses (seed, k).
        how: what is drawn.
        what_ifs: named changes, each one further case.
        within_share: plans this near the best are scored.
        most: at most this many of them, the cheapest.
        report: told of each step.
    """
    found = alternatives(scenario, within_share, most=10_000, report=report)
    case = found.case
    plans = found.near.plans[:most]

    def systems() -> Iterator[tuple[str, System]]:
        for k in range(draws):
            random = np.random.default_rng([seed, k])
            drawn = draw_dataset(case.dataset, how, random)
            yield f"draw {k + 1}", build_system(drawn, scenario)
        for text in what_ifs:
            yield text, apply_what_if(case, text).system

    with Highs(engine_settings(case.system)) as highs:
        limit = scenario.solver.time_limit
        try:
            return found, measure_stability(systems(), highs, plans, limit, report)
        except TimeoutError as error:
            raise StoppedWithoutPlanError(str(error)) from None
