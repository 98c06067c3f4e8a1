"""The tree of a uniform portfolio's proof: proved again from its prices, refused when it proves less."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.toy import TOY, write_toy_scenario

from optimiser.footprints.listing import list_candidates
from optimiser.footprints.portfolio import LevelsForAll
from optimiser.footprints.rules import footprint_rules
from optimiser.inputs.scenario.scenario import Scenario, read_scenario
from optimiser.proof.verify import closing, verify_run
from optimiser.proof.verify.bound import CertificateError, list_limits
from optimiser.proof.verify.branching import Branching, prove_tree
from optimiser.questions import solve as workflow
from optimiser.questions.case import open_case
from optimiser.runs.folder import write_run

pytestmark = pytest.mark.long

BASE: Mapping[str, object] = {
    "footprints.count": (2, 4),
    "footprints.population_m": (1.5, 6.0),
    "services.portfolio": "uniform",
    # At the usual weight nearly every tree is closed at its root, and there is nothing to tamper with.
    "objective.contracting": 1.5,
}
CASES: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "two footprints": {"footprints.count": 2, "objective.governance_cost_m": 0.3},
    "three levels": {"services.levels": ("national", "footprint", "icb")},
    "dear leakage": {"objective.leakage": 3.0},
    "forced local": {"services.force_local": ("S1",)},
    "two providers": {"services.min_providers": 2, "objective.integration": 3.0},
    "a floor on money": {"services.min_local_spend_m": 130.0},
    "a ceiling on money": {"services.max_local_spend_m": 100.0, "objective.integration": 3.0},
    "a floor on services": {"services.min_local_services": 2.5},
}
Tree = list[dict[str, Any]]


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Scenario, Path]]:
    """A solved run of each case."""
    folder = tmp_path_factory.mktemp("uniform")
    found = {}
    for number, (name, changes) in enumerate(CASES.items()):
        scenario = read_scenario(write_toy_scenario(folder)).changed({**BASE, **changes})
        plan = workflow.solve(scenario)
        dataset = plan.dataset
        found[name] = scenario, write_run(plan, dataset, scenario, folder / str(number))
    return found


def _read(run: Path) -> tuple[Tree, float]:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return manifest["certificate"]["tree"], manifest["objective"]


def _link(tree: Tree, link: list[object]) -> None:
    tree[0]["prices"][1]["links"].append(link)


def _prove(scenario: Scenario, tree: Tree, claim: float) -> Branching:
    system = open_case(scenario).system
    masks = list_candidates(system, footprint_rules(system)).masks
    measuring = LevelsForAll(system, tuple(list_limits(system)))
    return prove_tree(system, measuring, masks, tree, claim)


@pytest.mark.parametrize("name", CASES)
def test_a_sound_tree_is_proved_again(name: str, solved: dict[str, tuple[Scenario, Path]]) -> None:
    """Whatever splits and closes its parts: prices, limits, a search."""
    found = verify_run(solved[name][1], TOY)
    assert found.verified, found.findings
    assert "cover every case" in found.findings[-1].detail


def test_the_cases_hold_every_way_to_end_a_part(solved: dict[str, tuple[Scenario, Path]]) -> None:
    """So that the test above is one of each."""
    ends = {part["end"] for _, run in solved.values() for part in _read(run)[0]}
    assert ends == {"closed", "split", "searched", "empty"}


@pytest.mark.parametrize("name", CASES)
def test_no_tree_proves_more_than_the_truth(
    name: str, solved: dict[str, tuple[Scenario, Path]]
) -> None:
    """A claim above the optimum is never proved, whatever the prices: made up, swapped, or dropped."""
    scenario, run = solved[name]
    tree, best = _read(run)
    draw = np.random.default_rng(5)
    assert _prove(scenario, tree, best + 0.01).proven is not True
    for _ in range(4):
        other: Tree = copy.deepcopy(tree)
        for part in other:
            for prices in part["prices"]:
                prices["icb"] = draw.normal(2, 2, 9).tolist()
                prices["count"] = float(draw.normal())
                prices["links"] = [[*link[:3], float(draw.normal())] for link in prices["links"]]
                prices["totals"] = {name: float(draw.normal(0, 0.1)) for name in prices["totals"]}
        assert _prove(scenario, other, best + 0.01).proven is not True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree.pop(), "two cases"),
        (lambda tree: tree[-1].update(parent=len(tree) - 1), "follow"),
        (lambda tree: tree[0].update(parent=0), "follow"),
        (lambda tree: tree[-1].update(parent=-1), "follow"),
        (lambda tree: tree[-1].update(group=0), "two cases"),
        (lambda tree: tree[-1].update(answer="icb"), "two cases"),
        (lambda tree: tree[0]["prices"][0].pop("icb"), "can't be read"),
        (lambda tree: tree[0]["prices"][1].update(icb=[0.0]), "rows that it has not"),
        (lambda tree: _link(tree, [99, "national", 1, 1.0]), "can't be read"),
        (lambda tree: _link(tree, [2, "national", 0, 1.0]), "rows that it has not"),
        (lambda tree: _link(tree, [2, "national", 1, float("nan")]), "finite"),
        (lambda tree: tree[0]["prices"][0].update(count=float("nan")), "finite"),
        (lambda tree: tree[0]["prices"][1].update(count=float("inf")), "finite"),
        (lambda tree: tree.clear(), "can't be read"),
    ],
)
def test_a_tree_with_a_hole_is_refused(
    change: Callable[[Tree], object], said: str, solved: dict[str, tuple[Scenario, Path]]
) -> None:
    """A missing case, a part out of order, prices of rows that are not there."""
    scenario, run = solved["a floor on services"]
    tree, best = _read(run)
    assert len(tree) > 2
    change(tree)
    with pytest.raises(CertificateError, match=said):
        _prove(scenario, tree, best)


def test_a_part_that_is_called_closed_but_is_not_is_seen(
    solved: dict[str, tuple[Scenario, Path]],
) -> None:
    """A tree cut off at its root proves nothing, whatever its root is called."""
    scenario, run = solved["two footprints"]
    tree, best = _read(run)
    assert _prove(scenario, [{**tree[0], "end": "closed"}], best).proven is False
    assert _prove(scenario, [{**tree[0], "end": "empty"}], best).proven is False
    searched = [{**tree[0], "end": "searched"}]
    assert _prove(scenario, searched, best + 0.01).proven is not True


def test_a_part_that_is_too_long_to_search_stays_open(
    solved: dict[str, tuple[Scenario, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither proved nor refuted: it rests on the solver, and says so."""
    monkeypatch.setattr(closing, "MOST_SURVIVORS", -1)
    open_ = [verify_run(run, TOY) for _, run in solved.values()]
    undecided = [found.findings[-1] for found in open_ if found.findings[-1].passed is None]
    assert undecided
    assert all("too long to search" in finding.detail for finding in undecided)
    assert not any(found.differs for found in open_)
