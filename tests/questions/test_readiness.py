"""Readiness, lead ICBs and what it would take: small by proof, enough by recomputing, in words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from support.cases import country, make_case, same_scores, toy

from optimiser.footprints.leads import find_leads
from optimiser.footprints.levels import measure_levels
from optimiser.footprints.measures import DELEGATED, JOINT, MODES, measure_modes
from optimiser.footprints.score_increases import (
    Increases,
    find_increases,
    find_lead_after,
    lift_average,
    measure_effort,
    raise_scores,
)
from optimiser.footprints.system import System
from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset
from optimiser.questions.case import Case
from optimiser.questions.increases import answer_mode, answer_service
from optimiser.questions.readiness import (
    Groups,
    list_warnings,
    summarise_domains,
    summarise_footprints,
    summarise_increases,
    summarise_leads,
    summarise_services,
)

ROWS = Groups(
    {
        "North": ("A1", "A2", "A3"),
        "Middle": ("B1", "B2", "B3"),
        "South": ("C1", "C2", "C3"),
    }
)
THRESHOLDS = {
    "usual": (2.0, 3.0),
    "high": (3.5, 3.9),
    "by domain": ({"finance": 3.0}, {"digital": 3.2, "finance": 3.5, "workforce": 2.8}),
    "delegated is the easier": (3.0, {"finance": 2.5}),
    "four everywhere": (1.0, 4.0),
}
HOW = ("weighted", "weakest", "lead")


@cache
def uneven() -> Dataset:
    """The toy country with scores drawn at random, from 1.5 to 4 in steps of a tenth."""
    draw = np.random.default_rng(12)
    rows = [
        (icb, domain, int(draw.integers(15, 41)) / 10, 2023)
        for icb in toy().icbs["icb"]
        for domain in PDAF_DOMAINS
    ]
    scores = pd.DataFrame(rows, columns=["icb", "domain", "score", "year"])
    return replace(toy(), readiness=scores)


def ready_case(how: str, name: str, dataset: Dataset | None = None, **more: object) -> Case:
    """The toy country under one way to aggregate and one pair of thresholds."""
    joint, delegated = THRESHOLDS[name]
    settings = {
        "readiness.aggregate": how,
        "readiness.joint": joint,
        "readiness.delegated": delegated,
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    return make_case(dataset or toy(), settings)


def mode_after(system: System, mask: int, increases: Increases) -> int:
    """The mode by the engine's own measure once the increases are made."""
    raised = raise_scores(system, increases)
    return int(measure_modes(raised, np.array([mask], dtype=np.uint64))[0])


def some_masks(system: System) -> list[int]:
    """A sample of sets of ICBs, small and large."""
    draw = np.random.default_rng(4)
    few = draw.integers(1, 1 << system.size, size=24).tolist()
    return [*few, (1 << system.size) - 1, 1, 0b111]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", THRESHOLDS)
def test_the_rises_reach_the_mode_and_none_can_be_spared(how: str, name: str) -> None:
    """The engine finds the mode after the increases; without any one of them it does not."""
    system = ready_case(how, name, uneven()).system
    rising = 0
    for mask, mode in itertools.product(some_masks(system), (JOINT, DELEGATED)):
        increases = find_increases(system, mask, mode)
        assert increases is not None
        assert all(increase.before < increase.after <= 4 for increase in increases)
        assert mode_after(system, mask, increases) >= mode
        for increase in increases:
            others = tuple(r for r in increases if r != increase)
            assert mode_after(system, mask, others) < mode
        rising += bool(increases)
    assert rising


def fewest_by_trying(people: np.ndarray, scores: np.ndarray, least: float) -> tuple[int, float]:
    """Fewest members and fewest points, by a linear programme for every set of members."""
    found = []
    for count in range(len(people) + 1):
        for chosen in itertools.combinations(range(len(people)), count):
            room = [(0, 4 - s if i in chosen else 0) for i, s in enumerate(scores)]
            gap = people @ (least - scores)
            solved = linprog(np.ones(len(people)), -people[None], [-gap], bounds=room)
            if solved.status == 0:
                found.append((count, float(solved.fun)))  # type: ignore[arg-type]  # scipy types it as any number
        if found:
            break
    return min(found)


