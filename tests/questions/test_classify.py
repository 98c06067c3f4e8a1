"""The service portfolio analysis: ordered rules, each with the value and limit that decided."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from support.cases import england, make_case, toy

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import ClassifyRules
from optimiser.questions.classify import RULES, Classification, classify_case

CALM: dict[str, object] = {
    "classify.reference_population_m": 3.0,
    "classify.few_patients": 0,
    "classify.few_providers": 0,
    "classify.too_volatile": 9,
    "classify.little_benefit": 0,
    "classify.volatile": 9,
    "classify.thinly_provided": 0,
    "classify.fast_moving": 1,
}
"""Limits that no service of the toy country reaches."""


def judge(
    settings: dict[str, object] | None = None, dataset: Dataset | None = None
) -> Classification:
    """Classify the toy country under calm limits and these settings."""
    case = make_case(dataset or toy(), {**CALM, **(settings or {})})
    return classify_case(case)


def category(found: Classification, service: str) -> tuple[str, str]:
    """Category and deciding rule of one service."""
    row = found.services.set_index("service").loc[service]
    return str(row["category"]), str(row["rule"])


def test_what_no_rule_speaks_against_is_ready() -> None:
    """Under limits that nobody reaches all services are ready, but the highly specialised."""
    found = judge()
    assert category(found, "S7") == ("national", "highly_specialised")
    assert {category(found, f"S{k}") for k in range(1, 7)} == {("ready", "all_met")}


@pytest.mark.parametrize(
    ("rule", "limit", "inside", "expected"),
    [
        ("few_patients", 91, {"S5"}, "national"),
        ("few_providers", 2, {"S5"}, "national"),
        ("too_volatile", 0.25, {"S5"}, "national"),
        ("little_benefit", 0.05, {"S4", "S5"}, "national"),
        ("volatile", 0.25, {"S5"}, "not_yet"),
        ("fast_moving", 0.29, {"S2", "S4", "S5"}, "not_yet"),
    ],
)
def test_each_rule_speaks_of_the_services_beyond_its_limit(
    rule: str, limit: float, inside: set[str], expected: str
) -> None:
    """Each rule alone takes out the services that are beyond its limit in services.csv, no others."""
    found = judge({f"classify.{rule}": limit}).services
    table = found[found["rule"] == rule]
    assert set(table["service"]) == inside
    assert set(table["category"]) == {expected}
    assert (table["limit"] == limit).all()
    assert (table["value"] == table[RULES[rule].attribute]).all()


def test_a_value_at_its_limit_is_let_pass() -> None:
    """Limits are least or greatest values that still pass."""
    assert category(judge({"classify.few_patients": 90}), "S5")[0] == "ready"
    assert category(judge({"classify.few_patients": 90.5}), "S5")[0] == "national"
    assert category(judge({"classify.fast_moving": 0.6}), "S5")[0] == "ready"


def test_the_first_rule_in_the_order_decides_and_the_others_are_named() -> None:
    """Turning the order round changes which rule decides, and with it the category."""
    both = {"classify.few_patients": 91, "classify.fast_moving": 0.5}
    first = judge({**both, "classify.order": ["few_patients", "fast_moving"]})
    second = judge({**both, "classify.order": ["fast_moving", "few_patients"]})
    assert category(first, "S5") == ("national", "few_patients")
    assert category(second, "S5") == ("not_yet", "fast_moving")
    assert first.services.set_index("service").loc["S5", "others"] == "fast_moving"
    assert second.services.set_index("service").loc["S5", "others"] == "few_patients"


def test_a_rule_that_is_left_out_is_never_asked() -> None:
    """Without rules everything is ready, but the highly specialised."""
    found = judge({"classify.order": [], "classify.few_patients": 1e9})
    assert set(found.services["category"]) == {"ready", "national"}
    assert set(found.services.loc[found.services["category"] == "national", "service"]) == {"S7"}


def test_delegation_counts_only_when_it_is_asked() -> None:
    """S6 needs full delegation: not yet ready under that rule, which is off by default."""
    assert "needs_delegation" not in ClassifyRules().order
    found = judge({"classify.order": ["needs_delegation"]})
    assert category(found, "S6") == ("not_yet", "needs_delegation")
    assert category(found, "S1") == ("ready", "all_met")


def test_volatility_at_the_reference_is_that_of_the_readme() -> None:
    """S5 in a footprint of 4.0 of 9.0 million: sd² = 0.1 × 3.25 × 4.0 + (0.02 × 4.0)², by hand."""
    found = judge({"classify.reference_population_m": 4.0}).services.set_index("service")
    assert found.loc["S5", "volatility"] == pytest.approx(math.sqrt(1.3 + 0.0064) / 4.0)


def test_a_larger_reference_never_makes_a_service_more_volatile() -> None:
    """Volatility falls with the reference population, down to that of all England."""
    tables = [
        judge({"classify.reference_population_m": people}).services["volatility"]
        for people in (0.5, 1.0, 3.0, 9.0, 90.0)
    ]
    for small, large in itertools.pairwise(tables):
        assert (large <= small + 1e-12).all()
    assert tables[-1].equals(tables[-2])


def test_the_carried_category_takes_no_part() -> None:
    """With other categories carried the rules say the same; only the comparison changes."""
    services = toy().services.copy()
    services["category"] = "national"
    services["ready_year"] = services["ready_year"].astype("Int64")
    strange = judge(dataset=replace(toy(), services=services))
    usual = judge()
    assert strange.services["category"].tolist() == usual.services["category"].tolist()
    assert len(strange.differences) == 6


def test_the_confusion_table_adds_up() -> None:
    """Its cells are the services, its diagonal the agreement, the differences all the rest."""
    found = judge({"classify.few_patients": 1000})
    table = found.confusion.set_index("carried")
    inner = table.loc[["ready", "not_yet", "national"], ["ready", "not_yet", "national"]]
    assert inner.to_numpy().sum() == table.loc["all", "all"] == len(found.services)
    same = np.diag(inner).sum()
    assert found.agreement_share == pytest.approx(same / len(found.services))
    assert len(found.differences) == len(found.services) - same
    counted = found.services.groupby(["carried", "category"]).size()
    assert counted["not_yet", "national"] == inner.loc["not_yet", "national"]


def test_a_service_without_spend_is_too_volatile() -> None:
    """Nothing is known of its volatility, so it is not called calm."""
    flows = toy().flows.copy()
    flows.loc[flows["service"] == "S2", "spend_m"] = 0.0
    services = toy().services.copy()
    services.loc[services["service"] == "S2", "spend_m"] = 0.0
    found = judge(dataset=replace(toy(), flows=flows, services=services))
    assert category(found, "S2") == ("national", "too_volatile")


def test_every_row_tells_how_far_its_attribute_can_be_trusted() -> None:
    """The toy country is invented, so every deciding attribute is marked illustrative."""
    assert set(judge().services["basis"]) == {"illustrative"}
    unknown = judge(dataset=replace(toy(), sources=None))
    assert set(unknown.services["basis"]) == {"unstated"}


def test_reasons_hold_value_and_limit() -> None:
    """A director reads the number and the limit in the sentence."""
    row = judge({"classify.few_patients": 500}).services.set_index("service").loc["S5"]
    assert row["reason"] == "National: 90 patients a year in England, fewer than 500."
    row = judge({"classify.fast_moving": 0.12}).services.set_index("service").loc["S1"]
    assert row["reason"].endswith("it comes nearest to fast moving, 0.1 against 0.12.")


def test_what_is_next_and_what_stops_the_rest_are_all_that_is_not_delegated() -> None:
    """Each service is delegated, next or stopped, once; next are those that no rule speaks against."""
    found = classify_case(make_case(england(), {}))
    delegated = set(england().services.loc[england().services["delegated_from"].notna(), "service"])
    assert len(delegated) == 59
    assert delegated.isdisjoint(found.next["service"])
    assert delegated | set(found.next["service"]) == set(found.services["service"])
    rules = found.services.set_index("service")["category"]
    assert (found.next["next"] == (found.next["service"].map(rules) == "ready")).all()
    assert (found.next["next"] == (found.next["stopped_by"] == "")).all()


def test_a_service_is_carried_as_ready_from_its_year() -> None:
    """Counts of each year add up; what was published and what is unknown of it too."""
    found = classify_case(make_case(england(), {}))
    counts = found.years.set_index("what")
    kinds = ["ready", "not_yet", "national", "unknown"]
    assert (counts[kinds].sum(axis=1) == len(found.services)).all()
    assert counts.loc["published", kinds].tolist() == [59, 3, 69, 19]
    assert counts["ready"].filter(regex=r"^\d").is_monotonic_increasing
    assert counts.loc["2023", "delegated"] == 0
    assert counts.loc["2024", "delegated"] == 59


def test_a_dataset_that_knows_nothing_of_what_was_published_says_so() -> None:
    """The toy country has none of the columns: all is unknown, nothing is known to be delegated."""
    found = judge()
    assert (found.years.set_index("what").loc["published", "unknown"]) == len(found.services)
    assert len(found.next) == len(found.services)
