"""Every check of a saved run in turn, each with what was found."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from pydantic import ValidationError

from optimiser.errors import CapacityError, Fault, InputError, UnsupportedError
from optimiser.footprints.candidates import Candidates
from optimiser.footprints.rules import footprint_rules, is_long, list_candidates
from optimiser.footprints.system import System, build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario, restore_infinities
from optimiser.plan.plan import Plan, Status
from optimiser.proof.referee import check_plan, score_plan
from optimiser.proof.verify.bound import (
    CertificateError,
    leave_out_dear,
    measure_bound,
    read_prices,
    search_anew,
)
from optimiser.proof.verify.branching import prove_tree
from optimiser.proof.verify.closing import MOST_STEPS, Closing, close_gap
from optimiser.proof.verify.words import (
    GIVEN,
    OF_A_SOLVED_RUN,
    Unvouched,
    list_wrong_tables,
    list_wrong_words,
    measure_anew,
    of_a_run,
    state_scope,
)
from optimiser.runs.folder import MALFORMED, Run, is_same, read_run
from optimiser.runs.saving import MANIFEST, hash_files, is_sealed, plain
from optimiser.tolerances import CLOSE, size_of

STATUSES = get_args(Status)
HERE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Finding:
    """One check.

    Attributes:
        check: its name.
        passed: True, False, or None where it could not be decided without a solver.
        detail: what was found, in a sentence.
    """

    check: str
    passed: bool | None
    detail: str


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
        dataset: folder of its inputs; looked for under ``inputs/`` by the dataset's name if None.

    Raises:
        InputError: it is no run folder, or its inputs are nowhere to be found.
    """
    run = read_run(folder)
    place = find_inputs(run.manifest, dataset)
    findings: list[Finding] = []
    try:
        for finding in _check_all(run, place):
            findings.append(finding)
    except InputError as error:
        findings.append(Finding("content", False, "; ".join(map(str, error.faults))))
    except MALFORMED as error:
        detail = f"a word or table of the run can't be read: {type(error).__name__}: {error}"
        findings.append(Finding("content", False, detail))
    return Verification(run.folder, tuple(findings), of_a_run(run.manifest["status"]))


def _check_all(run: Run, place: Path) -> Iterator[Finding]:
    yield check_files(run)
    inputs, tables = check_inputs(run.manifest, place)
    yield inputs
    if tables is not None and inputs.passed:
        yield from _check_content(run, tables)


def find_inputs(manifest: Mapping[str, Any], given: str | Path | None) -> Path:
    """Folder of the dataset that a run rests on.

    Raises:
        InputError: it is not where it is looked for, or not named.
    """
    told = manifest.get("dataset")
    name = str(told.get("name", "")) if isinstance(told, dict) else ""
    own = [manifest["dataset_place"]] if isinstance(manifest.get("dataset_place"), str) else []
    places = [given] if given else [*own, Path("inputs") / name, HERE / "inputs" / name]
    for place in map(Path, places):
        if place.exists():
            return place
    remedy = "The run's inputs are not there. Name their folder with --dataset."
    raise InputError([Fault(str(places[0]), 0, "", "", "dataset_exists", remedy)])


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
    wrong = _list_differences(saved, found)
    if wrong:
        return Finding("files of the run", False, f"changed since it was saved: {wrong}")
    if found.keys() > saved.keys():
        added = ", ".join(sorted(found.keys() - saved.keys()))
        return Finding("files of the run", False, f"not of the run: {added}")
    return Finding("files of the run", True, f"{len(saved)} files as they were saved")


def check_inputs(manifest: Mapping[str, Any], place: Path) -> tuple[Finding, Dataset | None]:
    """The inputs are those that the run was made from, by hash; also the inputs, when readable."""
    saved = dict(manifest["dataset"]["files"])
    wrong = _list_differences(saved, _hash_inputs(place, saved))
    if wrong:
        return Finding("inputs", False, f"not those of the run, in {place}: {wrong}"), None
    try:
        return Finding("inputs", True, f"{len(saved)} files as they were"), read_dataset(place)
    except InputError as error:
        return Finding("inputs", False, f"{place} has {len(error.faults)} faults"), None


