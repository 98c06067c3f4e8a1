"""Paths of money: worked by hand, conserved to the pound, within every rule of pace."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.toy import TOY, write_toy_scenario

import optimiser as fp
from optimiser.errors import InputError
from optimiser.importers.allocations import read_allocations
from optimiser.inputs.scenario.questions import FundingRules
from optimiser.plan.funding import (
    apportion,
    find_year_at_target,
    follow_icbs,
    follow_path,
    to_pounds,
)

FREE = {"max_cut": 1.0, "max_rise": 1.0}
HAND: dict[str, tuple[dict[str, float], list[int], list[int], list[list[int]]]] = {
    # Targets 1,200 and 800: a half of the way in the first of two years, the rest in the second.
    "equal steps": (
        {"years": 2, **FREE},
        [1000, 1000],
        [3, 2],
        [[1100, 900], [1200, 800], [1200, 800]],
    ),
    # A twentieth of what is left: 50, 47.5, 45.15, 42.9 in whole pounds, and the last 16 at once.
    "largest cut": (
        {"years": 1, "max_cut": 0.05, "max_rise": 1.0},
        [1000, 1000],
        [3, 2],
        [[1050, 950], [1097, 903], [1142, 858], [1184, 816], [1200, 800]],
    ),
    # The third may rise by a tenth of its 1,000, so each of the others gives 50 of the 100 it has over.
    "largest rise": (
        {"years": 1, "max_cut": 1.0, "max_rise": 0.1},
        [600, 600, 800],
        [1, 1, 2],
        [[550, 550, 900], [500, 500, 1000]],
    ),
    # All grow to 1,020; targets 1,530 and 510. No cut in cash: the second keeps its 1,000, and 20 move.
    "no cut in cash": (
        {"years": 1, "growth": 0.02, "min_growth": 0.0, **FREE},
        [1000, 1000],
        [3, 1],
        [[1040, 1000]],
    ),
    # A floor of 1 % under growth of 2 %: the second keeps 1,010 of its 1,020.
    "floor on growth": (
        {"years": 1, "growth": 0.02, "min_growth": 0.01, **FREE},
        [1000, 1000],
        [3, 1],
        [[1030, 1010]],
    ),
    # Three pounds by three equal needs after seven that stood otherwise: thirds are shared out whole.
    "whole pounds": ({"years": 1, **FREE}, [7, 0, 0], [1, 1, 1], [[3, 2, 2]]),
}


@pytest.mark.parametrize("name", HAND)
def test_paths_worked_by_hand(name: str) -> None:
    """Each year is what a sheet of paper gives."""
    rules, opening, need, expected = HAND[name]
    path = follow_path(opening, need, FundingRules.model_validate(rules), len(expected))
    assert path == [opening, *expected]


pounds = st.lists(st.integers(0, 10**10), min_size=1, max_size=6)
shares = st.integers(0, 200).map(lambda k: k / 1000)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_money_is_conserved_and_every_rule_of_pace_holds(data: st.DataObject) -> None:
    """The total to the pound; the caps and the target of each to two, as growth itself is rounded."""
    opening = data.draw(pounds.filter(sum))
    size = len(opening)
    need = data.draw(st.lists(st.integers(1, 10**9), min_size=size, max_size=size))
    growth = data.draw(st.integers(-50, 100)) / 1000
    rules = FundingRules(
        years=data.draw(st.integers(1, 8)),
        growth=growth,
        max_cut=data.draw(shares),
        max_rise=data.draw(shares),
        min_growth=growth - data.draw(shares),
    )
    path = follow_path(opening, need, rules, 10)
    for last, now in pairwise(path):
        total = sum(now)
        assert abs(total - sum(last) * (1 + growth)) <= 0.5 + 1e-6 * total
        for before, after, aim in zip(last, now, apportion(total, need), strict=True):
            grown = before * (1 + growth)
            assert grown - rules.max_cut * before - 2 <= after <= grown + rules.max_rise * aim + 2
            assert after >= min(before * (1 + rules.min_growth), grown) - 2
            assert min(grown, aim) - 2 <= after <= max(grown, aim) + 2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(pounds, st.integers(0, 10**10))
def test_shares_add_up_and_none_is_a_pound_off(weights: list[int], total: int) -> None:
    """Largest remainder: the whole is the whole, and each is within a pound of its part."""
    parts = apportion(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    assert all(
        abs(p * whole - total * w) < whole for p, w in zip(parts, weights, strict=True) if whole
    )


def test_without_caps_all_are_at_target_in_the_last_year() -> None:
    """And not a year before, where the distance is worth a step."""
    rules = FundingRules.model_validate({"years": 4, **FREE})
    assert find_year_at_target([10**9, 10**9], [3, 2], rules) == [4, 4]
    never = FundingRules(max_cut=0.0)
    assert find_year_at_target([10**9, 10**9], [3, 2], never) == [None, None]


def test_parts_of_a_million_are_pounds() -> None:
    """Amounts that no float holds exactly add up to the pound."""
    assert to_pounds([0.1, 0.2, 0.3]) == [100_000, 200_000, 300_000]
    assert sum(to_pounds([1 / 3] * 3)) == 1_000_000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> fp.Funding:
    """The toy country's rows."""
    return fp.funding(write_toy_scenario(tmp_path_factory.mktemp("funding")), "rows", years=1)


