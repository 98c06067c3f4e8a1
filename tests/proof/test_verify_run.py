"""Verify says yes to a sound run, and names what differs in one that was tampered with."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.datasets import set_cell
from support.toy import TOY, write_toy_scenario

from optimiser.errors import InputError
from optimiser.footprints.listing import list_candidates
from optimiser.footprints.rules import footprint_rules
from optimiser.footprints.system import System
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.plan.plan import state_scope
from optimiser.proof.verify import proving, verify_run
from optimiser.proof.verify.bound import (
    CertificateError,
    Prices,
    Searched,
    measure_bound,
    read_prices,
)
from optimiser.proof.verify.checking import Verification, scenario_of
from optimiser.proof.verify.closing import close_gap
from optimiser.proof.verify.proving import Finding
from optimiser.proof.verify.words import OF_A_GIVEN_RUN, is_vouched
from optimiser.questions import solve as workflow
from optimiser.questions.case import open_case
from optimiser.questions.evaluate import evaluate
from optimiser.runs.folder import write_run
from optimiser.runs.saving import MANIFEST, SEAL, hash_files, seal

RULES = {
    "plain": "population_m = [2, 5]",
    "a floor in each footprint": "population_m = [1, 6]\n[services]\nmin_local_share_each = 0.9",
    "near a baseline": 'population_m = [1, 5]\nbaseline = "columns"\nmax_moved = 3',
    "a floor on money": "population_m = [2, 5]\n[services]\nmin_local_spend_m = 130",
    "a ceiling on leakage": (
        # Without the ceiling, this plan leaks £36.5m.
        "population_m = [2, 5]\n[services]\nmin_local_services = 2.5\nmax_leakage_m = 30\n"
        "[objective]\nleakage = 0.0\ncontracting = 0.0"
    ),
}


CHARGED = ("leakage", "contracting", "volatility", "integration")
"""Weights that are not nothing by default."""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A solved run on the toy country under each set of rules."""
    folder = tmp_path_factory.mktemp("runs")
    found = {}
    for number, (name, rules) in enumerate(RULES.items()):
        scenario = read_scenario(write_toy_scenario(folder, rules))
        plan = workflow.solve(scenario)
        dataset = plan.dataset
        found[name] = write_run(plan, dataset, scenario, folder / str(number))
    return found


