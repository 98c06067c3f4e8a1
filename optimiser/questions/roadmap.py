"""The best roadmap: one grouping for some years, and the year in which each service goes local."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.roadmap import YearsSolution, refuse_roadmap, settle_years, solve_years
from optimiser.engine.solve import engine_settings
from optimiser.errors import NoPlanError, RefereeError
from optimiser.footprints.leads import find_leads
from optimiser.footprints.paths import cost_step_by_step
from optimiser.footprints.years import Years, build_years, can_last
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.inputs.years import list_years, make_year_dataset
from optimiser.plan.naming import name_footprints
from optimiser.plan.plan import Plan
from optimiser.plan.roadmap import list_levels, list_milestones, make_last_plan, summarise_services
from optimiser.progress import Report, silent
from optimiser.proof.referee.facts import Claim
from optimiser.proof.referee.roadmap import Account, check_roadmap, read_year
from optimiser.questions.carried_path import CarriedPath, read_path
from optimiser.questions.case import (
    Case,
    SolvedPlan,
    draw_map,
    open_case,
    open_scenario,
    with_context,
)
from optimiser.questions.groupings import grouping_masks
from optimiser.questions.solve import relative_gap
from optimiser.runs.basis import describe_basis
from optimiser.runs.folder import write_run

BEST, BY_YEAR = "best roadmap", "year by year"
TABLES = ("services", "levels", "milestones", "terms", "compared")
"""Tables of the years, saved as ``roadmap_services.csv`` …"""


@dataclass(frozen=True)
class Roadmap:
    """A roadmap and what stands beside it.

    Attributes:
        case: what was asked, as of the last year.
        numbers: the years.
        status: why the search stopped.
        score: of the best roadmap, all years, discounted, £m-equivalents.
        bound: proven lower bound of it.
        candidates: footprints that obey the rules in every year.
        candidates_hash: hash of their list.
        certificate: duals and the bound they prove, plain values.
        last: the last year as a plan like any other.
        plan: icb, name, footprint, lead (of the last year).
        levels: see :func:`optimiser.plan.roadmap.list_levels`.
        services: see :func:`optimiser.plan.roadmap.summarise_services`.
        milestones: see :func:`optimiser.plan.roadmap.list_milestones`; with score (of that year, not
            discounted) and milestone (of the path beside, where it has one).
        terms: year, term, weight, measure, unit, factor, cost_m: added up by the referee.
        compared: path, score, more (than the best), share (that by the best), broken (rules broken).
        seconds: wall time by step.
    """

    case: Case
    numbers: tuple[int, ...]
    status: str
    score: float
    bound: float
    candidates: int
    candidates_hash: str
    certificate: Mapping[str, object]
    last: SolvedPlan
    plan: pd.DataFrame
    levels: pd.DataFrame
    services: pd.DataFrame
    milestones: pd.DataFrame
    terms: pd.DataFrame
    compared: pd.DataFrame
    seconds: dict[str, float]

    @property
    def gap(self) -> float:
        """How much better any roadmap may be, a share."""
        return relative_gap(self.score, self.bound)

    def summary(self) -> str:
        """What ``footprints roadmap`` prints."""
        from optimiser.questions.roadmap_text import describe_roadmap

        return describe_roadmap(self)

    def plot(self, folder: Path) -> None:
        """Draw it as ``roadmap.png`` and ``roadmap.svg`` in a folder."""
        from optimiser.reports.roadmap_chart import write_roadmap

        title = f"Which services are local in which year: {self.title}"
        write_roadmap(self.levels, self.services, self.milestones, title, self.basis, folder)

    @property
    def basis(self) -> str:
        """What the money and the years rest on, in a sentence."""
        sources = self.case.dataset.sources
        money = describe_basis(("flows.spend_m", "services.spend_m"), sources)
        ready = describe_basis(("services.ready_year", "readiness.score"), sources)
        return f"Money is {money}; what is ready in which year is {ready}."

    @property
    def title(self) -> str:
        """One line that says what it is."""
        count = self.plan["footprint"].nunique()
        return f"{count} footprints, {self.numbers[0]} to {self.numbers[-1]}"

    def save(self, folder: str | Path | None = None, *, report: Report = silent) -> Path:
        """Save it as a run like others: its last year is the plan, the years are further tables.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        words = ("status", "score", "bound", "gap", "candidates", "candidates_hash", "certificate")
        told = {"years": self.numbers, **{word: getattr(self, word) for word in words}}
        findings = {"broken_rules": [], "roadmap": told, "roadmap_score": self.score}
        place = None if folder is None else Path(folder)
        seconds = replace(self.last.outcome, seconds=self.seconds)
        plan = replace(self.last, outcome=seconds)
        return write_run(
            plan,
            self.last.dataset,
            self.last.scenario,
            place,
            self._draw,
            findings,
            {f"roadmap_{name}": getattr(self, name) for name in TABLES},
            report,
        )

    def _draw(self, plan: Plan, dataset: Dataset, folder: Path, baseline: str) -> list[Path]:
        self.plot(folder)
        return draw_map(plan, dataset, folder, baseline)

    def __repr__(self) -> str:
        return f"<Roadmap {self.title}: score {self.score:,.2f}, {self.status}>"