def test_an_average_is_lifted_by_the_fewest_members_and_points() -> None:
    """No other set of members does it with fewer increases, or as few and fewer points in all."""
    draw = np.random.default_rng(8)
    several = 0
    for _ in range(18):
        people = draw.integers(1, 9, size=4).astype(float)
        scores = draw.integers(0, 17, size=4) / 4
        average = people @ scores / people.sum()
        least = float(draw.uniform(average + 0.01, 4))
        points = lift_average(people, scores, least)
        assert points is not None
        count, total = fewest_by_trying(people, scores, least)
        assert (points > 0).sum() == count
        assert points.sum() == pytest.approx(total, abs=1e-7)
        several += count > 1
    assert several >= 5


def test_the_largest_member_is_not_always_the_one_to_increase() -> None:
    """One member must do it alone: the largest has no room left, so the next does, by hand.

    People 6, 3, 1 with scores 4, 2, 2: the average is 3.2; for 3.5 the gap is 3, filled by one point
    of the second; the third could fill 2 at most.
    """
    points = lift_average(np.array([6.0, 3.0, 1.0]), np.array([4.0, 2.0, 2.0]), 3.5)
    assert points is not None
    assert points.tolist() == pytest.approx([0.0, 1.0, 0.0])


def test_no_scores_reach_a_threshold_above_four() -> None:
    """It is said to be out of reach, whatever the way to aggregate."""
    for how in HOW:
        system = make_case(
            toy(), {"readiness.aggregate": how, "readiness.delegated": {"finance": 4.1}}
        ).system
        assert find_increases(system, 0b111, DELEGATED) is None
        answer = answer_mode(system, 0b111, DELEGATED)
        assert answer.status == "out_of_reach"
        assert answer.reasons


def test_under_weakest_every_low_member_rises_to_the_threshold() -> None:
    """There is one smallest set: each score below the threshold, lifted to it."""
    system = ready_case("weakest", "usual").system
    assert system.readiness is not None
    increases = find_increases(system, 0b111, DELEGATED)
    low = {(i, d) for i in range(3) for d in range(8) if system.readiness[i, d] < 3.0}
    assert increases is not None
    assert {(increase.icb, increase.domain) for increase in increases} == low
    assert {increase.after for increase in increases} == {3.0}


def two_icbs(settings: Mapping[str, object], minutes: Sequence[float] = ()) -> Case:
    """A leads B by what it hosts, although B is the readier: 2 against 3 in every domain."""
    flows = {("S", "A", "A"): 6.3, ("S", "B", "B"): 3.7}
    dataset = country(flows, ["A", "B"], [("A", "B")], {"A": 1e6, "B": 1e6})
    dataset = replace(dataset, readiness=same_scores(["A", "B"], {"A": 2.0, "B": 3.0}))
    if minutes:
        pairs = [("A", "A"), ("A", "B"), ("B", "A"), ("B", "B")]
        rows = [(a, b, m) for (a, b), m in zip(pairs, minutes, strict=True)]
        dataset = replace(
            dataset, travel=pd.DataFrame(rows, columns=["from_icb", "to_icb", "minutes"])
        )
    return make_case(dataset, {"readiness.aggregate": "lead", **settings})


def test_lifting_another_member_into_the_lead_may_take_fewer_increases() -> None:
    """One increase of 0.32 points makes B lead, which is ready; A itself would need eight.

    Lead scores are 2/4 + 0.63 = 1.13 and 3/4 + 0.37 = 1.12: 0.01 apart, or 0.32 of a point in one of
    eight domains of four points.
    """
    system = two_icbs({}).system
    assert find_leads(system, np.array([0b11], dtype=np.uint64))[0] == 0
    increases = find_increases(system, 0b11, DELEGATED)
    assert increases is not None
    assert measure_effort(increases) == (1, pytest.approx(0.32, abs=1e-5))
    assert find_lead_after(system, 0b11, increases) == 1
    assert mode_after(system, 0b11, increases) == DELEGATED


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [
        ({"lead.fixed": ["A"]}, ()),
        ({"footprints.max_travel_minutes": 50.0}, (20.0, 60.0, 20.0, 20.0)),
    ],
)
def test_the_lead_stays_where_it_is_fixed_or_the_other_is_too_far(
    settings: dict[str, object], minutes: Sequence[float]
) -> None:
    """Then A itself must increase in all eight domains, and goes on to lead."""
    system = two_icbs(settings, minutes).system
    increases = find_increases(system, 0b11, DELEGATED)
    assert increases is not None
    assert measure_effort(increases) == (8, pytest.approx(8.0))
    assert {increase.icb for increase in increases} == {0}
    assert find_lead_after(system, 0b11, increases) == 0


