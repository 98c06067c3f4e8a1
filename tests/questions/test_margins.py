"""Each rule with its margin: what is broken here is what the referee finds broken."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.toy import write_toy_scenario

from optimiser.engine.highs.adapter import Highs
from optimiser.proof.referee import check_plan
from optimiser.questions.case import open_case
from optimiser.questions.groupings import measure_grouping
from optimiser.questions.margins import list_margins, tightest

RULES = """
population_m = [1.5, 4.0]
members = [2, 4]
spend_m = [40, 90]
max_travel_minutes = 60
min_shared_border = 0.3
within_regions = true
keep_together = [["A1", "A2"]]
keep_apart = [["A3", "C3"]]
[services]
max_leakage_m = 20
min_local_spend_m = 60
min_local_services = 3
max_volatility_m = 4
[readiness]
required = true
joint = 2.0
"""
FAMILIES = {
    "population_m": ("min_population", "max_population"),
    "members": ("min_members", "max_members"),
    "spend_m": ("min_spend", "max_spend"),
}
"""Rules of the referee that have a name for each end here."""


@pytest.mark.long
def test_margins_and_referee_agree(tmp_path: Path) -> None:
    """On random groupings under many rules: the same rules broken, none more, none less."""
    case = open_case(write_toy_scenario(tmp_path, RULES))
    icbs, draw = list(case.system.icbs), random.Random(5)
    seen: set[str] = set()
    with Highs() as highs:
        for _ in range(12):
            groups: dict[str, list[str]] = {}
            for icb in icbs:
                groups.setdefault(f"footprint {draw.randrange(4)}", []).append(icb)
            plan = measure_grouping(case, highs, groups, {})
            margins = list_margins(case, plan)
            known = {margin.rule for margin in margins}
            told = {margin.rule for margin in margins if margin.asked and not margin.kept}
            found = {it.rule for it in check_plan(plan, case.dataset, case.scenario)}
            ends = {end for family in FAMILIES.values() for end in family}
            assert told - ends == found & known - ends
            for rule, family in FAMILIES.items():
                assert (rule in found) == bool(told & set(family))
            seen |= told
    assert len(seen) > 8


def test_the_tightest_place_of_each_rule_is_told(tmp_path: Path) -> None:
    """One line a rule that is kept; each place of one that is broken."""
    case = open_case(write_toy_scenario(tmp_path, "population_m = [0.0, 100.0]\n"))
    with Highs() as highs:
        margins = list_margins(case, measure_grouping(case, highs, "rows", {}))
    lines = tightest(margins)
    assert len(lines) == len({line.sentence for line in lines})
    (people,) = [line for line in lines if line.rule == "max_population"]
    assert people.spare == pytest.approx(
        min(m.spare for m in margins if m.rule == "max_population")
    )
