"""Every check of a saved run in turn, each with what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from optimiser.errors import InputError
from optimiser.footprints.system import build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario, restore_infinities
from optimiser.plan.plan import Plan
from optimiser.proof.referee import check_plan, score_plan
from optimiser.proof.verify.proving import Finding, check_proof, is_same_m
from optimiser.proof.verify.roadmap import OF_A_ROADMAP, check_years, is_roadmap
from optimiser.proof.verify.words import (
    GIVEN,
    OF_A_SOLVED_RUN,
    Unvouched,
    list_wrong_tables,
    list_wrong_words,
    measure_anew,
    of_a_run,
)
from optimiser.runs.folder import MALFORMED, Run, is_same, read_run
from optimiser.runs.inputs import find_inputs, list_changed, list_differences
from optimiser.runs.saving import MANIFEST, hash_files, is_sealed, plain


@dataclass(frozen=True)
class Verification:
    """What re-checking a run found.

    Attributes:
        run: its folder.
        findings: every check in turn.
        unvouched: what it did not work out again, and takes as it is stated.
    """

    run: Path
    findings: tuple[Finding, ...]
    unvouched: tuple[Unvouched, ...] = OF_A_SOLVED_RUN

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest: whoever saved it can state it elsewhere, and so vouch for all."""
        return hashlib.sha256((self.run / MANIFEST).read_bytes()).hexdigest()

    @property
    def verified(self) -> bool:
        """Everything that is checked was found again, the proof included."""
        return all(finding.passed is True for finding in self.findings)

    @property
    def differs(self) -> tuple[Finding, ...]:
        """The checks that failed."""
        return tuple(finding for finding in self.findings if finding.passed is False)

    @property
    def verdict(self) -> str:
        """Yes, or what differs, in a sentence."""
        if self.verified:
            return "Yes: everything that is checked was found again."
        if self.differs:
            return f"No: {len(self.differs)} of {len(self.findings)} checks differ."
        return "Nothing differs, but not everything could be proved again without a solver."

    def as_frame(self) -> pd.DataFrame:
        """One row per check: check, passed, detail."""
        return pd.DataFrame(map(vars, self.findings), columns=["check", "passed", "detail"])


def verify_run(folder: str | Path, dataset: str | Path | None = None) -> Verification:
    """Re-check a saved run without a solver.

    Args:
        folder: the run folder.
        dataset: its inputs; looked for where they were, and by the dataset's name, if None.

    Raises:
        InputError: it is no run folder, or its inputs are nowhere to be found.
    """
    run = read_run(folder)
    place = find_inputs(run, dataset)
    findings: list[Finding] = []
    try:
        for finding in _check_all(run, place):
            findings.append(finding)
    except InputError as error:
        findings.append(Finding("content", False, "; ".join(map(str, error.faults))))
    except MALFORMED as error:
        detail = f"a word or table of the run can't be read: {type(error).__name__}: {error}"
        findings.append(Finding("content", False, detail))
    unvouched = OF_A_ROADMAP if is_roadmap(run) else of_a_run(run.manifest["status"])
    return Verification(run.folder, tuple(findings), unvouched)


def _check_all(run: Run, place: Path) -> Iterator[Finding]:
    yield check_files(run)
    inputs, tables = check_inputs(run.manifest, place)
    yield inputs
    if tables is not None and inputs.passed:
        yield from _check_content(run, tables)


def scenario_of(manifest: Mapping[str, Any], place: Path) -> Scenario:
    """The scenario that a run saved, on inputs in a place of their own.

    Raises:
        ValidationError: it is not one.
    """
    scenario = Scenario.model_validate(
        {**restore_infinities(manifest["scenario"]), "dataset": str(place.resolve())}
    )
    scenario._name = str(manifest["scenario_name"])
    return scenario