def test_pooling_nets_off_what_members_owe_each_other(found: fp.Funding) -> None:
    """North: A1 is 14.4 below target, A3 11.5 below, A2 11.27 above, which it gives them."""
    north = found.footprints.set_index("footprint").loc["North"]
    assert north["distance_m"] == pytest.approx(66.57 - 81.2)
    assert north["alone_shift_m"] == pytest.approx(14.4 + 11.5 + 11.27)
    assert north["pooled_shift_m"] == pytest.approx(14.63)
    assert north["netted_off_m"] == pytest.approx(11.27)


def test_every_table_adds_up_to_the_same_money(found: fp.Funding) -> None:
    """By footprint, by ICB, by year, asked as one or alone: £252m, to the pound."""
    sums = [
        *(found.footprints[c].sum() for c in ("historic_m", "needs_based_m", "first_year_m")),
        *(found.icbs[c].sum() for c in ("historic_m", "needs_based_m", "first_year_m")),
        *found.by_year.groupby("year")[["allocation_m", "target_m", "alone_m"]]
        .sum()
        .to_numpy()
        .flat,
        *found.by_year_icbs.groupby("year")[["allocation_m", "target_m"]].sum().to_numpy().flat,
    ]
    assert [round(total * 1e6) for total in sums] == [252_000_000] * len(sums)


def test_a_floor_above_growth_is_refused() -> None:
    """Not everybody can grow by more than all the money does."""
    with pytest.raises(ValueError, match=r"min_growth 0\.02 is above growth 0\.01"):
        FundingRules(growth=0.01, min_growth=0.02)


def _write(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(path, index=False)
    return path


def test_published_allocations_are_read_by_a_mapping_and_a_unit(tmp_path: Path) -> None:
    """Other columns and any order are let be; thousands of pounds are what the user says they are."""
    dataset = fp.load(TOY)
    assert dataset.funding is not None
    theirs = pd.DataFrame(
        {
            "Target": dataset.funding["needs_based_m"] * 1000,
            "ICB name": "x",
            "Code": dataset.funding["icb"],
            "Baseline": dataset.funding["historic_m"] * 1000,
        }
    )[::-1]
    columns = {"icb": "Code", "historic_m": "Baseline", "needs_based_m": "Target"}
    read = read_allocations(_write(tmp_path / "a.csv", theirs), dataset, columns, "£k")
    assert read["icb"].tolist() == dataset.icbs["icb"].tolist()
    rules = FundingRules()
    assert follow_icbs(read, rules).path == follow_icbs(dataset.funding, rules).path


FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "known_icb": lambda f: f.assign(icb=f["icb"].replace("A1", "A9")),
    "duplicate": lambda f: pd.concat([f, f.iloc[:1]]),
    "every_icb": lambda f: f.iloc[1:],
    "number": lambda f: f.assign(historic_m="£12"),
    "column": lambda f: f.rename(columns={"historic_m": "Baseline"}),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_faults_of_a_table_of_allocations_are_told(rule: str, tmp_path: Path) -> None:
    """A code that is not known, twice, left out; no number; a header that is not there."""
    dataset = fp.load(TOY)
    assert dataset.funding is not None
    path = _write(tmp_path / "a.csv", FAULTS[rule](dataset.funding))
    with pytest.raises(InputError) as raised:
        read_allocations(path, dataset)
    assert rule in {fault.rule for fault in raised.value.faults}