def test_under_lead_no_smaller_set_reaches_the_mode() -> None:
    """Every smaller set of one member's domains fails even when it is raised to four."""
    system = ready_case("lead", "usual", uneven()).system
    checked = 0
    for mask in some_masks(system):
        increases = find_increases(system, mask, DELEGATED)
        assert increases is not None
        if not 1 < len(increases) <= 3:
            continue
        for i in (k for k in range(system.size) if mask >> k & 1):
            for domains in itertools.combinations(range(8), len(increases) - 1):
                assert system.readiness is not None
                scores = system.readiness.copy()
                scores[i, list(domains)] = 4.0
                raised = replace(system, readiness=scores)
                assert measure_modes(raised, np.array([mask], dtype=np.uint64))[0] < DELEGATED
                checked += 1
    assert checked


def local_somehow(system: System, mask: int, s: int) -> bool:
    """Whether the footprint may hold a service, or one of its ICBs alone, if these levels are open."""
    levels = measure_levels(system, np.array([mask], dtype=np.uint64), np.array([s]))
    footprint = "footprint" in levels.allowed and bool(levels.allowed["footprint"][0, 0])
    alone = [levels.holders.able[0, i] for i in range(system.size) if mask >> i & 1]
    return footprint or ("icb" in levels.allowed and any(alone))


@pytest.mark.parametrize("levels", [("footprint",), ("icb",), ("footprint", "icb")])
@pytest.mark.parametrize("how", HOW)
def test_what_a_service_would_take_agrees_with_the_engine(
    how: str, levels: tuple[str, ...]
) -> None:
    """What is ready is allowed; the increases allow it; out of reach stays so at four everywhere."""
    case = ready_case(
        *(how, "usual"),
        services__levels=("national", *levels),
        services__categories=("ready", "not_yet"),
        services__year=2025,
        readiness__year=2023,
        services__min_patients=30.0,
    )
    system = case.system
    assert system.readiness is not None
    best = replace(system, readiness=np.full_like(system.readiness, 4.0))
    seen = set()
    masks = [1 << i for i in range(system.size)] + some_masks(system)[-12:]
    for mask, s in itertools.product(masks, range(len(system.services.codes))):
        if (system.services.group == system.services.group[s]).sum() > 1:
            continue
        answer = answer_service(system, mask, s)
        seen.add(answer.status)
        assert (answer.status == "already") == local_somehow(system, mask, s)
        if answer.status == "increases":
            assert local_somehow(raise_scores(system, answer.increases), mask, s)
        if answer.status == "out_of_reach":
            assert answer.reasons
            assert not local_somehow(best, mask, s)
    assert seen == {"already", "increases", "out_of_reach"}


def test_where_readiness_is_not_required_it_takes_nothing() -> None:
    """With readiness reported only, no service waits for an increase of scores."""
    status = {}
    for required in (True, False):
        system = ready_case(
            "weighted",
            "usual",
            readiness__required=required,
            services__categories=("ready", "not_yet"),
            services__year=2025,
        ).system
        services = np.flatnonzero(system.services.barred == "")
        answers = (answer_service(system, m, int(s)) for m in some_masks(system) for s in services)
        status[required] = {answer.status for answer in answers}
    assert "increases" in status[True]
    assert "increases" not in status[False]


def test_services_that_move_together_wait_for_each_other() -> None:
    """S4 moves with S3, which needs two providers: where S3 has one, no increase helps S4."""
    case = ready_case("weighted", "usual")
    place = {code: s for s, code in enumerate(case.system.services.codes)}
    east = case.system.mask_of(["A3", "B3"])
    answer = answer_service(case.system, east, place["S4"])
    assert answer.status == "out_of_reach"
    assert any(reason.startswith("S3:") for reason in answer.reasons)


def test_a_service_that_is_always_national_says_so() -> None:
    """S7 is highly specialised: no increase of scores makes it local."""
    case = ready_case("weighted", "usual")
    table = summarise_services(case, ROWS, ["S7"])
    assert set(table["status"]) == {"out_of_reach"}
    assert set(table["reasons"]) == {"highly specialised services are always national"}
    assert table["points"].isna().all()