def _hash_inputs(place: Path, saved: Mapping[str, str]) -> dict[str, str]:
    if place.is_file():
        return {name: hashlib.sha256(place.read_bytes()).hexdigest() for name in saved}
    paths = {name: place / name for name in saved}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
        if path.is_file()
    }


def _list_differences(saved: Mapping[str, str], found: Mapping[str, str]) -> str:
    wrong = [name for name in saved if found.get(name) != saved[name]]
    return ", ".join(f"{name} (missing)" if name not in found else name for name in wrong)


def _check_content(run: Run, dataset: Dataset) -> Iterator[Finding]:
    try:
        scenario = scenario_of(run.manifest, dataset.folder)
    except ValidationError as error:
        yield Finding("scenario", False, f"the saved scenario can't be read: {error}")
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


def _same(one: float, two: float) -> bool:
    return one == two or abs(one - two) <= CLOSE * size_of(max(abs(one), abs(two)))


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
    return Finding("objective", _same(score, stated), detail)


def check_proof(run: Run, system: System) -> Iterator[Finding]:
    """Candidates, prices and the claim."""
    rules = footprint_rules(system)
    if run.manifest["scope"]["candidates"] is None:
        yield from _check_unlisted(run, system, [rule.sentence for rule in rules])
        return
    try:
        candidates = list_candidates(system, rules)
    except (UnsupportedError, CapacityError) as error:
        yield Finding("candidates", None, str(error))
        return
    yield _check_candidates(run, candidates)
    yield _check_scope(run, system, len(candidates), [rule.sentence for rule in rules])
    yield _check_claim(run)
    if "tree" in run.manifest["certificate"]:
        yield _check_tree(run, candidates, system)
        return
    if "icb" not in run.manifest["certificate"]:
        how = run.manifest["certificate"].get("method", "a method that leaves no prices")
        detail = f"rests on the solver: the run was proved by {how}, without prices to re-check"
        yield Finding("bound", None, detail)
        return
    try:
        prices = read_prices(run.manifest["certificate"], system)
        claim, masks = float(run.manifest["bound"]), candidates.masks
        if is_long(candidates):
            masks = leave_out_dear(system, masks, prices, claim)
        bounding = measure_bound(system, masks, prices)
    except CertificateError as error:
        yield Finding("bound", False, str(error))
        return
    stated = float(run.manifest["certificate"].get("bound", math.nan))
    detail = (
        f"reduced costs of {len(candidates):,} candidates prove {bounding.bound:,.6f}, "
        f"the certificate states {stated:,.6f}"
    )
    yield Finding("bound", _same(bounding.bound, stated), detail)
    yield _tell_closing(close_gap(system, masks, bounding, prices, claim), claim)


def _check_tree(run: Run, candidates: Candidates, system: System) -> Finding:
    """The tree of a branch and bound proves the claim."""
    name, claim = "proof", float(run.manifest["bound"])
    said = f"no plan scores less than {claim:,.6f}"
    try:
        found = prove_tree(system, candidates.masks, run.manifest["certificate"]["tree"], claim)
    except CertificateError as error:
        return Finding(name, False, str(error))
    if found.proven is None:
        return Finding(name, None, f"that {said} rests on the solver: {found.detail}")
    return Finding(name, found.proven, f"{said}: {found.detail}" if found.proven else found.detail)


def _check_candidates(run: Run, candidates: Candidates) -> Finding:
    scope = run.manifest["scope"]
    if len(candidates) != scope["candidates"]:
        detail = f"{len(candidates):,} are listed anew, the run states {scope['candidates']:,}"
        return Finding("candidates", False, detail)
    if candidates.hash() != scope["candidates_hash"]:
        return Finding("candidates", False, "as many as stated, but not the same ones (hash)")
    return Finding("candidates", True, f"{len(candidates):,} listed anew, the same ones (hash)")


