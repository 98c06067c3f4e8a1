"""The referee on a path over years: moves, money and rules of each year, against figures by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.referee_case import GROUPS, LEVELS, SCENARIO, WEIGHTS, make_dataset, with_service

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.proof.referee.facts import Claim
from optimiser.proof.referee.roadmap import Account, check_roadmap

Levels = Mapping[tuple[str, str], str]
ALONE = {("kidney", "South"): ("C", "D")}
_DRAFT = make_dataset()
DATASET = replace(
    _DRAFT,
    services=_DRAFT.services.assign(programme_of_care="", spend_m=1.0),
    flows=_DRAFT.flows.assign(patients=1.0),
)
NATIONAL: Levels = dict.fromkeys(LEVELS, "national")
FREE = SCENARIO.changed(
    {
        "roadmap.years": (2025, 2026),
        "roadmap.start": "current",
        "roadmap.discount": 0.1,
        "roadmap.clawback": True,
        "services.force_local": [],
        "footprints.spend_m": (0.0, 9.0),
    }
)


def _claim(levels: Levels, single: Mapping[tuple[str, str], tuple[str, ...]] = ALONE) -> Claim:
    given = {place: (level,) for place, level in levels.items()}
    return Claim(GROUPS, {"North": ("B",), "South": ("D",)}, given, single)


def _nationally(groups: Mapping[str, tuple[str, ...]]) -> Claim:
    """Other footprints, led by B, that hold nothing."""
    levels = {(s, f): ("national",) for s, _ in LEVELS for f in groups}
    return Claim(groups, dict.fromkeys(groups, ("B",)), levels)


def _check(scenario: Scenario, *claims: Claim, dataset: Dataset | None = None) -> Account:
    return check_roadmap(claims, dataset or DATASET, scenario)


def _broken(account: Account) -> set[tuple[int, str, str]]:
    return {(year, rule.rule, rule.where) for year, rule in account.broken}


def _measured(account: Account, year: int, term: str) -> tuple[float, float]:
    """Measure and cost of a term in a year."""
    rows = account.terms.set_index(["year", "term"])
    return float(rows["measure"][year, term]), float(rows["cost_m"][year, term])


MOVED: Levels = {
    **LEVELS,
    ("kidney", "North"): "national",
    ("mind", "North"): "footprint",
}


def test_moves_are_paid_in_the_year_they_are_made() -> None:
    """First against what is held today, then against the year before, at what that year counts."""
    account = _check(FREE, _claim(LEVELS), _claim(MOVED))
    assert not _broken(account)
    # £6m of kidney care was national and is held; £1.2m of mind was with ICBs and is not.
    assert _measured(account, 2025, "transition_delegate") == pytest.approx((6.0, 0.05 * 6.0))
    assert _measured(account, 2025, "transition_clawback") == pytest.approx((1.2, 0.2 * 1.2))
    # The North takes up £0.6m of mind and gives back £3m of kidney; a pound counts 90p.
    assert _measured(account, 2026, "transition_delegate") == pytest.approx((0.6, 0.9 * 0.05 * 0.6))
    assert _measured(account, 2026, "transition_clawback") == pytest.approx((3.0, 0.9 * 0.2 * 3.0))
    assert account.score == pytest.approx(account.terms["cost_m"].sum())
    weights = account.terms.groupby("term")["weight"].first()
    moves = ("transition_delegate", "transition_clawback")
    assert dict(weights[list(moves)]) == {move: WEIGHTS[move] for move in moves}


def test_from_a_national_start_nothing_is_taken_back() -> None:
    """Whatever is held is delegated, and what is not was not held before."""
    account = _check(FREE.changed({"roadmap.start": "national"}), _claim(LEVELS), _claim(LEVELS))
    held_m = 6.0 + 3.0 + 0.6  # kidney, heart and valve
    assert _measured(account, 2025, "transition_delegate")[0] == pytest.approx(held_m)
    for year, term in ((2025, "transition_clawback"), (2026, "transition_delegate")):
        assert _measured(account, year, term) == (0.0, 0.0)


def test_a_service_taken_back_breaks_a_rule_unless_that_is_allowed() -> None:
    """The ICBs are named that it is taken from; the first year takes nothing back."""
    strict = FREE.changed({"roadmap.clawback": False})
    account = _check(strict, _claim(LEVELS), _claim(MOVED))
    assert _broken(account) == {(2026, "clawback", "kidney")}
    assert account.broken[0][1].value == "A B"
    assert not _broken(_check(strict, _claim(NATIONAL), _claim(LEVELS)))


def test_a_score_is_added_up_again() -> None:
    """To a millionth, told of the last year."""
    score = _check(FREE, _claim(LEVELS), _claim(LEVELS)).score
    for stated, broken in ((score, set()), (score + 1e-3, {(2026, "terms_agree", "England")})):
        claims = (_claim(LEVELS), _claim(LEVELS))
        assert _broken(check_roadmap(claims, DATASET, FREE, stated)) == broken


def test_every_year_has_its_own_rules() -> None:
    """A grouping of the second year alone breaks what it breaks in that year alone."""
    one = _nationally({"All": tuple("ABCD")})
    broken = _broken(_check(FREE, _claim(LEVELS), one))
    assert {year for year, _, _ in broken} == {2026}
    rules = {rule for _, rule, _ in broken}
    assert {"count", "population_m", "members", "fixed", "keep_apart"} <= rules
    thin = _nationally({"North": ("A", "B")})
    assert (2025, "each_icb_in_one_footprint", "C") in _broken(_check(FREE, thin, _claim(LEVELS)))


def test_levels_of_a_year_are_those_that_it_allows() -> None:
    """A service without a level, and partners apart, are told of their year."""
    without = _claim(
        {place: level for place, level in LEVELS.items() if place != ("mind", "South")}
    )
    assert (2025, "one_level_per_service", "mind in South") in _broken(
        _check(FREE, without, _claim(LEVELS))
    )
    apart = _claim({**LEVELS, ("valve", "North"): "national"})
    assert {rule for _, rule, _ in _broken(_check(FREE, _claim(LEVELS), apart))} == {"moves_with"}


@pytest.mark.parametrize(
    ("joint", "broken"),
    [
        (3.0, set()),
        (3.4, {(2025, "readiness", "North"), (2025, "readiness", "South")}),
    ],
)
def test_a_footprint_need_be_ready_by_the_last_year(
    joint: float, broken: set[tuple[int, str, str]]
) -> None:
    """A people-weighted 2.3 in 2024 and 3.3 in 2025; before it is ready it may hold nothing."""
    asked = {"roadmap.years": (2024, 2025), "readiness.joint": joint, "readiness.delegated": joint}
    assert _broken(_check(FREE.changed(asked), _claim(NATIONAL), _claim(NATIONAL))) == broken
    early = _broken(_check(FREE.changed(asked), _claim(LEVELS), _claim(NATIONAL)))
    assert (2024, "readiness", "heart in North") in early


def test_a_service_is_forced_local_once_it_and_its_partners_may_be() -> None:
    """Heart moves with valve, which is ready a year later; under "all" whatever may be is forced."""
    dataset = with_service(DATASET, "valve", ready_year=2026)
    forced = FREE.changed({"services.force_local": ["heart"]})
    broken = _broken(_check(forced, _claim(NATIONAL), _claim(NATIONAL), dataset=dataset))
    assert {(year, rule) for year, rule, _ in broken} == {(2026, "force_local")}
    everything = FREE.changed({"services.force_local": "all"})
    broken = _broken(_check(everything, _claim(NATIONAL), _claim(NATIONAL), dataset=dataset))
    assert (2025, "force_local", "kidney in North") in broken


def test_who_holds_alone_is_a_member_and_all_of_them_where_it_is_forced() -> None:
    """Only at the level of single ICBs."""
    forced = FREE.changed({"services.force_local": ["kidney"]})
    place = ("kidney", "South")
    for single, rules in (
        ({place: ("C", "D")}, set()),
        ({place: ("C",)}, {"force_local"}),
        ({place: ("A", "C", "D")}, {"levels", "force_local"}),
    ):
        account = _check(forced, _claim(LEVELS, single), _claim(LEVELS))
        assert {rule for year, rule, _ in _broken(account) if year == 2025} == rules
    free = _check(FREE, _claim(LEVELS, {place: ("C",)}), _claim(LEVELS))
    assert not _broken(free)
    assert _measured(free, 2026, "transition_delegate")[0] == pytest.approx(2.0)  # D of kidney