def test_services_that_need_delegation_are_looked_at_by_default() -> None:
    """S6 alone needs full delegation in the toy country."""
    table = summarise_services(ready_case("weighted", "usual"), ROWS)
    assert set(table["service"]) == {"S6"}
    assert set(table["needs"]) == {"delegated"}


@pytest.mark.parametrize("how", HOW)
def test_tables_of_modes_agree_with_the_engine(how: str) -> None:
    """A footprint's mode is the lowest of its domains' modes, and its increases stand in the table."""
    case = ready_case(how, "usual")
    modes = summarise_footprints(case, ROWS).set_index("footprint")
    domains, increases = summarise_domains(case, ROWS), summarise_increases(case, ROWS)
    masks = np.array([case.system.mask_of(g) for g in ROWS.grouping.values()], dtype=np.uint64)
    assert list(modes["mode"]) == [MODES[k] for k in measure_modes(case.system, masks)]
    for name, rows in domains.groupby("footprint"):
        assert modes.loc[name, "mode"] == MODES[min(MODES.index(m) for m in rows["mode"])]
        assert ((rows["short_of_delegated"] > 0) == (rows["mode"] != "delegated")).all()
        mine = increases[(increases["footprint"] == name) & (increases["target"] == "delegated")]
        assert len(mine) == modes.loc[name, "delegated_increases"]
        assert mine["points"].sum() == pytest.approx(modes.loc[name, "delegated_points"])


def test_without_readiness_nothing_is_assessed() -> None:
    """No footprint is barred and none has anything to increase."""
    case = make_case(replace(toy(), readiness=None), {})
    table = summarise_footprints(case, ROWS)
    assert set(table["mode"]) == {"not_assessed"}
    assert set(table["to_delegated"]) == {"already"}
    assert summarise_domains(case, ROWS).empty


def test_leads_are_those_of_the_engine_with_their_margin() -> None:
    """The proposed lead is the engine's; its margin is its score less the best other member's."""
    case = ready_case("weighted", "usual", lead__travel=2.0)
    table = summarise_leads(case, ROWS)
    masks = np.array([case.system.mask_of(g) for g in ROWS.grouping.values()], dtype=np.uint64)
    proposed = table[table["standing"] == "proposed"]
    leads = find_leads(case.system, masks)
    assert list(proposed["icb"]) == [case.system.icbs[k] for k in leads]
    parts = table["readiness"] + table["hosting"] + 2.0 * table["travel"]
    assert table["score"].tolist() == pytest.approx(parts.tolist())
    for name, rows in table.groupby("footprint"):
        assert len(rows) == len(ROWS.grouping[str(name)])
        first, second = rows.iloc[0], rows.iloc[1]
        assert second["standing"] == "runner-up"
        assert first["margin"] == pytest.approx(first["score"] - second["score"])
        assert first["score"] == rows["score"].max()


def test_a_fixed_lead_leads_with_a_worse_score() -> None:
    """Holm, the island, is fixed as lead: its score stays what it is and its margin is below 0."""
    case = ready_case("weighted", "usual", lead__fixed=["C3"])
    south = summarise_leads(case, ROWS).query("footprint == 'South'")
    first = south.iloc[0]
    assert first["icb"] == "C3"
    assert first["fixed"]
    assert first["score"] < 4
    assert first["margin"] < 0


def test_an_icb_alone_has_no_runner_up() -> None:
    """It leads itself, and there is no margin."""
    case = ready_case("weighted", "usual")
    table = summarise_leads(case, Groups({"Holm": ("C3",)}))
    assert list(table["standing"]) == ["proposed"]
    assert table["margin"].isna().all()


def test_a_change_of_lead_is_told() -> None:
    """Where the increases bring another ICB into the lead, a warning names both."""
    case = two_icbs({})
    (warning,) = list_warnings(case, Groups({"All": ("A", "B")}))
    assert "B would lead, not A" in warning
    assert summarise_footprints(case, Groups({"All": ("A", "B")}))["lead_then"].tolist() == ["B"]


def test_domains_are_named_as_in_the_framework() -> None:
    """Every footprint has one row for each of the eight PDAF domains."""
    table = summarise_domains(ready_case("weighted", "usual"), ROWS)
    assert list(table["domain"].head(8)) == list(PDAF_DOMAINS)
    assert len(table) == 24