def roadmap(
    scenario: Scenario | str | Path,
    dataset: Dataset | str | Path | None = None,
    *,
    years: tuple[int, int] | None = None,
    report: Report = silent,
) -> Roadmap:
    """The best grouping for some years with the year of each service, proven in one model.

    Args:
        scenario: the rules, or their file; section ``[roadmap]`` says how years differ.
        dataset: the inputs; read from where the scenario says when None.
        years: first and last year, in place of the scenario's.
        report: told of each step.

    Raises:
        InputError: the inputs have faults; all are listed.
        NoPlanError: proven that no roadmap exists.
        StoppedWithoutPlanError: the time limit came first.
        UnsupportedError: a roadmap does not answer this combination of settings.
    """
    asked = open_scenario(scenario)
    if years is not None:
        asked = asked.changed({"roadmap.years": tuple(years)})
    refuse_roadmap(asked)
    case = _open_last_year(asked, dataset, report)
    with Highs() as highs:
        highs.settings = engine_settings(case.system)
        found = build_years(case.dataset, asked)
        beside = asked.roadmap.beside
        path = read_path(beside, found, case.dataset) if beside else None
        own_map = None if path is None else _best_years(found, highs, case, path)
        solution = solve_years(found, highs, asked.solver.time_limit, report)
        stepwise = _year_by_year(found, highs, asked.solver.time_limit)
    titles = name_footprints(found.last, case.dataset, solution.masks)
    levels = list_levels(found, case.dataset, solution.masks, solution.paths, titles)
    account = _pass_referee(found, replace(case, scenario=asked), solution, titles, levels)
    report("referee", "every rule of every year re-checked, every cost added up again")
    return _tell(
        found,
        replace(case, scenario=asked),
        solution,
        titles,
        levels,
        account,
        [(BY_YEAR, stepwise, ""), *(() if own_map is None else (own_map,))],
        path,
    )


def _open_last_year(asked: Scenario, dataset: Dataset | str | Path | None, report: Report) -> Case:
    """The case as of the last year, when most services may go local: its faults are those of all."""
    last = list_years(asked)[-1]
    return open_case(asked.changed({"services.year": last}), dataset, report)


def _year_by_year(years: Years, highs: Highs, limit: float) -> float:
    """Score if the first year is solved alone, its map is kept and each later year is solved in turn.

    NaN where that leads nowhere: no plan of the first year alone, or none that can go on.
    """
    try:
        masks = solve_years(years.until(1), highs, limit, silent).masks
    except NoPlanError:
        return math.nan
    cost = cost_step_by_step(years, masks) if can_last(years, masks) else math.inf
    return cost if math.isfinite(cost) else math.nan


def _groups(years: Years, masks: Masks, titles: Sequence[str]) -> dict[str, tuple[str, ...]]:
    members = [years.systems[0].members_of(int(mask)) for mask in masks]
    return dict(zip(titles, members, strict=True))


def _pass_referee(
    years: Years,
    case: Case,
    solution: YearsSolution,
    titles: Sequence[str],
    levels: pd.DataFrame,
) -> Account:
    claims = [
        _claim(years, t, solution.masks, titles, levels[levels["year"] == year])
        for t, year in enumerate(years.numbers)
    ]
    account = check_roadmap(claims, case.dataset, case.scenario, solution.objective)
    if account.broken:
        raise RefereeError(
            "The roadmap found does not pass the referee; nothing was saved. Please report this.\n"
            + "\n".join(f"{year}: {rule.sentence}" for year, rule in account.broken)
        )
    return account


