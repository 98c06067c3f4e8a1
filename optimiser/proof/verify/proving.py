"""What a run claims to have proven: candidates, scope, status, prices, and the search of the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from optimiser.arrays import Masks
from optimiser.errors import CapacityError, UnsupportedError
from optimiser.footprints.candidates import Candidates
from optimiser.footprints.listing import is_long, list_candidates
from optimiser.footprints.portfolio import LevelsForAll, Measuring
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.plan.plan import Status, state_scope
from optimiser.proof.verify.bound import (
    CertificateError,
    leave_out_dear,
    list_limits,
    measure_bound,
    read_prices,
    search_anew,
)
from optimiser.proof.verify.branching import prove_tree
from optimiser.proof.verify.closing import MOST_STEPS, Closing, close_gap
from optimiser.runs.folder import Run
from optimiser.tolerances import CLOSE, NOTHING_M, size_of

STATUSES = get_args(Status)


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


def is_same_m(one: float, two: float) -> bool:
    """Whether two amounts of money are the same but for rounding."""
    return math.isclose(one, two, rel_tol=CLOSE, abs_tol=CLOSE * NOTHING_M)


def is_up_to(one: float, two: float) -> bool:
    """Whether an amount of money is another one or more, but for rounding."""
    return one > two or is_same_m(one, two)


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
    yield Finding("bound", is_same_m(bounding.bound, stated), detail)
    yield tell_closing(close_gap(system, masks, bounding, prices, claim), claim)


def _check_tree(run: Run, candidates: Candidates, system: System) -> Finding:
    """The tree of a branch and bound proves the claim."""
    measuring = LevelsForAll(system, tuple(list_limits(system)))
    claim = float(run.manifest["bound"])
    return tell_tree(system, measuring, candidates.masks, run.manifest["certificate"], claim)


def tell_tree(
    system: System,
    measuring: Measuring,
    masks: Masks,
    certificate: Mapping[str, Any],
    claim: float,
) -> Finding:
    """Whether the tree of a certificate proves a claim."""
    name, said = "proof", f"no plan scores less than {claim:,.6f}"
    try:
        found = prove_tree(system, measuring, masks, certificate["tree"], claim)
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
    yield Finding("bound", is_up_to(searched.bound, stated), detail)
    if is_up_to(searched.bound, claim):
        yield tell_closing(Closing(True, 0), claim)
    elif searched.masks is None or searched.bounding is None:
        detail = (
            f"that no plan costs less than £{claim:,.6f}m rests on the solver: too many footprints "
            "could be in a better plan to search their divisions here"
        )
        yield Finding("proof", None, detail)
    else:
        closing = close_gap(system, searched.masks, searched.bounding, prices, claim)
        yield tell_closing(closing, claim)


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
    if not is_up_to(objective, bound):
        return Finding(name, False, f"the bound {bound:,.6f} is above the objective")
    if abs(gap - float(manifest["gap"])) > CLOSE:  # a share of the cost already
        return Finding(name, False, f"the gap is {gap:.3g}, the run states {manifest['gap']:.3g}")
    allowed = float(manifest["scenario"]["solver"]["gap"]) + CLOSE
    if manifest["status"] == "optimal" and gap > allowed:
        return Finding(name, False, f"the run is called optimal with a gap of {gap:.3%}")
    if manifest["status"] not in STATUSES:
        return Finding(name, False, f"there is no status {manifest['status']}")
    return Finding(name, True, f"status {manifest['status']} with a gap of {gap:.3%}")


def tell_closing(closing: Closing, claim: float) -> Finding:
    """What the search that ends a proof found, in a sentence."""
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
