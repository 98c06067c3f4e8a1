"""What a scenario says against its dataset: each fault told once; impossible wishes told apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import without_table
from support.datasets import drop_column, write_tiny_dataset

from optimiser.errors import Fault, InputError
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario, read_scenario

FILE = "scenarios/mine.toml"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """QAA 1.0, QBB 1.2 (North); QCC 0.8, QDD 1.5 (South) million, in a row; 4.5 million in all."""
    return read_dataset(write_tiny_dataset(tmp_path_factory.mktemp("data") / "tiny"))


def scenario(**sections: dict[str, object]) -> Scenario:
    """A scenario of these sections."""
    return Scenario.model_validate(sections)


def only_fault(asked: Scenario, dataset: Dataset) -> Fault:
    """The one fault of a scenario."""
    faults = check_scenario(asked, dataset, FILE)
    assert len(faults) == 1, "\n".join(map(str, faults))
    assert faults[0].file == FILE
    return faults[0]


def test_the_default_scenario_has_no_faults(tiny: Dataset) -> None:
    """Without any setting, any sound dataset will do."""
    assert check_scenario(Scenario(), tiny, FILE) == []


def test_a_sensible_scenario_has_no_faults(tiny: Dataset) -> None:
    """All sections used, none at odds with the data."""
    asked = scenario(
        footprints={
            "count": 2,
            "population_m": [2.0, 2.5],
            "members": [1, 2],
            "within_regions": True,
            "keep_together": [["QAA", "QBB"]],
            "keep_apart": [["QAA", "QDD"]],
            "fixed": [["QCC", "QDD"]],
            "baseline": "halves",
            "max_travel_minutes": 90,
            "min_border_km": 1,
        },
        services={"force_local": ["S1"], "force_national": ["S2"], "min_local_spend_m": 1},
        readiness={"joint": {"finance": 1.0}, "year": 2024},
        lead={"fixed": ["QAA", "QDD"]},
        objective={"disruption": 1, "allocation": 1},
    )
    assert check_scenario(asked, tiny, FILE) == []


CODES = [
    ({"footprints": {"stand_alone": ["QAB"]}}, "footprints.stand_alone", "QAB", '"QAA"'),
    ({"footprints": {"stand_alone": ["dunmoor"]}}, "footprints.stand_alone", "dunmoor", '"QDD"'),
    ({"footprints": {"keep_together": [["QAA", "QXX"]]}}, "footprints.keep_together", "QXX", ""),
    ({"footprints": {"keep_apart": [["qaa", "QBB"]]}}, "footprints.keep_apart", "qaa", '"QAA"'),
    ({"footprints": {"fixed": [["QCC", "Q"]]}}, "footprints.fixed", "Q", "no such ICB"),
    ({"lead": {"fixed": ["NHS Ashfield ICB"]}}, "lead.fixed", "NHS Ashfield ICB", '"QAA"'),
    ({"services": {"force_local": ["Renal"]}}, "services.force_local", "Renal", '"S1"'),
    ({"services": {"force_national": ["S11"]}}, "services.force_national", "S11", '"S1"'),
    ({"footprints": {"baseline": "halfs"}}, "footprints.baseline", "halfs", '"halves"'),
    ({"readiness": {"joint": {"finances": 1}}}, "readiness.joint", "finances", '"finance"'),
    ({"readiness": {"delegated": {"IT": 1}}}, "readiness.delegated", "IT", "digital"),
]


@pytest.mark.parametrize(("sections", "setting", "value", "words"), CODES)
def test_what_the_dataset_does_not_have_is_told_with_the_likely_meant_one(
    tiny: Dataset, sections: dict[str, dict[str, object]], setting: str, value: str, words: str
) -> None:
    """By code in any case, by misspelling and by name."""
    fault = only_fault(scenario(**sections), tiny)
    assert (fault.column, fault.value) == (setting, value)
    assert fault.rule.startswith("unknown_")
    assert words in fault.remedy


NEEDS = [
    ("travel", {"footprints": {"max_travel_minutes": 60}}, "footprints.max_travel_minutes"),
    ("readiness", {"readiness": {"joint": 1.5}}, "readiness"),
    ("readiness", {"readiness": {"year": 2023}}, "readiness.year"),
    ("funding", {"objective": {"allocation": 0.1}}, "objective.allocation"),
    (
        "funding",
        {"footprints": {"max_first_year_change": 0.1}},
        "footprints.max_first_year_change",
    ),
]


@pytest.mark.parametrize(("table", "sections", "setting"), NEEDS)
def test_a_setting_that_needs_a_missing_table_is_told(
    tiny: Dataset, table: str, sections: dict[str, dict[str, object]], setting: str
) -> None:
    """With the table it is no fault; without, it is one."""
    asked = scenario(**sections)
    assert check_scenario(asked, tiny, FILE) == []
    fault = only_fault(asked, without_table(tiny, table))
    assert (fault.column, fault.rule) == (setting, "needs_data")
    assert f"{table}.csv" in fault.remedy


def test_missing_tables_alone_are_no_fault_of_a_scenario(tiny: Dataset) -> None:
    """The defaults need no optional table."""
    bare = replace(tiny, travel=None, readiness=None, funding=None, plans={}, sources=None)
    assert check_scenario(Scenario(), bare, FILE) == []


def test_disruption_needs_a_baseline(tiny: Dataset) -> None:
    """Joined or parted against what?"""
    fault = only_fault(scenario(objective={"disruption": 1.0}), tiny)
    assert fault.column == "objective.disruption"
    assert "footprints.baseline" in fault.remedy


def test_a_population_base_needs_its_column(tmp_path: Path) -> None:
    """A column left out can't be counted."""
    folder = write_tiny_dataset(tmp_path / "tiny")
    drop_column(folder / "icbs.csv", "weighted_population")
    drop_column(folder / "icbs.csv", "region")
    dataset = read_dataset(folder)
    window: dict[str, object] = {"population_base": "weighted", "population_m": [0.5, 5]}
    assert only_fault(scenario(footprints=window), dataset).column == "footprints.population_base"
    fault = only_fault(scenario(footprints={"within_regions": True}), dataset)
    assert fault.column == "footprints.within_regions"