def _claim(
    years: Years, t: int, masks: Masks, titles: Sequence[str], levels: pd.DataFrame
) -> Claim:
    """What the roadmap says of one year, as the referee reads it."""
    system = years.systems[t]
    leads = [system.icbs[lead] for lead in find_leads(system, masks)]
    named = dict(zip(titles, leads, strict=True))
    return read_year(_groups(years, masks, titles), named, levels)


def _tell(
    years: Years,
    case: Case,
    solution: YearsSolution,
    titles: Sequence[str],
    levels: pd.DataFrame,
    account: Account,
    others: Sequence[tuple[str, float, str]],
    path: CarriedPath | None,
) -> Roadmap:
    masks = solution.masks
    milestones = list_milestones(years, masks, solution.paths, levels)
    each_year = account.terms.groupby("year")["cost_m"].sum() / years.factors
    milestones["score"] = each_year.to_numpy()
    said = {} if path is None else path.milestones
    taken = [] if path is None else [_score_path(case, path)]
    stepwise, *own_map = others
    known = [row for row in (stepwise, *taken, *own_map) if math.isfinite(row[1])]
    compared = [(BEST, solution.objective, ""), *known]
    milestones["milestone"] = [said.get(year, "") for year in years.numbers]
    return Roadmap(
        case=case,
        numbers=years.numbers,
        status=solution.status,
        score=solution.objective,
        bound=solution.bound,
        candidates=solution.candidates,
        candidates_hash=solution.candidates_hash,
        certificate=solution.certificate,
        last=_last_year(years, case, solution, titles),
        plan=_plan_rows(years, masks, titles),
        levels=levels,
        services=summarise_services(levels, case.dataset),
        milestones=milestones,
        terms=account.terms,
        compared=_compare(compared),
        seconds=dict(solution.seconds),
    )


def _last_year(
    years: Years, case: Case, solution: YearsSolution, titles: Sequence[str]
) -> SolvedPlan:
    """The last year as a plan, on its own inputs and under its own year."""
    first, last = years.numbers[0], years.numbers[-1]
    name = f"roadmap {first} to {last}"
    scenario = case.scenario.changed({"services.year": last, "roadmap.years": (first, last)})
    dataset = make_year_dataset(case.dataset, case.scenario, last)
    plan = make_last_plan(years, dataset, solution.masks, solution.paths, titles, name)
    return with_context(plan, Case(scenario, dataset, years.last))


def _plan_rows(years: Years, masks: Masks, titles: Sequence[str]) -> pd.DataFrame:
    system, leads = years.last, find_leads(years.last, masks)
    homes = {i: f for f, icbs in enumerate(_groups(years, masks, titles).values()) for i in icbs}
    return pd.DataFrame(
        {
            "icb": system.icbs,
            "name": system.names,
            "footprint": [titles[homes[icb]] for icb in system.icbs],
            "lead": [system.icbs[leads[homes[icb]]] == icb for icb in system.icbs],
        }
    )


def _compare(rows: Sequence[tuple[str, float, str]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["path", "score", "broken"])
    best = float(found["score"].iloc[0])
    found.insert(2, "more", found["score"] - best)
    found.insert(3, "share", found["more"] / best if best else np.nan)
    return found


def _best_years(
    years: Years, highs: Highs, case: Case, path: CarriedPath
) -> tuple[str, float, str]:
    """The first map of the carried path with the best years."""
    cost_m = settle_years(years, highs, grouping_masks(case, path.first_plan))[1]
    return f"{path.first_plan}, best years", cost_m, ""


def _score_path(case: Case, path: CarriedPath) -> tuple[str, float, str]:
    """The carried path as it is: rules that it breaks are named, and it is scored all the same."""
    account = check_roadmap(path.claims, case.dataset, case.scenario)
    broken = " ".join(dict.fromkeys(rule.rule for _, rule in account.broken))
    return case.scenario.roadmap.beside, account.score, broken
