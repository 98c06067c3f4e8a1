"""Groupings on an open case: read, measured, judged by the rules, written as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Ints, Masks
from optimiser.engine.highs.adapter import Highs
from optimiser.engine.solve import settle_levels
from optimiser.errors import NoPlanError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.listing import grow
from optimiser.footprints.rules import footprint_rules, local_somehow
from optimiser.footprints.system import System, build_system
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.given_levels import hold_levels, read_given_levels
from optimiser.plan.measure_plan import make_plan, score_terms
from optimiser.plan.naming import name_footprints
from optimiser.plan.plan import Outcome
from optimiser.progress import Report
from optimiser.questions.case import Case, SolvedPlan, with_context
from optimiser.runs.saving import ABOUT, Draw, describe_inputs, write_findings

Grouping = Mapping[str, Sequence[str]]
Levels = str | Path | Mapping[str, str] | None
"""A file of levels, or service to the level it is held at in every footprint; None: the best."""


def save_case(
    case: Case,
    tables: Mapping[str, pd.DataFrame],
    about: Mapping[str, object],
    folder: str | Path | None,
    kind: str,
    draw: Draw | None,
    report: Report,
) -> Path:
    """Save tables of one case as findings: ``about.json`` says what they are and rest on."""
    return write_findings(
        tables,
        {**about, **describe_inputs(case.scenario, case.dataset)},
        None if folder is None else Path(folder),
        scenario=case.scenario.name,
        kind=kind,
        manifest=ABOUT,
        draw=draw,
        report=report,
    )


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
        if not is_linked(system, int(mask)):
            found[k].append("contiguous")
    for rule in footprint_rules(system):
        for place in np.flatnonzero(~rule.keeps(masks)):
            found[int(place)].append(rule.name)
    return [tuple(names) for names in found]


def is_linked(system: System, mask: int) -> bool:
    """Whether a footprint is in one piece: its members hang together through neighbours."""
    return grow(mask & -mask, system.neighbours, mask) == mask


def grouping_frames(case: Case, plans: Mapping[str, Masks]) -> dict[str, pd.DataFrame]:
    """Plans as files that ``evaluate --plan`` reads, by ``groupings/NAME``."""
    system = case.system
    found = {}
    for name, masks in plans.items():
        names = name_footprints(system, case.dataset, masks)
        rows = [
            (icb, title)
            for title, mask in zip(names, masks, strict=True)
            for icb in system.members_of(int(mask))
        ]
        found[f"groupings/{name}"] = pd.DataFrame(rows, columns=["icb", "footprint"])
    return found


def plot_borders(case: Case, pairs: pd.DataFrame, what: str, statement: str, folder: Path) -> None:
    """Draw each border by how often some plans part it, where the dataset has a map.

    Args:
        case: whose map it is.
        pairs: a, b and the share of the plans in which both share a footprint.
        what: the plans, in words.
        statement: what is proven of them; may be empty.
        folder: where the drawing goes.
    """
    from optimiser.reports.atlas import read_atlas
    from optimiser.reports.bordermap import draw_borders
    from optimiser.reports.drawing import write_drawings

    atlas = read_atlas(case.dataset)
    if atlas.shapes:
        shares = {(a, b): float(share) for a, b, share in pairs.to_numpy().tolist()}
        names = dict(zip(case.system.icbs, case.system.names, strict=True))
        write_drawings([draw_borders(shares, names, atlas, what, statement)], folder)


def measure_grouping(
    case: Case,
    highs: Highs,
    plan: str | Path | Grouping,
    services: Levels = None,
    bound: float | None = None,
) -> SolvedPlan:
    """Measure a grouping on an open case, no rule checked.

    Args:
        case: the scale.
        highs: settles levels where floors or ceilings couple footprints.
        plan: name of a carried plan, a file, or footprint to ICBs.
        services: file of levels, or service to the level it is held at in every footprint, the others
            at their best; all at their best when None.
        bound: proven bound on every plan's score, for the plan's outcome.
    """
    name, grouping = read_grouping(plan, case.dataset)
    masks = as_masks((case.system.mask_of(g) for g in grouping.values()), case.system.size)
    system, choice = _levels(case, highs, masks, list(grouping), services)
    outcome, titles = Outcome("evaluated", 0.0, bound=bound), list(grouping)
    draft = make_plan(name, system, case.dataset, masks, choice, outcome, titles)
    objective = float(draft.terms["cost_m"].sum())
    return with_context(replace(draft, outcome=replace(outcome, objective=objective)), case)


def score_masks(case: Case, highs: Highs, masks: Masks, held: Mapping[str, str]) -> float:
    """The score alone of a grouping, £m-equivalents, some services held as they are told."""
    system, choice = _levels(case, highs, masks, [], held)
    return sum(score_terms(system, masks, choice).values())


def _levels(
    case: Case, highs: Highs, masks: Masks, names: list[str], services: Levels
) -> tuple[System, Ints]:
    """Levels of a grouping, as given or the best ones, and the arrays that they are measured on."""
    if isinstance(services, Mapping):
        system, choice = _best_levels(case, highs, masks)
        return hold_levels(system, choice, services) if services else (system, choice)
    if services is not None:
        return read_given_levels(services, case.system, names, case.dataset.folder)
    return _best_levels(case, highs, masks)


def _best_levels(case: Case, highs: Highs, masks: Masks) -> tuple[System, Ints]:
    """Best levels of a grouping, and the arrays that they are measured on.

    What cannot be forced local somewhere is let go, service by service, so that the others stay forced;
    where no levels meet the floors, those are let go. The referee says which rules are broken.
    """
    try:
        choice, cost_m = settle_levels(case.system, highs, masks)
        if np.isfinite(cost_m):
            return case.system, choice
    except NoPlanError:
        pass
    lenient = build_system(case.dataset, _loosen(case, masks))
    return lenient, settle_levels(lenient, highs, masks)[0]


def _loosen(case: Case, masks: Masks) -> Scenario:
    """The scenario less the floors, and less what this grouping cannot hold locally."""
    system = case.system
    forced = np.flatnonzero(system.services.forced_local)
    holds = [s for s in forced if local_somehow(system, masks, int(s)).all()]
    return case.scenario.changed(
        {
            "services.force_local": tuple(system.services.codes[s] for s in holds),
            "services.min_local_share_each": 0.0,
            "services.min_local_services_each": 0.0,
            "services.min_local_spend_m": 0.0,
            "services.min_local_services": 0.0,
            "services.max_local_spend_m": np.inf,
            "services.max_local_services": np.inf,
            "services.max_leakage_m": np.inf,
            "services.max_volatility_m": np.inf,
        }
    )
