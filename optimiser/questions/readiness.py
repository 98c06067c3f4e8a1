"""How ready the footprints of a plan are, who would lead them, and what it would take to go further.

Every table takes an open case and anything with a ``grouping``: a plan, or :class:`Groups`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from optimiser.arrays import Masks
from optimiser.errors import Fault, InputError
from optimiser.footprints.candidates import as_masks
from optimiser.footprints.leads import (
    find_leads,
    furthest_minutes,
    score_leads,
    weighted_lead_score,
)
from optimiser.footprints.measures import (
    DELEGATED,
    JOINT,
    MODES,
    measure_modes,
    measure_readiness,
)
from optimiser.footprints.score_increases import (
    find_lead_after,
    measure_effort,
)
from optimiser.footprints.system import System
from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.inputs.reading.plans import read_grouping
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.progress import Report, silent
from optimiser.questions.case import Case, open_case
from optimiser.questions.increases import (
    OUT_OF_REACH,
    Answer,
    answer_mode,
    answer_service,
    list_increases,
    needed_mode,
    state_increases,
)
from optimiser.questions.solve import solve
from optimiser.runs.saving import save_tables
from optimiser.spelling import join_sentences, suggest_code

TABLES = ("footprints", "domains", "leads", "increases", "services")
FIXED_BONUS = 1e5
"""Half-way between real lead scores and those of leads that the scenario fixes."""


class HasGrouping(Protocol):
    """Anything that says which ICBs each footprint holds; a plan does."""

    @property
    def grouping(self) -> Mapping[str, Sequence[str]]:
        """Footprint name to its ICBs."""


@dataclass(frozen=True)
class Groups:
    """A grouping alone, where no plan was solved or scored."""

    grouping: Mapping[str, Sequence[str]]


def list_masks(system: System, plan: HasGrouping) -> Masks:
    """The footprints of a plan as bit masks, (K,)."""
    return as_masks((system.mask_of(g) for g in plan.grouping.values()), system.size)


@dataclass(frozen=True)
class Readiness:
    """How ready the footprints of a grouping are, and the smallest increases of scores that would do.

    Attributes:
        case: the scenario and its dataset.
        footprints: see :func:`summarise_footprints`.
        domains: see :func:`summarise_domains`.
        leads: see :func:`summarise_leads`.
        increases: see :func:`summarise_increases`.
        services: see :func:`summarise_services`.
        warnings: what the increases change besides, in sentences.
        needing_delegation: codes of the services that need full delegation.
    """

    case: Case
    footprints: pd.DataFrame
    domains: pd.DataFrame
    leads: pd.DataFrame
    increases: pd.DataFrame
    services: pd.DataFrame
    warnings: tuple[str, ...]
    needing_delegation: tuple[str, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def save(self, folder: str | Path) -> Path:
        """Save the tables in a new folder.

        Raises:
            OutputExistsError: ``folder`` exists.
        """
        case = self.case
        return save_tables(folder, "readiness", self.tables, case.dataset, case.scenario)


def readiness(
    scenario: Scenario | str | Path,
    plan: HasGrouping | str | Path | Mapping[str, Sequence[str]] | None = None,
    dataset: Dataset | str | Path | None = None,
    *,
    services: Sequence[str] = (),
    report: Report = silent,
) -> Readiness:
    """How ready the footprints of a plan are, and the smallest increases of scores that would do.

    Args:
        scenario: its section ``[readiness]`` says what each mode asks; or its file.
        plan: a plan, the name of a carried one, a CSV file, or footprint to ICBs; the best plan,
            which is then solved, when None.
        dataset: the inputs; read from where the scenario says when None.
        services: codes of the services to look at; all that need delegation where none is given.
        report: told of each step of a solve.

    Raises:
        InputError: the inputs, the plan or a code have faults; all are listed.
    """
    case = open_case(scenario, dataset)
    _check_services(case, services)
    return assess_readiness(case, _find_grouping(case, plan, report), services)


def assess_readiness(case: Case, plan: HasGrouping, services: Sequence[str] = ()) -> Readiness:
    """The readiness of a grouping on an open case."""
    return Readiness(
        case,
        summarise_footprints(case, plan),
        summarise_domains(case, plan),
        summarise_leads(case, plan),
        summarise_increases(case, plan),
        summarise_services(case, plan, services),
        tuple(list_warnings(case, plan)),
        tuple(list_needing_delegation(case)),
    )


def _find_grouping(
    case: Case,
    plan: HasGrouping | str | Path | Mapping[str, Sequence[str]] | None,
    report: Report,
) -> HasGrouping:
    if plan is None:
        return solve(case.scenario, case.dataset, report)
    if isinstance(plan, (str, Path, Mapping)):
        return Groups(read_grouping(plan, case.dataset)[1])
    return plan


def _check_services(case: Case, services: Sequence[str]) -> None:
    table = case.dataset.services
    names = dict(zip(table["service"], table["name"], strict=True))
    what = "The dataset has no such service."
    faults = [
        Fault("--service", 0, "", code, "known_service", join_sentences(what, hint))
        for code, hint in ((code, suggest_code(code, names)) for code in services)
        if code not in names
    ]
    if faults:
        raise InputError(faults)


def summarise_footprints(case: Case, plan: HasGrouping) -> pd.DataFrame:
    """How each footprint works now, and the effort to each mode.

    Returns:
        one row per footprint: footprint, mode, lead, lead_name, lowest_domain (the one with the
        greatest shortfall from delegation), and for joint and delegated: to_..., its status;
        ..._increases, number of scores that must go up; ..._points, by how much in all (NaN where out of
        reach); lead_then, who leads after the increases to delegation.
    """
    system, masks = case.system, list_masks(case.system, plan)
    leads, modes = find_leads(system, masks), measure_modes(system, masks)
    rows = []
    for f, name in enumerate(plan.grouping):
        joint, delegated = (answer_mode(system, int(masks[f]), m) for m in (JOINT, DELEGATED))
        then = find_lead_after(system, int(masks[f]), delegated.increases)
        rows.append(
            {
                "footprint": name,
                "mode": MODES[modes[f]],
                "lead": system.icbs[leads[f]],
                "lead_name": system.names[leads[f]],
                "lowest_domain": _lowest_domain(system, masks[f : f + 1]),
                **_effort("joint", joint),
                **_effort("delegated", delegated),
                "lead_then": system.icbs[then],
            }
        )
    return pd.DataFrame(rows)


def _effort(target: str, answer: Answer) -> dict[str, object]:
    count, points = measure_effort(answer.increases)
    reached = answer.status != OUT_OF_REACH
    return {
        f"to_{target}": answer.status,
        f"{target}_increases": count if reached else pd.NA,
        f"{target}_points": points if reached else np.nan,
    }


def _lowest_domain(system: System, masks: Masks) -> str:
    if system.readiness is None:
        return ""
    short = system.delegated - measure_readiness(system, masks)[0]
    return PDAF_DOMAINS[int(short.argmax())]


def summarise_domains(case: Case, plan: HasGrouping) -> pd.DataFrame:
    """Score, thresholds and mode of each footprint in each PDAF domain.

    Returns:
        footprint, domain, score, joint, delegated (thresholds), mode (that the domain alone allows),
        short_of_joint, short_of_delegated (points, 0 where met); empty without readiness.
    """
    system, masks = case.system, list_masks(case.system, plan)
    if system.readiness is None:
        return pd.DataFrame(columns=_DOMAIN_COLUMNS)
    score = measure_readiness(system, masks)
    count = len(masks)
    joint, delegated = (np.tile(t, (count, 1)) for t in (system.joint, system.delegated))
    level = np.where(score + 1e-9 >= delegated, DELEGATED, (score + 1e-9 >= joint) * JOINT)
    columns = (
        np.repeat(list(plan.grouping), len(PDAF_DOMAINS)),
        list(PDAF_DOMAINS) * count,
        score.reshape(-1),
        joint.reshape(-1),
        delegated.reshape(-1),
        [MODES[k] for k in level.reshape(-1)],
        np.maximum(joint - score, 0).reshape(-1),
        np.maximum(delegated - score, 0).reshape(-1),
    )
    return pd.DataFrame(dict(zip(_DOMAIN_COLUMNS, columns, strict=True)))


_DOMAIN_COLUMNS = (
    *("footprint", "domain", "score", "joint", "delegated", "mode"),
    *("short_of_joint", "short_of_delegated"),
)


def summarise_leads(case: Case, plan: HasGrouping) -> pd.DataFrame:
    """The lead score of every member of every footprint, by component.

    Returns:
        footprint, icb, name, readiness, hosting, travel (components, 0 to 1), score (weighted as
        ``[lead]`` says), fixed (as lead by the scenario), standing (``proposed``, ``runner-up`` or
        blank) and margin (score of the proposed lead less that of the best other member, in the
        proposed lead's row; below 0 where a fixed lead scores less), best first in each footprint.
    """
    system, masks = case.system, list_masks(case.system, plan)
    components = score_leads(system, masks)
    ranking = weighted_lead_score(system, components)
    score = np.where(ranking > FIXED_BONUS, ranking - 1e6, ranking)
    leads = find_leads(system, masks)
    rows = []
    for f, (name, codes) in enumerate(plan.grouping.items()):
        members = [k for k, code in enumerate(system.icbs) if code in codes]
        order = sorted(members, key=lambda k: (k != leads[f], -ranking[f, k], k))
        for place, k in enumerate(order):
            best_other = max((score[f, o] for o in members if o != k), default=np.nan)
            rows.append(
                {
                    "footprint": name,
                    "icb": system.icbs[k],
                    "name": system.names[k],
                    **{part: float(components[part][f, k]) for part in components},
                    "score": float(score[f, k]),
                    "fixed": system.icbs[k] in system.scenario.lead.fixed,
                    "standing": ("proposed", "runner-up")[place] if place < 2 else "",
                    "margin": float(score[f, k] - best_other) if place == 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)


def summarise_increases(case: Case, plan: HasGrouping) -> pd.DataFrame:
    """The scores that must increase for each footprint to become joint, and delegated.

    Returns:
        footprint, target (joint or delegated), icb, name, domain, before, after, points; no rows for
        what is reached already or out of reach.
    """
    system, masks = case.system, list_masks(case.system, plan)
    found = [
        {"footprint": name, "target": MODES[mode], **row}
        for name, mask in zip(plan.grouping, masks, strict=True)
        for mode in (JOINT, DELEGATED)
        for row in list_increases(system, answer_mode(system, int(mask), mode).increases)
    ]
    columns = ("footprint", "target", "icb", "name", "domain", "before", "after", "points")
    return pd.DataFrame(found, columns=list(columns))


def summarise_services(case: Case, plan: HasGrouping, services: Sequence[str] = ()) -> pd.DataFrame:
    """What it would take for services to be allowed locally, footprint by footprint.

    Args:
        case: the open case.
        plan: the footprints.
        services: codes; all services that need full delegation where none are given.

    Returns:
        service, name, footprint, needs (joint or delegated), status, increases (number), points,
        which (the increases in words) and reasons (why no increase helps).
    """
    system, table = case.system, case.dataset.services.set_index("service")
    codes = list(services) or list_needing_delegation(case)
    place = {code: s for s, code in enumerate(system.services.codes)}
    rows = []
    for code in codes:
        for name, mask in zip(plan.grouping, list_masks(system, plan), strict=True):
            answer = answer_service(system, int(mask), place[code])
            count, points = measure_effort(answer.increases)
            reached = answer.status != OUT_OF_REACH
            rows.append(
                {
                    "service": code,
                    "name": table.loc[code, "name"],
                    "footprint": name,
                    "needs": needed_mode(system, place[code]),
                    "status": answer.status,
                    "increases": count if reached else pd.NA,
                    "points": points if reached else np.nan,
                    "which": state_increases(system, answer.increases),
                    "reasons": "; ".join(answer.reasons),
                }
            )
    return pd.DataFrame(rows, columns=list(_SERVICE_COLUMNS))


_SERVICE_COLUMNS = (
    *("service", "name", "footprint", "needs", "status", "increases", "points", "which", "reasons"),
)


def list_needing_delegation(case: Case) -> list[str]:
    """Codes of the services that need full delegation."""
    needs = case.system.services.needs_delegation
    return [code for code, asked in zip(case.system.services.codes, needs, strict=True) if asked]


def list_warnings(case: Case, plan: HasGrouping) -> list[str]:
    """What the increases to delegation change besides: who leads, and whether they are too far."""
    system, found = case.system, []
    most = system.scenario.footprints.max_travel_minutes
    for name, mask in zip(plan.grouping, list_masks(system, plan), strict=True):
        one = as_masks([mask], system.size)
        lead = int(find_leads(system, one)[0])
        then = find_lead_after(
            system, int(mask), answer_mode(system, int(mask), DELEGATED).increases
        )
        if then == lead:
            continue
        said = f"{name}: with the increases to delegation {system.names[then]} would lead, "
        said += f"not {system.names[lead]}"
        minutes = furthest_minutes(system, one, np.array([then], dtype=np.int64))[0]
        if minutes > most:
            said += f"; that is {minutes:.0f} minutes from a member, more than the {most:g} allowed"
        found.append(f"{said}.")
    return found