def check_files(run: Run) -> Finding:
    """The run's own files are those that were saved, its manifest among them."""
    if not is_sealed(run.folder / MANIFEST):
        return Finding("files of the run", False, f"{MANIFEST} is not as it was saved")
    saved = dict(run.manifest["files"])
    found = {name: value for name, value in hash_files(run.folder).items() if name != MANIFEST}
    wrong = list_differences(saved, found)
    if wrong:
        return Finding("files of the run", False, f"changed since it was saved: {wrong}")
    if found.keys() > saved.keys():
        added = ", ".join(sorted(found.keys() - saved.keys()))
        return Finding("files of the run", False, f"not of the run: {added}")
    return Finding("files of the run", True, f"{len(saved)} files as they were saved")


def check_inputs(manifest: Mapping[str, Any], place: Path) -> tuple[Finding, Dataset | None]:
    """The inputs are those that the run was made from, by hash; also the inputs, when readable."""
    wrong = list_changed(manifest, place)
    if wrong:
        return Finding("inputs", False, f"not those of the run, in {place}: {wrong}"), None
    try:
        count = len(manifest["dataset"]["files"])
        return Finding("inputs", True, f"{count} files as they were"), read_dataset(place)
    except InputError as error:
        return Finding("inputs", False, f"{place} has {len(error.faults)} faults"), None


def _check_content(run: Run, dataset: Dataset) -> Iterator[Finding]:
    try:
        scenario = scenario_of(run.manifest, dataset.folder)
    except ValidationError as error:
        yield Finding("scenario", False, f"the saved scenario can't be read: {error}")
        return
    if is_roadmap(run):
        yield from check_years(run, dataset, scenario)
        return
    system = build_system(dataset, scenario)
    anew = measure_anew(run, dataset, system)
    yield check_tables(run, anew, dataset, scenario)
    yield check_words(run, anew, dataset, scenario)
    yield check_rules(run, dataset, scenario)
    yield check_score(run, dataset, scenario)
    if run.manifest["status"] != GIVEN:
        yield from check_proof(run, system)
    elif run.manifest.get("optimum") is not None:
        detail = "its gap is that to the stated best plan, which rests on a run of its own"
        yield Finding("gap to the best plan", None, detail)


def check_tables(run: Run, anew: Plan, dataset: Dataset, scenario: Scenario) -> Finding:
    """Every table, and what the manifest says of it, is what the plan gives when measured anew."""
    wrong = list(list_wrong_tables(run, anew, dataset, scenario))
    if wrong:
        return Finding("tables", False, f"not what grouping, levels and inputs give: {wrong[0]}")
    return Finding(
        "tables", True, f"{len(run.manifest['tables'])} made anew, line by line the same"
    )


def check_words(run: Run, anew: Plan, dataset: Dataset, scenario: Scenario) -> Finding:
    """What the manifest says of plan, terms, notes, settings and inputs is what they give."""
    wrong = list(list_wrong_words(run, anew, dataset, scenario))
    if wrong:
        return Finding("words", False, f"not what plan and inputs give: {', '.join(wrong)}")
    return Finding("words", True, "plan, terms, notes, settings and the dataset's words")


def check_rules(run: Run, dataset: Dataset, scenario: Scenario) -> Finding:
    """The referee finds the broken rules that the run states: none for a plan that was solved."""
    broken = check_plan(run.plan, dataset, scenario)
    found = sorted({rule.rule for rule in broken})
    if not is_same(run.manifest.get("broken_rules", []), plain(list(broken))):
        said = " ".join(rule.sentence for rule in broken[:3]) or "no rule is broken"
        return Finding("rules", False, f"the referee finds otherwise: {said}")
    detail = f"broken, as stated: {', '.join(found)}" if found else "the referee finds none broken"
    return Finding("rules", True, detail)


def check_score(run: Run, dataset: Dataset, scenario: Scenario) -> Finding:
    """The referee adds the plan up to the objective."""
    score = float(score_plan(run.plan, dataset, scenario)["cost_m"].sum())
    stated = float(run.manifest["objective"])
    detail = (
        f"the referee adds the plan up to a score of {score:,.6f}, the run states {stated:,.6f}"
    )
    return Finding("objective", is_same_m(score, stated), detail)