GROUPS = [
    ({"keep_together": [["QAA", "QBB"]], "keep_apart": [["QBB", "QAA"]]}, "apart_and_together"),
    (
        {"keep_together": [["QAA", "QBB"], ["QBB", "QCC"]], "keep_apart": [["QAA", "QCC"]]},
        "apart_and_together",
    ),
    ({"fixed": [["QAA", "QBB"]], "keep_apart": [["QAA", "QBB", "QDD"]]}, "apart_and_together"),
    ({"fixed": [["QAA", "QBB"], ["QBB", "QCC"]]}, "fixed_overlap"),
    ({"fixed": [["QAA", "QBB"]], "keep_together": [["QBB", "QCC"]]}, "fixed_and_together"),
    ({"fixed": [["QAA", "QCC"]]}, "fixed_contiguous"),
    ({"fixed": [["QBB", "QCC"]], "min_border_km": 10}, "fixed_contiguous"),
    ({"fixed": [["QBB", "QCC"]], "within_regions": True}, "fixed_within_regions"),
    ({"keep_together": [["QBB", "QCC"]], "within_regions": True}, "together_within_regions"),
    ({"fixed": [["QAA", "QBB", "QCC"]], "population_m": [1.0, 2.9]}, "fixed_population_m"),
    ({"fixed": [["QAA"]], "population_m": [1.1, 9]}, "fixed_population_m"),
    ({"fixed": [["QAA", "QBB", "QCC"]], "members": [1, 2]}, "fixed_members"),
    ({"fixed": [["QAA"]], "members": [2, 3]}, "fixed_members"),
    ({"stand_alone": ["QAA", "QAA"]}, "named_twice"),
    ({"keep_apart": [["QAA"]]}, "group_size"),
    ({"keep_together": [["QAA", "QAA"]]}, "named_twice"),
    ({"fixed": [[]]}, "group_size"),
]


@pytest.mark.parametrize(("rules", "rule"), GROUPS)
def test_groups_that_overlap_or_contradict_are_told(
    tiny: Dataset, rules: dict[str, object], rule: str
) -> None:
    """A contradiction is bad input, not a search for a plan that can't be."""
    assert only_fault(scenario(footprints=rules), tiny).rule == rule


