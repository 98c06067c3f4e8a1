"""Groupings as the questions on many plans need them: read, judged by the rules, written as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.pieces import grow
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.inputs.reading.plans import read_grouping
from optimiser.plan.naming import name_footprints
from optimiser.progress import Report
from optimiser.questions.solve import Case
from optimiser.runs.saving import ABOUT, Draw, describe_inputs, write_findings


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