@pytest.fixture
def run(runs: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the plain run, to tamper with."""
    return Path(shutil.copytree(runs["plain"], tmp_path / "run"))


def _failed(run: Path, dataset: Path = TOY) -> list[str]:
    return [finding.check for finding in verify_run(run, dataset).differs]


def _edit(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the words and make every hash anew, as a careful forger would."""
    manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    change(manifest)
    seal(run, {key: value for key, value in manifest.items() if key not in ("files", SEAL)})


def _renew_hashes(run: Path) -> None:
    _edit(run, lambda manifest: None)


@pytest.mark.parametrize("name", RULES)
def test_a_sound_run_is_verified(name: str, runs: dict[str, Path]) -> None:
    """Under plain rules, nearness rows and bounded totals alike, the whole proof is found again."""
    found = verify_run(runs[name], TOY)
    assert found.verified, found.findings
    assert found.verdict.startswith("Yes")
    assert [finding.check for finding in found.findings][-2:] == ["bound", "proof"]


def test_a_changed_input_is_named(run: Path, tmp_path: Path) -> None:
    """One number in one file of the inputs."""
    inputs = Path(shutil.copytree(TOY, tmp_path / "toy"))
    set_cell(inputs / "icbs.csv", 2, "population", "800001")
    found = verify_run(run, inputs)
    assert [finding.check for finding in found.differs] == ["inputs"]
    assert "icbs.csv" in found.differs[0].detail
    (inputs / "icbs.csv").unlink()
    assert "icbs.csv (missing)" in verify_run(run, inputs).differs[0].detail


def test_a_changed_table_is_named(run: Path) -> None:
    """The hash of a table is enough to see it."""
    set_cell(run / "plan.csv", 2, "footprint", "Elsewhere group")
    failed = verify_run(run, TOY).differs
    assert "files of the run" in [finding.check for finding in failed]
    assert "plan.csv" in failed[0].detail


def test_a_changed_plan_is_seen_without_its_hash(run: Path) -> None:
    """Moving an ICB in every table, hashes renewed: the referee sees it."""
    first = (run / "plan.csv").read_text(encoding="utf-8").splitlines()
    other = next(
        line.split(",")[1] for line in first[1:] if line.split(",")[1] != first[1].split(",")[1]
    )
    for name in ("plan.csv", "icbs.csv"):
        set_cell(run / name, 2, "footprint", other)
    _renew_hashes(run)
    failed = _failed(run)
    assert "files of the run" not in failed
    assert "rules" in failed


def _lower(manifest: dict[str, Any]) -> None:
    for key in ("objective", "bound"):
        manifest[key] -= 1.0
    manifest["terms"][2]["cost_m"] -= 1.0


Forge = Callable[[dict[str, Any]], object]
FORGED: Mapping[str, tuple[Forge, list[str]]] = {
    "nothing": (lambda m: None, []),
    "rounding": (lambda m: m.update(bound=m["objective"] * (1 + 4e-7), gap=4e-7), []),
    "bound above": (lambda m: m.update(bound=m["bound"] + 0.01), ["claim", "proof"]),
    "bound, not gap": (lambda m: m.update(bound=m["bound"] - 0.5), ["claim"]),
    "gap": (lambda m: m.update(gap=2e-6), ["claim"]),
    "a tenth open": (lambda m: m.update(bound=0.9 * m["objective"], gap=0.1), ["claim"]),
    "status": (lambda m: m.update(status="sure"), ["scope", "claim"]),
    "objective": (_lower, ["words", "rules", "objective"]),
    "certificate": (lambda m: _raise(m["certificate"], 1.0), ["bound"]),
    "without end": (lambda m: _raise(m["certificate"], math.inf), ["bound"]),
    "no number": (lambda m: _raise(m["certificate"], math.nan), ["content"]),
    "a price": (lambda m: m["certificate"]["icb"].pop(), ["bound"]),
    "candidates": (lambda m: m["scope"].update(candidates=1), ["candidates"]),
    "their hash": (lambda m: m["scope"].update(candidates_hash="0" * 64), ["candidates"]),
    "all survived": (lambda m: m["scope"].update(survivors=m["scope"]["candidates"]), []),
    "more survived": (
        lambda m: m["scope"].update(survivors=m["scope"]["candidates"] + 1),
        ["scope"],
    ),
    "fewer survived": (lambda m: m["scope"].update(survivors=1), ["scope"]),
    "statement": (lambda m: m["scope"].update(statement="All is proven."), ["scope"]),
    "a rule": (lambda m: m["scope"]["rules"].pop(), ["scope"]),
    "a broken rule": (lambda m: m.update(broken_rules=[{"rule": "count"}]), ["rules"]),
    "a table less": (lambda m: m["tables"].pop("plan.csv"), ["tables", "words"]),
    "a table more": (lambda m: m["tables"].update({"more.csv": {}}), ["tables"]),
    "a note less": (lambda m: m["notes"].pop(), ["words"]),
    "a measure": (lambda m: m["measures"].update(leakage_m=0.0), ["words"]),
    "a name": (lambda m: m.update(plan="best"), ["words"]),
    "a word more": (lambda m: m.update(approved="yes"), ["words"]),
    "memory": (lambda m: m.update(peak_memory_mb="much"), ["words"]),
    "seconds": (lambda m: m["seconds"].update(solve="few"), ["words"]),
    "versions": (lambda m: m["versions"].update(python=3), ["words"]),
}
"""What a forger who makes every hash anew changes in a solved run, and the checks that fail."""
FORGED_GIVEN: Mapping[str, tuple[Forge, list[str]]] = {
    "nothing": (lambda m: None, []),
    "gap": (lambda m: m.update(gap=0.0), ["words"]),
    "scope": (lambda m: m.update(scope={}), ["words"]),
    "certificate": (lambda m: m.update(certificate={"icb": []}), ["words"]),
    "its gap": (lambda m: m.update(gap_to_optimum=m["gap_to_optimum"] * 0.9), ["words"]),
    "the best": (lambda m: m["optimum"].update(score=m["objective"]), ["words"]),
    "what is avoidable": (lambda m: m["optimum"].update(avoidable_score=1.0), ["words"]),
    "nothing avoidable": (lambda m: _avoid_nothing(m), []),
    "the best is no plan": (lambda m: m.update(optimum="none", gap_to_optimum=0.0), ["content"]),
}
"""Of a given plan, whose gap is held against the best plan that it states."""


def _raise(certificate: dict[str, Any], by: float) -> None:
    certificate["bound"] += by


def _avoid_nothing(manifest: dict[str, Any]) -> None:
    """A gap is a share of at least a billionth."""
    manifest["optimum"]["avoidable_score"] = 0.0
    above = manifest["objective"] - manifest["optimum"]["score"]
    manifest["gap_to_optimum"] = above * 1e9


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_word_of_a_solved_run_is_seen(name: str, run: Path) -> None:
    """By the check that it concerns and by no other, though every hash was made anew."""
    forge, failed = FORGED[name]
    _edit(run, forge)
    assert _failed(run) == failed


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The carried plan by columns, beside the best."""
    folder = tmp_path_factory.mktemp("given")
    found = evaluate(read_scenario(write_toy_scenario(folder, RULES["plain"])), "columns")
    return found.save(folder / "columns")


@pytest.mark.parametrize("name", FORGED_GIVEN)
def test_a_forged_word_of_a_given_plan_is_seen(name: str, given: Path, tmp_path: Path) -> None:
    """It has no proof of its own; that the best is the best rests on that one's run, and is said."""
    run = Path(shutil.copytree(given, tmp_path / "run"))
    forge, failed = FORGED_GIVEN[name]
    _edit(run, forge)
    found = verify_run(run, TOY)
    assert [finding.check for finding in found.differs] == failed
    if not failed:
        assert (found.findings[-1].check, found.findings[-1].passed) == (
            "gap to the best plan",
            None,
        )
        assert found.unvouched == OF_A_GIVEN_RUN


def test_a_given_plan_that_bears_the_name_of_another_is_seen(given: Path, tmp_path: Path) -> None:
    """The dataset's plan by rows is not the grouping by columns; a plan of one's own may be anything."""
    for name, said in (("rows", "the grouping is not"), ("mine", "")):
        run = Path(shutil.copytree(given, tmp_path / name))

        def rename(manifest: dict[str, Any], to: str = name) -> None:
            manifest["plan"] = to

        _edit(run, rename)
        words = next(f for f in verify_run(run, TOY).findings if f.check == "words")
        assert ("grouping" in words.detail) == bool(said)


def test_a_run_without_prices_rests_on_the_solver(run: Path) -> None:
    """Its bound is neither found again nor refuted, and the method is named."""
    _edit(run, lambda m: m.update(certificate={"method": "a compact model"}))
    last = verify_run(run, TOY).findings[-1]
    assert (last.check, last.passed) == ("bound", None)
    assert "a compact model" in last.detail


def test_a_worse_plan_that_is_called_optimal_is_seen(tmp_path: Path) -> None:
    """A run that claims the carried plan by rows is the best of all: the search finds a better."""
    scenario = read_scenario(write_toy_scenario(tmp_path, RULES["plain"]))
    best = workflow.solve(scenario)
    dataset = best.dataset
    rows = evaluate(scenario, "columns", no_optimum=True).plan
    assert rows.objective > best.objective + 0.01
    run = write_run(rows, dataset, scenario, tmp_path / "worse")
    outcome = json.loads(json.dumps({"certificate": dict(best.outcome.certificate)}))
    scope = best.outcome.scope
    assert scope is not None

    def forge(manifest: dict[str, Any]) -> None:
        manifest.update(status="optimal", bound=rows.objective, gap=0.0, **outcome)
        manifest["scope"] = {
            "statement": "", "rules": [], "survivors": 1,
            "candidates": scope.candidates, "candidates_hash": scope.candidates_hash,
        }  # fmt: skip

    _edit(run, forge)
    found = verify_run(run, TOY)
    assert [finding.check for finding in found.differs] == ["tables", "words", "scope", "proof"]
    assert "less than the claim" in found.differs[-1].detail


def _system(tmp_path: Path, name: str) -> System:
    scenario = read_scenario(write_toy_scenario(tmp_path, RULES[name]))
    return open_case(scenario).system


def _no_prices(system: System, names: tuple[str, ...] = ()) -> Prices:
    none = np.zeros(0)
    triples = np.zeros(0, dtype=np.uint64)
    return Prices(np.zeros(system.size), 0.0, dict.fromkeys(names, 0.0), 0.0, none, triples, none)


@pytest.mark.parametrize("name", ["plain", "a floor on money"])
def test_the_search_proves_the_optimum_even_without_prices(
    name: str, runs: dict[str, Path], tmp_path: Path
) -> None:
    """With prices of nothing the search alone proves the claim, and refutes a claim above it."""
    system = _system(tmp_path, name)
    masks = list_candidates(system, footprint_rules(system)).masks
    prices = _no_prices(system, ("local_spend",) if "money" in name else ())
    bounding = measure_bound(system, masks, prices)
    best = json.loads((runs[name] / "manifest.json").read_text(encoding="utf-8"))["objective"]
    proof = close_gap(system, masks, bounding, prices, best)
    assert proof.proven is True
    assert proof.survivors > 0
    refuted = close_gap(system, masks, bounding, prices, best + 0.01)
    assert refuted.proven is False
    assert refuted.better_m == pytest.approx(best)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"icb": [0.0]}, "one price for each row"),
        ({"count": "much"}, "readable"),
        ({"kept": -1.0}, "sign"),
        ({"triples": [7], "triple_prices": [0.5]}, "sign"),
        ({"triples": [3], "triple_prices": [-0.5]}, "three ICBs"),
        ({"bounded": {"leakage": -1.0}}, "floor and ceiling"),
        ({"count": float("inf")}, "finite"),
    ],
)
def test_prices_that_prove_nothing_are_refused(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    """Wrong lengths, wrong signs and prices of rules that are not there."""
    system = _system(tmp_path, "plain")
    sound = {"icb": [0.0] * 9, "count": 0.0, "bounded": {}, "kept": 0.0, "baseline": [],
             "triples": [], "triple_prices": []}  # fmt: skip
    read_prices(sound, system)
    with pytest.raises(CertificateError, match=said):
        read_prices({**sound, **change}, system)


def test_the_bound_holds_for_any_prices(runs: dict[str, Path], tmp_path: Path) -> None:
    """Weak duality: whatever the prices, the bound is never above the optimum."""
    system = _system(tmp_path, "plain")
    masks = list_candidates(system, footprint_rules(system)).masks
    best = json.loads((runs["plain"] / "manifest.json").read_text(encoding="utf-8"))["objective"]
    draw = np.random.default_rng(3)
    for _ in range(20):
        prices = Prices(draw.normal(2, 2, 9), float(draw.normal()), {}, 0.0, np.zeros(0),
                        np.array([7, 56, 73], dtype=np.uint64), -draw.random(3))  # fmt: skip
        assert measure_bound(system, masks, prices).bound <= best + 1e-9


def test_a_run_whose_inputs_are_nowhere_asks_for_them(run: Path, tmp_path: Path) -> None:
    """The message names the level."""
    with pytest.raises(InputError, match="--dataset"):
        verify_run(run, tmp_path / "nowhere")


@pytest.mark.long
def test_verifying_needs_no_solver(run: Path) -> None:
    """Neither HiGHS nor Pyomo is imported."""
    code = (
        "import sys\nfrom optimiser.proof.verify import verify_run\n"
        f"print(verify_run({str(run)!r}, {str(TOY)!r}).verified)\n"
        "print(sorted({'highspy', 'pyomo', 'models', 'optimiser.engine'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["True", "[]"]


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["plan", "services", "readiness", "flows_between_footprints"],
)  # fmt: skip
def test_provenance_of_each_table_is_checked(name: str, run: Path) -> None:
    """A stronger basis written into a table or into its words, hashes renewed, is seen."""
    path = run / f"{name}.csv"
    whole = path.read_text(encoding="utf-8")
    assert ",illustrative" in whole or ",given" in whole
    forged = whole.replace(",illustrative", ",published").replace(",given", ",published")
    path.write_text(forged, encoding="utf-8", newline="\n")
    _renew_hashes(run)
    assert _failed(run) == ["tables"]
    path.write_text(whole, encoding="utf-8", newline="\n")
    _edit(run, lambda m: m["tables"][f"{name}.csv"].update(basis="published"))
    assert _failed(run) == ["tables"]


def test_an_added_file_and_other_words_on_the_dataset_are_seen(run: Path) -> None:
    """What is in the folder is what was saved, and the attribution is that of the inputs."""
    _edit(run, lambda m: m["dataset"].update(attribution="None is needed."))
    assert _failed(run) == ["words"]
    (run / "extra.csv").write_text("a\n1\n", encoding="utf-8")
    assert "files of the run" in _failed(run)
    _renew_hashes(run)
    assert "no file of a run" in verify_run(run, TOY).differs[0].detail


@pytest.mark.parametrize(
    "word", ["dataset", "scenario", "status", "tables", "files", "run", "scope"]
)
def test_a_missing_word_is_told(word: str, run: Path) -> None:
    """With the inputs named or looked for: a finding, or a fault in a sentence."""
    _edit(run, lambda m: m.pop(word))
    for dataset in (TOY, None):
        try:
            differs = verify_run(run, dataset).differs
        except InputError:
            continue
        assert differs or word == "files"  # which is made anew


def test_a_slip_of_the_hand_is_seen_wherever_it_is(run: Path) -> None:
    """Seconds and versions can't be worked out again, but they are under the manifest's own hash."""
    path = run / "manifest.json"
    whole = path.read_text(encoding="utf-8")
    for old, new in (('"python": "3', '"python": "2'), ("{\n", '{\n  "run": "twice",\n')):
        assert old in whole
        path.write_text(whole.replace(old, new, 1), encoding="utf-8")
        assert _failed(run) == ["files of the run"]


def test_a_forgery_in_every_file_alike_is_seen(run: Path) -> None:
    """A reason reworded in its table, and a note taken out: tables and words are made anew."""
    set_cell(run / "services.csv", 2, "reason", "Because we say so.")
    _edit(run, lambda m: m["notes"].clear())
    assert {"tables", "words"} <= set(_failed(run))


@pytest.mark.long
def test_what_is_taken_as_stated_is_named(run: Path) -> None:
    """Versions forged with every hash are not found: verify says so, with a fingerprint that tells."""
    before = verify_run(run, TOY).fingerprint
    _edit(run, lambda m: m["versions"].update(python="2.7"))
    after = verify_run(run, TOY)
    assert after.verified
    assert before != after.fingerprint
    assert not is_vouched("versions.python", after.unvouched)
    assert is_vouched("objective", after.unvouched)


@pytest.mark.long
def test_tiny_money_is_verified_as_strictly_as_any_other(tmp_path: Path) -> None:
    """With all weights a hundred millionth, the best plan passes and a worse one does not."""
    base = read_scenario(write_toy_scenario(tmp_path))
    tiny = {f"objective.{name}": 1e-8 * getattr(base.objective, name) for name in CHARGED}
    scenario = base.changed(tiny)
    best, worse = workflow.solve(scenario), evaluate(scenario, "rows")
    assert 0 < best.objective < 1e-6
    assert worse.plan.objective > best.objective * 1.01
    assert verify_run(best.save(tmp_path / "best")).verified
    outcome = replace(best.outcome, objective=worse.plan.objective)
    claimed = replace(worse.plan, name="optimal", outcome=outcome)
    assert not verify_run(claimed.save(tmp_path / "worse")).verified


@pytest.mark.long
def test_tiny_money_changes_no_uniform_plan(tmp_path: Path) -> None:
    """Under one level for all, a hundred millionth of each weight gives the same map, verified."""
    base = read_scenario(write_toy_scenario(tmp_path)).changed({"services.portfolio": "uniform"})
    tiny = {f"objective.{name}": 1e-8 * getattr(base.objective, name) for name in CHARGED}
    usual, small = workflow.solve(base), workflow.solve(base.changed(tiny))
    assert small.grouping == usual.grouping
    assert small.objective == pytest.approx(1e-8 * usual.objective, rel=1e-6)
    assert verify_run(small.save(tmp_path / "small")).verified


def test_inputs_and_settings_that_cannot_be_read_are_told(run: Path, tmp_path: Path) -> None:
    """A fault in the inputs that the run vouches for, and settings that are none."""
    inputs = Path(shutil.copytree(TOY, tmp_path / "toy"))
    set_cell(inputs / "icbs.csv", 2, "population", "-1")
    forged = hash_files(inputs)
    whole = (run / MANIFEST).read_text(encoding="utf-8")
    _edit(run, lambda m: m["dataset"].update(files={n: forged[n] for n in m["dataset"]["files"]}))
    found = verify_run(run, inputs)
    assert [finding.check for finding in found.differs] == ["inputs"]
    assert "has 1 fault" in found.differs[0].detail
    (run / MANIFEST).write_text(whole, encoding="utf-8")
    _edit(run, lambda m: m["scenario"].update(footprints="none"))
    told = verify_run(run, TOY)
    assert [finding.check for finding in told.differs] == ["scenario"]
    assert len(told.findings) == 3


def _as_priced(run: Path, **certificate: object) -> dict[str, Finding]:
    """Say that a run's candidates were never listed; what verify finds of its proof, by check."""

    def change(manifest: dict[str, Any]) -> None:
        scenario = scenario_of(manifest, TOY)
        statement = state_scope(scenario, 9, None, proven=True)
        manifest["scope"].update(candidates=None, candidates_hash="", statement=statement)
        manifest["certificate"].update(certificate)

    _edit(run, change)
    return {finding.check: finding for finding in verify_run(run, TOY).findings}


@pytest.mark.long  # compiles the search
def test_a_run_without_a_list_is_proved_by_a_search(run: Path) -> None:
    """By its own prices; by none at all and a search of what is left; and no claim above the truth."""
    best = json.loads((run / MANIFEST).read_text(encoding="utf-8"))["objective"]
    found = _as_priced(run)
    assert all(finding.passed for finding in found.values()), found
    assert "searched for anew" in found["candidates"].detail
    stated = json.loads((run / MANIFEST).read_text(encoding="utf-8"))["certificate"]["bound"]
    assert _as_priced(run, bound=stated + 0.01)["bound"].passed is False
    without = _as_priced(run, icb=[0.0] * 9, count=0.0, triple_prices=[], triples=[], bound=-99.0)
    assert without["bound"].passed is True
    assert without["proof"].passed is True
    assert "every way to fit them together" in without["proof"].detail
    _edit(run, lambda m: m.update(bound=best + 0.01))
    assert _as_priced(run)["proof"].passed is False
    assert _as_priced(run, kept=-1.0)["bound"].passed is False


@pytest.mark.long
@pytest.mark.parametrize(
    ("searched", "bound", "proof"),
    [
        (Searched(None), None, "missing"),
        (Searched(1e3), True, True),
        (Searched(-1e3), False, None),
    ],
)
def test_a_search_that_does_not_end_is_told(
    searched: Searched,
    bound: bool | None,
    proof: object,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Open is what it did not decide: the bound, or the divisions of too many footprints."""
    monkeypatch.setattr(proving, "search_anew", lambda *_: searched)
    found = _as_priced(run)
    assert found["bound"].passed is bound
    assert found["proof"].passed is proof if "proof" in found else proof == "missing"
    _edit(run, lambda m: m.update(bound=None, gap=None, status="stopped"))
    assert "bound" not in _as_priced(run)


def test_the_verdict_says_yes_no_or_that_something_is_open(run: Path) -> None:
    """Yes only where every check was found again."""
    yes, no, undecided = (Finding("one", passed, "") for passed in (True, False, None))
    for findings, said, verified in (
        ((yes, yes), "Yes", True),
        ((yes, no, undecided), "No: 1 of 3 checks differ.", False),
        ((yes, undecided), "Nothing differs, but", False),
    ):
        found = Verification(run, findings)
        assert found.verdict.startswith(said)
        assert found.verified == verified
        assert found.as_frame()["passed"].tolist() == [one.passed for one in findings]
    assert verify_run(run).verified  # the inputs are where the run says


@pytest.mark.long
def test_england_is_solved_and_verified(tmp_path: Path) -> None:
    """The carried base scenario: all is found again, whatever the rounding of a gap of nothing."""
    plan = workflow.solve(read_scenario(TOY.parent / "england-42" / "scenarios" / "nine-2023.toml"))
    found = verify_run(plan.save(tmp_path / "england"))
    assert found.verified, found.differs