def test_an_icb_that_may_stand_alone_may_be_fixed_below_the_floors(tiny: Dataset) -> None:
    """Standing alone exempts from the floors, not from the ceilings."""
    rules: dict[str, object] = {"fixed": [["QAA"]], "population_m": [1.1, 9], "members": [2, 4]}
    assert check_scenario(scenario(footprints={**rules, "stand_alone": ["QAA"]}), tiny, FILE) == []


def test_two_fixed_leads_in_one_footprint_are_told(tiny: Dataset) -> None:
    """A footprint has one lead."""
    asked = scenario(footprints={"fixed": [["QAA", "QBB"]]}, lead={"fixed": ["QAA", "QBB"]})
    assert only_fault(asked, tiny).rule == "two_leads"


FORCED = [
    ({"force_local": ["S3"]}, "forced_highly_specialised"),
    ({"force_local": ["S2"]}, "forced_category"),
    ({"force_local": ["S2"], "categories": ["ready", "not_yet"]}, "forced_before_ready"),
    ({"force_local": ["S1"], "options": ["national"]}, "forced_without_level"),
    ({"force_local": ["S1"], "force_national": ["S4"]}, "forced_moves_with"),
]


@pytest.mark.parametrize(("rules", "rule"), FORCED)
def test_a_service_that_is_always_national_cannot_be_forced_local(
    tiny: Dataset, rules: dict[str, object], rule: str
) -> None:
    """The reason is given."""
    assert only_fault(scenario(services=rules), tiny).rule == rule


def test_a_service_of_category_national_cannot_be_forced_local(tiny: Dataset) -> None:
    """Even when it is not highly specialised."""
    services = tiny.services.assign(highly_specialised=False)
    fault = only_fault(scenario(services={"force_local": ["S3"]}), replace(tiny, services=services))
    assert fault.rule == "forced_national_category"


def test_a_service_that_is_ready_by_then_can_be_forced_local(tiny: Dataset) -> None:
    """From its ready year on, when its category is let in."""
    rules: dict[str, object] = {
        "force_local": ["S2"], "categories": ["ready", "not_yet"], "year": 2025,
    }  # fmt: skip
    assert check_scenario(scenario(services=rules), tiny, FILE) == []


IMPOSSIBLE = [
    ({"count": 5}, "impossible_count"),
    ({"count": 2, "population_m": [0, 2.2]}, "impossible_population_m_ceiling"),
    ({"count": 3, "population_m": [1.6, 9]}, "impossible_population_m_floor"),
    ({"population_m": [2.4, 2.9]}, "impossible_population_m_window"),
    ({"population_m": [0, 1.4]}, "impossible_population_m_of_icb"),
    ({"count": 1, "members": [1, 3]}, "impossible_members_ceiling"),
    ({"count": 3, "members": [2, 4]}, "impossible_members_floor"),
    ({"members": [3, 3]}, "impossible_members_window"),
    ({"count": 3, "spend_m": [2, 100]}, "impossible_spend_m_floor"),
    ({"count": 2, "spend_m": [0, 2.0]}, "impossible_spend_m_ceiling"),
    ({"members": [1, 2], "population_m": [2.3, 9]}, "impossible_count_of_windows"),
    ({"count": 1, "within_regions": True}, "impossible_count_of_parts"),
    ({"within_regions": True, "population_m": [2.25, 9]}, "impossible_population_m_of_part"),
    ({"min_border_km": 35, "members": [2, 4]}, "impossible_members_of_part"),
    (
        {"keep_together": [["QAA", "QBB"]], "population_m": [0, 2]},
        "impossible_population_m_together",
    ),
    ({"keep_apart": [["QAA", "QBB", "QDD"]], "count": 2}, "impossible_count_apart"),
]


@pytest.mark.parametrize(("rules", "rule"), IMPOSSIBLE)
def test_wishes_that_arithmetic_forbids_are_told_apart(
    tiny: Dataset, rules: dict[str, object], rule: str
) -> None:
    """Their rule starts with impossible_, so that the caller can say that no plan exists."""
    faults = check_scenario(scenario(footprints=rules), tiny, FILE)
    assert {f.rule for f in faults} == {rule}


def test_floors_on_local_services_above_all_that_may_go_local_are_impossible(
    tiny: Dataset,
) -> None:
    """S1 and S4 alone are ready: £4.08m."""
    for setting in ({"min_local_spend_m": 4.1}, {"min_local_services": 3}):
        fault = only_fault(scenario(services=dict(setting)), tiny)
        assert fault.rule == f"impossible_{next(iter(setting))}"
    assert check_scenario(scenario(services={"min_local_spend_m": 4.08}), tiny, FILE) == []