def _check_unlisted(run: Run, system: System, rules: Sequence[str]) -> Iterator[Finding]:
    """The claim of a run whose candidates were priced: they are searched for anew."""
    detail = "too many to list: those that matter to the proof are searched for anew"
    yield Finding("candidates", True, detail)
    yield _check_scope(run, system, None, rules)
    yield _check_claim(run)
    if run.manifest["bound"] is None:
        return
    try:
        prices = read_prices(run.manifest["certificate"], system)
    except CertificateError as error:
        yield Finding("bound", False, str(error))
        return
    claim = float(run.manifest["bound"])
    searched = search_anew(system, prices, claim)
    if searched.bound is None:
        detail = "the bound is taken as stated: the search that re-proves it did not end in time"
        yield Finding("bound", None, detail)
        return
    stated = float(run.manifest["certificate"].get("bound", math.nan))
    detail = (
        f"a search of all footprints at the prices proves £{searched.bound:,.6f}m, "
        f"the certificate states £{stated:,.6f}m"
    )
    yield Finding("bound", searched.bound >= stated or _same(searched.bound, stated), detail)
    if claim <= searched.bound or _same(claim, searched.bound):
        yield _tell_closing(Closing(True, 0), claim)
    elif searched.masks is None or searched.bounding is None:
        detail = (
            f"that no plan costs less than £{claim:,.6f}m rests on the solver: too many footprints "
            "could be in a better plan to search their divisions here"
        )
        yield Finding("proof", None, detail)
    else:
        closing = close_gap(system, searched.masks, searched.bounding, prices, claim)
        yield _tell_closing(closing, claim)


def _check_scope(run: Run, system: System, candidates: int | None, rules: Sequence[str]) -> Finding:
    """The sentence that says what is proven is the one that scenario and status give."""
    scope, proven = run.manifest["scope"], run.manifest["status"] == "optimal"
    sentence = state_scope(system.scenario, system.size, candidates, proven)
    if scope["statement"] != sentence:
        return Finding("scope", False, f"what is proven is: {sentence}")
    if list(scope["rules"]) != list(rules):
        return Finding("scope", False, f"the rules of a footprint are: {'; '.join(rules)}")
    least = len(run.plan.footprints) if proven else 0  # one stopped early had none left out yet
    if not least <= scope["survivors"] <= (math.inf if candidates is None else candidates):
        return Finding("scope", False, f"{scope['survivors']} candidates can't have been left")
    return Finding("scope", True, "what is said to be proven, and over which plans")


def _check_claim(run: Run) -> Finding:
    """Status, bound and gap fit together."""
    manifest, name = run.manifest, "claim"
    if manifest["bound"] is None and manifest["gap"] is None and manifest["status"] != "optimal":
        return Finding(name, True, f"status {manifest['status']}; no bound is claimed")
    objective, bound = float(manifest["objective"]), float(manifest["bound"])
    gap = max(objective - bound, 0.0) / size_of(objective)
    if bound > objective + CLOSE * size_of(objective):
        return Finding(name, False, f"the bound {bound:,.6f} is above the objective")
    if abs(gap - float(manifest["gap"])) > CLOSE:  # a share of the cost already
        return Finding(name, False, f"the gap is {gap:.3g}, the run states {manifest['gap']:.3g}")
    allowed = float(manifest["scenario"]["solver"]["gap"]) + CLOSE
    if manifest["status"] == "optimal" and gap > allowed:
        return Finding(name, False, f"the run is called optimal with a gap of {gap:.3%}")
    if manifest["status"] not in STATUSES:
        return Finding(name, False, f"there is no status {manifest['status']}")
    return Finding(name, True, f"status {manifest['status']} with a gap of {gap:.3%}")


def _tell_closing(closing: Closing, claim: float) -> Finding:
    name, said = "proof", f"no plan scores less than {claim:,.6f}"
    if closing.proven is False:
        detail = f"a plan scores {closing.better_m:,.6f}, less than the claim {claim:,.6f}"
        return Finding(name, False, detail)
    if closing.proven is None:
        detail = (
            f"that {said} rests on the solver: {closing.survivors:,} candidates could be in a "
            f"better plan, too many to search here ({MOST_STEPS:,} steps)"
        )
        return Finding(name, None, detail)
    how = (
        f"{closing.survivors:,} candidates could be in a better plan, every way to fit them together "
        f"was looked at ({closing.looked_at:,} divisions)"
        if closing.survivors
        else "the prices alone prove it"
    )
    return Finding(name, True, f"{said}: {how}")