def test_standing_alone_makes_a_floor_possible(tiny: Dataset) -> None:
    """Three footprints of 1.7 million need 5.1; with QCC alone, two need 3.4 of the other 3.7."""
    rules: dict[str, object] = {"count": 3, "population_m": [1.7, 9]}
    assert check_scenario(scenario(footprints=rules), tiny, FILE) != []
    rules["stand_alone"] = ["QCC"]
    assert check_scenario(scenario(footprints=rules), tiny, FILE) == []


def _list_plans(icbs: Sequence[str]) -> Iterator[list[set[str]]]:
    """Every way to cut a row of ICBs into runs: on a row, the contiguous groupings."""
    for cuts in product((False, True), repeat=len(icbs) - 1):
        groups = [{icbs[0]}]
        for icb, cut in zip(icbs[1:], cuts, strict=True):
            groups = [*groups, {icb}] if cut else [*groups[:-1], groups[-1] | {icb}]
        yield groups


def _is_plan(groups: list[set[str]], rules: dict[str, Any], people: dict[str, int]) -> bool:
    """Whether a grouping obeys the count and the windows."""
    (low, high), (fewest, most) = rules["population_m"], rules["members"]
    if len(groups) not in range(rules["count"][0], rules["count"][1] + 1):
        return False
    for group in groups:
        exempt = len(group) == 1 and group <= set(rules["stand_alone"])
        total = sum(people[icb] for icb in group) / 1e6
        if total > high or len(group) > most:
            return False
        if not exempt and (total < low or len(group) < fewest):
            return False
    return True


@settings(max_examples=40, deadline=None)
@given(
    low=st.floats(0, 3),
    width=st.floats(0, 3),
    fewest=st.integers(1, 4),
    more=st.integers(0, 3),
    least=st.integers(1, 4),
    range_of_count=st.integers(0, 3),
    stand_alone=st.sets(st.sampled_from(["QAA", "QBB", "QCC", "QDD"])),
)
def test_a_wish_is_called_impossible_only_when_no_grouping_meets_it(
    tiny: Dataset,
    low: float,
    width: float,
    fewest: int,
    more: int,
    least: int,
    range_of_count: int,
    stand_alone: set[str],
) -> None:
    """Against every grouping of the four ICBs: the arithmetic never refuses what can be had."""
    rules: dict[str, object] = {
        "population_m": (low, low + width),
        "members": (fewest, fewest + more),
        "count": (least, least + range_of_count),
        "stand_alone": sorted(stand_alone),
    }
    people = dict(zip(tiny.icbs["icb"], tiny.icbs["population"].tolist(), strict=True))
    if check_scenario(scenario(footprints=rules), tiny, FILE):
        plans = _list_plans(list(people))
        assert not any(_is_plan(groups, rules, people) for groups in plans)


def test_many_faults_are_told_at_once(tiny: Dataset) -> None:
    """Unknown codes, a missing baseline and a missing table stand side by side."""
    asked = scenario(
        footprints={"stand_alone": ["QXX"], "baseline": "none", "max_travel_minutes": 30},
        services={"force_local": ["S9"]},
    )
    faults = check_scenario(asked, replace(tiny, travel=None), FILE)
    assert [f.column for f in faults] == [
        "footprints.stand_alone",
        "services.force_local",
        "footprints.baseline",
        "footprints.max_travel_minutes",
    ]


def test_infinite_windows_are_no_windows(tiny: Dataset) -> None:
    """Infinity neither overflows nor refuses."""
    rules: dict[str, object] = {"population_m": (0, math.inf), "spend_m": (0, math.inf)}
    assert check_scenario(scenario(footprints=rules), tiny, FILE) == []


def test_a_name_that_is_too_long_for_a_file_is_told(tmp_path: Path) -> None:
    """No system takes a name of four hundred letters: that is a fault of the scenario."""
    path = tmp_path / "child.toml"
    path.write_text(f'extends = "{"x" * 400}.toml"\n', encoding="utf-8")
    with pytest.raises(InputError, match="not readable"):
        read_scenario(path)
