"""The referee passes a sound plan and names the rule of every planted fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support.referee_case import (
    GROUPS,
    LEADS,
    LEVELS,
    MEASURES,
    NAMES,
    PEOPLE,
    SCENARIO,
    SD,
    make_dataset,
    make_plan,
    with_levels,
    with_service,
    with_table,
)

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.plan import Plan
from optimiser.proof.referee import RULES, check_plan, score_plan
from optimiser.proof.referee.facts import gather_facts, read_claim
from optimiser.proof.referee.map_rules import count_moved
from optimiser.proof.referee.service_rules import charges, list_single
from optimiser.proof.referee.terms import OF_LEVELS
from optimiser.proof.referee.verdict import SOLVED, is_above, is_below, tell_beside

Case = tuple[Plan, Dataset, Scenario]
DATASET = make_dataset()


def _broken(case: Case) -> set[str]:
    return {broken.rule for broken in check_plan(*case)}


def _scenario(**changes: object) -> Case:
    """The sound plan under a scenario with settings changed; ``__`` stands for the dot."""
    settings = {key.replace("__", "."): value for key, value in changes.items()}
    return make_plan(), DATASET, SCENARIO.changed(settings)


def _grouped(groups: Mapping[str, tuple[str, ...]], leads: dict[str, str] = LEADS) -> Case:
    levels = {(s, f): o for (s, _), o in LEVELS.items() for f in groups}
    return make_plan(groups=dict(groups), leads=leads, levels=levels), DATASET, SCENARIO


# Settings or data that the sound plan does not meet: one rule is broken, and no other.
ALONE: dict[str, Callable[[], Case]] = {
    "count": lambda: _scenario(footprints__count=(3, 4)),
    "population_m": lambda: _scenario(footprints__population_m=(3.1, 4.0)),
    "members": lambda: _scenario(footprints__members=(3, 4)),
    "spend_m": lambda: _scenario(footprints__spend_m=(5.0, 5.3)),
    "max_travel_minutes": lambda: _scenario(footprints__max_travel_minutes=39),
    "keep_together": lambda: _scenario(footprints__keep_together=[["A", "C"]]),
    "keep_apart": lambda: _scenario(footprints__keep_apart=[["A", "B", "C"]]),
    "fixed": lambda: _scenario(footprints__fixed=[["D"]]),
    "max_moved": lambda: _scenario(footprints__max_moved=1),
    "fixed_lead": lambda: _scenario(lead__fixed=["A"]),
    "contiguous": lambda: _scenario(footprints__min_border_km=11),
    "within_regions": lambda: (
        make_plan(),
        with_table(DATASET, "icbs", DATASET.icbs.assign(region=["North", "East", "S", "S"])),
        SCENARIO,
    ),
    "min_shared_border": lambda: _scenario(footprints__min_shared_border=0.99),
    "max_first_year_change": lambda: _scenario(footprints__max_first_year_change=0.01),
    "max_income_at_risk": lambda: _scenario(
        footprints__max_income_at_risk=0.05, providers__smallest_m=0.5
    ),
    "levels": lambda: _scenario(services__levels=["national", "footprint"]),
    "force_local": lambda: _scenario(services__force_local=["kidney", "mind"]),
    "readiness": lambda: _scenario(readiness__joint=2.1),
    "min_providers": lambda: (
        make_plan(),
        with_service(DATASET, "heart", min_providers=2),
        SCENARIO,
    ),
    "min_patients": lambda: _scenario(services__min_patients=3.01),
    "max_cv": lambda: _scenario(services__max_cv=0.16),
    "moves_with": lambda: (
        make_plan(),
        with_service(DATASET, "heart", moves_with="kidney"),
        SCENARIO,
    ),
    "portfolio": lambda: _scenario(services__portfolio="uniform"),
    "min_local_spend_m": lambda: _scenario(services__min_local_spend_m=9.7),
    "max_local_spend_m": lambda: _scenario(services__max_local_spend_m=9.5),
    "min_local_services": lambda: _scenario(services__min_local_services=3.1),
    "max_local_services": lambda: _scenario(services__max_local_services=2.9),
    "max_leakage_m": lambda: _scenario(services__max_leakage_m=1.2),
    "max_volatility_m": lambda: _scenario(services__max_volatility_m=1.0),
    "min_local_share_each": lambda: _scenario(services__min_local_share_each=0.9),
    "min_local_services_each": lambda: _scenario(services__min_local_services_each=3.1),
    "one_lead": lambda: (_two_leads(), DATASET, SCENARIO),
    "one_level_per_service": lambda: (_level_twice(), DATASET, SCENARIO),
    "figures_agree": lambda: (_wrong_population(), DATASET, SCENARIO),
    "terms_agree": lambda: (
        make_plan(measures={**MEASURES, "leakage": 1.3001}),
        DATASET,
        SCENARIO,
    ),
}
_WIDE = SCENARIO.changed({"footprints.spend_m": (0.0, 100.0)})
# What puts a service out of scope changes every term of the geography as well.
OUT_OF_SCOPE: dict[str, dict[str, object]] = {
    "category": {"category": "national"},
    "highly_specialised": {"highly_specialised": True},
    "ready_year": {"ready_year": 2026},
}
_LED = SCENARIO.changed({"services.levels": ["national", "footprint", "icb", "collaborative"]})
_FREE = _WIDE.changed({"services.force_local": [], "services.min_local_spend_m": 0.0})

# Plans that are wrong in a way that touches more than one rule.
AMONG_OTHERS: dict[str, list[Callable[[], Case]]] = {
    "each_icb_in_one_footprint": [
        lambda: _grouped({"North": ("A", "B"), "South": ("D",)}),
        lambda: _grouped({"North": ("A", "B", "C"), "South": ("C", "D")}),
        lambda: _grouped({"North": ("A", "B"), "South": ("C", "D", "Z")}),
    ],
    "contiguous": [lambda: _grouped({"North": ("A", "C"), "South": ("B", "D")}, {"North": "A"})],
    "population_m": [lambda: _grouped({"North": ("A", "B", "C"), "South": ("D",)})],
    "members": [lambda: _grouped({"North": ("A",), "South": ("B", "C", "D")})],
    "one_lead": [lambda: _grouped(GROUPS, {"North": "B"})],
    "levels": [lambda: (with_levels({("mind", "North"): "county"}), DATASET, SCENARIO)],
    "collaborative": [
        lambda: (with_levels({("kidney", "North"): "collaborative"}), DATASET, _LED),
    ],
    "readiness": [
        lambda: _scenario(readiness__aggregate="weakest"),
        lambda: _scenario(readiness__joint=3.5),
    ],
    "min_providers": [lambda: (with_levels({("mind", "South"): "footprint"}), DATASET, SCENARIO)],
    "moves_with": [lambda: (with_levels({("valve", "North"): "national"}), DATASET, SCENARIO)],
    "highly_specialised": [
        lambda: (with_levels({("rare", "North"): "footprint"}), DATASET, SCENARIO)
    ],
    "force_national": [
        lambda: (make_plan(), DATASET, _FREE.changed({"services.force_national": ["kidney"]}))
    ],
    "force_local": [lambda: (with_levels({("kidney", "North"): "national"}), DATASET, SCENARIO)],
    "one_level_per_service": [
        lambda: (make_plan(levels=dict(list(LEVELS.items())[1:])), DATASET, SCENARIO),
        lambda: (_with_row("kidney", "Nowhere"), DATASET, SCENARIO),
    ],
    "terms_agree": [
        lambda: (_with_objective(13.0), DATASET, SCENARIO),
        lambda: (_without_term("governance"), DATASET, SCENARIO),
    ],
    "figures_agree": [
        lambda: (_with_mode("joint"), DATASET, SCENARIO),
        lambda: (_with_spend(2.0), DATASET, SCENARIO),
    ],
}


def _two_leads() -> Plan:
    plan = make_plan(groups={"North": ("A", "B"), "South": ("D", "C")})
    return replace(plan, icbs=plan.icbs.assign(lead=[False, True, True, True]))


def _level_twice() -> Plan:
    plan = make_plan()
    return replace(plan, services=pd.concat([plan.services, plan.services.iloc[[0]]]))


def _with_row(service: str, footprint: str) -> Plan:
    plan = make_plan()
    row = plan.services.iloc[[0]].assign(service=service, footprint=footprint)
    return replace(plan, services=pd.concat([plan.services, row]))


def _wrong_population() -> Plan:
    plan = make_plan()
    return replace(plan, footprints=plan.footprints.assign(population=[3_000_000, 3_000_001]))


def _with_mode(mode: str) -> Plan:
    plan = make_plan()
    return replace(plan, footprints=plan.footprints.assign(mode=mode))


def _with_spend(spend_m: float) -> Plan:
    plan = make_plan()
    return replace(plan, services=plan.services.assign(spend_m=spend_m))


def _with_objective(objective: float) -> Plan:
    plan = make_plan()
    return replace(plan, outcome=replace(plan.outcome, objective=objective))


def _without_term(term: str) -> Plan:
    plan = make_plan()
    return replace(plan, terms=plan.terms[plan.terms["term"] != term])


def test_a_sound_plan_breaks_no_rule() -> None:
    """A plan worked out by hand, in a scenario that switches every rule on, passes."""
    assert check_plan(make_plan(), DATASET, SCENARIO) == ()


def test_the_terms_are_those_worked_out_by_hand() -> None:
    """Every term of the objective comes to the figure written out in the case."""
    terms = score_plan(make_plan(), DATASET, SCENARIO).set_index("term")
    assert dict(terms["measure"]) == pytest.approx(MEASURES)
    assert list(terms.columns) == ["weight", "measure", "unit", "cost_m"]


def test_a_holder_of_everything_bears_one_standard_deviation() -> None:
    """Shares of risk add up to the root of the whole variance, whoever holds."""
    facts = gather_facts(DATASET, SCENARIO)
    for members in (("A", "B"), ("C", "D"), ("A", "B", "C", "D")):
        shares = [
            charges(facts, SCENARIO, s, "footprint", members)["volatility"] for s in facts.in_scope
        ]
        people_m = sum(PEOPLE[i] for i in members) // 1_000_000
        assert len(shares) == 4
        assert sum(shares) == pytest.approx(SD[people_m])


def test_leakage_does_not_depend_on_levels() -> None:
    """Whoever holds the services, as much of the care in scope leaves the footprints."""
    for level in ("national", "footprint", "icb"):
        plan = make_plan(levels=dict.fromkeys(LEVELS, level))
        terms = score_plan(plan, DATASET, SCENARIO).set_index("term")
        assert terms["measure"]["leakage"] == pytest.approx(MEASURES["leakage"])


@pytest.mark.parametrize(
    ("integration", "team_m", "alone"), [(0.5, 0.02, ""), (0.9, 0.02, "D"), (1.15, 0.02, "CD")]
)
def test_at_the_icb_level_each_member_does_what_is_cheaper_for_it(
    integration: float, team_m: float, alone: str
) -> None:
    """Each ICB alone holds kidney care where that costs it less than its share of England's."""
    for i, spend_m, outside_m in (("C", 1.0, 0.0), ("D", 2.0, 0.2)):
        people_m, variance = round(spend_m), 0.02 * spend_m
        # Alone: its own deviation, a team, half of what it buys elsewhere, 5p a pound for the change.
        own = variance / SD[people_m] + team_m + 0.5 * outside_m + 0.05 * spend_m
        # England: its deviation, a share of one team, half of what lies off the map as well, and the
        # benefit (a tenth of the spend) forgone.
        shared = variance / SD[6] + team_m * people_m / 6 + 0.5 * outside_m
        england = shared + integration * 0.1 * spend_m
        assert (own < england) is (i in alone)
    scenario = SCENARIO.changed(
        {
            "services.force_local": [],
            "objective.integration": integration,
            "objective.holding_cost_m": team_m,
        }
    )
    facts, claim = gather_facts(DATASET, scenario), read_claim(make_plan())
    assert "".join(list_single(facts, scenario, claim, "kidney", "South")) == alone


@pytest.mark.parametrize("rule", OUT_OF_SCOPE)
def test_a_service_out_of_scope_that_is_held_is_named(rule: str) -> None:
    """A service that no plan may move is accused where it is held; the terms it leaves differ."""
    case = (make_plan(), with_service(DATASET, "kidney", **OUT_OF_SCOPE[rule]), _WIDE)
    assert _broken(case) - {"max_leakage_m"} == {rule, "terms_agree"}


def test_readiness_that_is_not_required_bars_nothing() -> None:
    """A footprint far from ready breaks a rule where the scenario asks for it, and else none."""
    asked = _scenario(readiness__joint=3.9, readiness__delegated=4.0)
    assert "readiness" in _broken(asked)
    assert "readiness" not in _broken((*asked[:2], asked[2].changed({"readiness.required": False})))


def test_a_lead_provider_is_charged_as_the_footprint_but_for_its_team() -> None:
    """Mind in the North, by hand: the same but for the team, and readiness is not asked."""
    facts = gather_facts(DATASET, _LED)
    members = GROUPS["North"]
    by_team, by_lead = (
        charges(facts, _LED, "mind", o, members) for o in ("footprint", "collaborative")
    )
    assert (by_lead.pop("holding"), by_lead.pop("lead_provider")) == (0.0, 1.0)
    assert (by_team.pop("holding"), by_team.pop("lead_provider")) == (1.0, 0.0)
    assert by_lead == by_team
    unready = _LED.changed({"readiness.delegated": 4.0})
    told = {
        o: {b.where for b in check_plan(with_levels({("mind", "North"): o}), DATASET, unready)}
        for o in ("footprint", "collaborative")
    }
    assert "mind in North" in told["footprint"]
    assert "mind in North" not in told["collaborative"]


def test_all_services_that_may_go_local_are_forced_by_one_word() -> None:
    """With "all", mind (national here) is accused; rare, which no plan may move, is not."""
    broken = check_plan(*_scenario(services__force_local="all"))
    assert {(b.rule, b.where) for b in broken} == {
        ("force_local", "mind in North"),
        ("force_local", "mind in South"),
    }


@pytest.mark.parametrize("rule", ALONE)
def test_a_planted_fault_is_named_and_nothing_else(rule: str) -> None:
    """A single broken rule is told by its name, and no sound rule is accused."""
    assert _broken(ALONE[rule]()) == {rule}


@pytest.mark.parametrize(
    ("rule", "case"), [(rule, case) for rule, cases in AMONG_OTHERS.items() for case in cases]
)
def test_a_wrong_plan_is_accused_of_its_fault(rule: str, case: Callable[[], Case]) -> None:
    """A plan that is wrong in more than one way is accused of the planted fault too."""
    assert rule in _broken(case())


def test_every_rule_has_a_planted_fault() -> None:
    """No rule goes untested, and no rule is told that is not on the list."""
    of_roadmaps = {"clawback"}  # planted in test_roadmap
    assert set(ALONE) | set(AMONG_OTHERS) | set(OUT_OF_SCOPE) == set(RULES) - of_roadmaps


def test_every_broken_rule_is_on_the_list_and_says_so_in_a_sentence() -> None:
    """Names come from one list; sentences end in a full stop and name the place."""
    cases = [*ALONE.values(), *(case for cases in AMONG_OTHERS.values() for case in cases)]
    for case in cases:
        for broken in check_plan(*case()):
            assert broken.rule in RULES
            assert broken.sentence.endswith(".")
            assert str(broken) == f"{broken.rule}: {broken.sentence}"
            assert list(broken.as_row()) == ["rule", "where", "value", "limit", "sentence"]
            assert broken.where


def test_an_icb_that_may_stand_alone_is_exempt_from_the_floors() -> None:
    """Alone and listed, an ICB may miss the floors on people, members and spend."""
    case = _grouped({"North": ("A",), "South": ("B", "C", "D")})
    exempt = case[2].changed({"footprints.stand_alone": ["A"]})
    floors = {"population_m", "members", "spend_m"}
    where = [b.where for b in check_plan(case[0], case[1], exempt) if b.rule in floors]
    assert {b.where for b in check_plan(*case) if b.rule in floors} == {"North", "South"}
    assert set(where) == {"South"}


def test_a_list_of_links_is_not_asked_for_when_contiguity_is_off() -> None:
    """Footprints in pieces pass when the scenario does not ask for one piece."""
    plan, dataset, scenario = _grouped({"North": ("A", "C"), "South": ("B", "D")})
    loose = scenario.changed({"footprints.contiguous": False})
    assert "contiguous" not in _broken((plan, dataset, loose))


@pytest.mark.parametrize(
    ("base", "people_m"), [("resident", 3.0), ("registered", 3.3), ("weighted", 2.8)]
)
def test_the_population_window_counts_the_base_it_names(base: str, people_m: float) -> None:
    """The window is met up to its edge in the base that the scenario names, and not beyond."""
    for most, broken in ((max(people_m, 3.2) + 0.01, False), (people_m - 0.3, True)):
        settings = {"footprints.population_base": base, "footprints.population_m": (2.0, most)}
        case = (make_plan(), DATASET, SCENARIO.changed(settings))
        assert ("population_m" in _broken(case)) is broken


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("weighted", "delegated"), ("weakest", "joint"), ("lead", "delegated")],
)
def test_readiness_follows_the_aggregate(aggregate: str, expected: str) -> None:
    """Scores 2 (1 m people) and 4 (2 m) are 3.3 weighted, 2 at the weakest, 4 at the lead."""
    case = _scenario(readiness__aggregate=aggregate)
    wrong = [b for b in check_plan(*case) if b.where.endswith(", mode")]
    assert [b.limit for b in wrong] == ([] if expected == "delegated" else [expected] * 2)


def test_scores_are_those_of_the_latest_year_up_to_the_one_asked_for() -> None:
    """In 2024 the scores of 2023 hold, one point lower: heart surgery loses its delegation."""
    assert "readiness" in _broken(_scenario(readiness__year=2024))
    assert "readiness" not in _broken(_scenario(readiness__year=2026))


def test_a_domain_without_a_threshold_asks_nothing() -> None:
    """Thresholds by domain leave the other domains at 0."""
    assert "readiness" not in _broken(_scenario(readiness__joint={"digital": 2.0}))
    assert "readiness" in _broken(_scenario(readiness__joint={"digital": 2.1}))


def test_moves_are_counted_under_the_best_pairing() -> None:
    """The plan keeps one ICB in each footprint; the baseline itself moves none."""
    facts = gather_facts(DATASET, SCENARIO)
    assert count_moved(facts, read_claim(make_plan())) == 2
    old, _, _ = _grouped({"p": ("A",), "q": ("B", "C"), "r": ("D",)}, {})
    assert count_moved(facts, read_claim(old)) == 0


def test_tables_that_are_missing_switch_their_rules_off() -> None:
    """Without travel, readiness and providers the rest is still judged, providers by flows."""
    dataset = DATASET
    for table in ("travel", "readiness", "service_providers"):
        dataset = with_table(dataset, table, None)
    broken = check_plan(make_plan(), dataset, SCENARIO)
    places = {b.where for b in broken}
    assert {b.rule for b in broken} == {"figures_agree"}
    assert places == {"North, mode", "South, mode"}


def test_the_toy_dataset_leaks_and_varies_as_its_readme_works_out() -> None:
    """Renal care in the northern row leaks £1.0m of £29.0m; S5 in the middle varies by £²1.3m."""
    toy = read_dataset(Path(__file__).parents[2] / "inputs" / "toy")
    facts = gather_facts(toy, Scenario())
    north, middle = ("A1", "A2", "A3"), ("B1", "B2", "B3")
    assert facts.spend_m("S1", north) == pytest.approx(29.0)
    assert facts.leakage_m("S1", north) == pytest.approx(1.0)
    # 40 patients of £0.1m each, whose cost varies by 1.5 of itself: 0.1² × 40 × (1 + 1.5²).
    assert facts.variance("S5", middle) == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        (1.37503, 2.5, "1.38"),
        (2.4999, 2.5, "2.4999"),
        (9.0, 8.0, "9"),
        (12345.678, 12346.0, "12345.68"),
        (1.000001, 1.0, "1.000001"),
        (1.00000001, 1.0, "1.00000001"),
        (1.0000000001, 1.0, "1"),
    ],
)
def test_a_number_is_told_apart_from_the_limit_it_breaks(
    value: float, limit: float, told: str
) -> None:
    """As few decimals as show on which side of the limit it is."""
    assert tell_beside(value, limit) == told


# Where each planted fault is, what the plan has there and what is allowed, by hand.
FIGURES: dict[str, dict[str, tuple[float | str, float | str]]] = {
    "count": {"England": (2, "3 to 4")},
    "population_m": dict.fromkeys(GROUPS, (3.0, 3.1)),
    "members": dict.fromkeys(GROUPS, (2, 3)),
    "spend_m": dict.fromkeys(GROUPS, (3 * 1.8, 5.3)),
    "max_travel_minutes": dict.fromkeys(GROUPS, (10 + 30, 39)),
    "keep_apart": {"North": (2, 1)},
    "max_moved": {"England": (2, 1)},
    # B and C share 10 km of 15 with their fellow member, A and D 10 of 10.05.
    "min_shared_border": dict.fromkeys(GROUPS, (10 / 15, 0.99)),
    # £0.6m in five steps, of £11.6m and of £11.0m.
    "max_first_year_change": {"North": (0.12, 0.116), "South": (0.12, 0.11)},
    # Half of mind's £0.6m from the South, of £3.3m; half of the kidney's £0.5m from B, of £3.3m.
    "max_income_at_risk": {"PB": (0.3, 0.165), "PC": (0.25, 0.165)},
    "min_providers": {"heart in North": (1, 2), "heart in South": (1, 2)},
    "min_patients": {"valve in North": (3.0, 3.01), "valve in South": (3.0, 3.01)},
    "max_cv": {"kidney in Cedar (C)": (SD[1] / 1.8, 0.16)},
    # Kidney 6, heart 3 and valve 0.6.
    "min_local_spend_m": {"England": (9.6, 9.7)},
    "max_local_spend_m": {"England": (9.6, 9.5)},
    "min_local_services": {"England": (3.0, 3.1)},
    "max_local_services": {"England": (3.0, 2.9)},
    "max_leakage_m": {"England": (MEASURES["leakage"], 1.2)},
    "max_volatility_m": {"England": (MEASURES["volatility"], 1.0)},
    # Of £5.4m all but mind's 0.6.
    "min_local_share_each": dict.fromkeys(GROUPS, (4.8 / 5.4, 0.9)),
    "min_local_services_each": dict.fromkeys(GROUPS, (3.0, 3.1)),
    "contiguous": {"North": ("B", "none cut off"), "South": ("D", "none cut off")},
    "keep_together": {"A C": ("North, South", "one")},
    "fixed": {"D": ("not a footprint", "a footprint")},
    "fixed_lead": {"North": ("B", "A")},
    "within_regions": {"North": ("East, North", "one region")},
    "one_lead": {"South": ("D C", "one lead")},
    "levels": {"kidney in South": ("icb", "national, footprint")},
    "force_local": {f"mind in {f}": ("national", "local") for f in GROUPS},
    "readiness": {"kidney in Cedar (C)": ("not_ready", "joint")},
    "moves_with": {"heart in South": ("footprint", "icb")},
    "portfolio": {"kidney": ("footprint, icb", "one level")},
    "one_level_per_service": {"kidney in North": (2, 1)},
    "figures_agree": {"South, population": ("3000001", 3_000_000)},
}


@pytest.mark.parametrize("rule", FIGURES)
def test_a_broken_rule_tells_where_and_by_how_much(rule: str) -> None:
    """The place, what the plan has and what is allowed, as worked out by hand; no other place."""
    broken = check_plan(*ALONE[rule]())
    assert [b.where for b in broken] == list(FIGURES[rule])
    for found, (value, limit) in zip(broken, FIGURES[rule].values(), strict=True):
        assert found.value == (value if isinstance(value, str) else pytest.approx(value))
        assert found.limit == (limit if isinstance(limit, str) else pytest.approx(limit))


def test_what_just_meets_every_limit_breaks_none() -> None:
    """Each window, floor and ceiling set to what the plan has."""
    exact: dict[str, object] = {
        "footprints.population_m": (3.0, 3.0),
        "footprints.members": (2, 2),
        "footprints.spend_m": (5.4, 5.4),
        "footprints.max_travel_minutes": 40,
        "footprints.min_border_km": 10,
        "footprints.min_shared_border": 10 / 15,
        "footprints.max_first_year_change": 0.12 / 11,
        "footprints.max_income_at_risk": 0.3 / 3.3,
        "providers.smallest_m": 3.3,
        "services.min_patients": 3.0,
        "services.max_cv": SD[1] / 1.8,
        "services.min_local_spend_m": 9.6,
        "services.max_local_spend_m": 9.6,
        "services.min_local_services": 3.0,
        "services.max_local_services": 3.0,
        "services.max_leakage_m": 1.3,
        "services.max_volatility_m": MEASURES["volatility"],
        "services.min_local_share_each": 4.8 / 5.4,
        "services.min_local_services_each": 3.0,
        "readiness.joint": 2.0,
        "readiness.delegated": 10 / 3,
    }
    assert check_plan(make_plan(), DATASET, SCENARIO.changed(exact)) == ()
    # A trust smaller than the smallest counted may live on what others send it.
    small = {**exact, "providers.smallest_m": 3.31, "footprints.max_income_at_risk": 0.01}
    assert check_plan(make_plan(), DATASET, SCENARIO.changed(small)) == ()


@pytest.mark.parametrize(
    ("limit", "slack"), [(0.5, 1e-9), (1.0, 1e-9), (400.0, 4e-7), (-8.0, 8e-9)]
)
def test_a_limit_gives_way_to_rounding_alone(limit: float, slack: float) -> None:
    """By a billionth of it, or of one where it is less."""
    for share, beyond in ((0.9, False), (1.1, True)):
        assert is_above(limit + share * slack, limit) is beyond
        assert is_below(limit - share * slack, limit) is beyond
    assert not is_above(limit + slack / 2, limit)
    assert is_above(limit + 900 * slack, limit, SOLVED) is False
    assert is_above(limit + 1100 * slack, limit, SOLVED) is True


def test_whoever_bears_as_much_either_way_leaves_it_to_england() -> None:
    """D buys £0.2m of kidney care off the map, whoever holds; nothing else weighs."""
    weightless = {f"objective.{NAMES.get(name, name)}": 0.0 for name in OF_LEVELS}
    scenario = SCENARIO.changed({**weightless, "objective.contracting": 0.5})
    free = scenario.changed({"services.force_local": []})
    facts, claim = gather_facts(DATASET, free), read_claim(make_plan())
    assert not list_single(facts, free, claim, "kidney", "South")


def test_a_measure_that_weighs_nothing_need_not_be_right() -> None:
    """Its cost is nothing; with a weight the same measure is accused."""
    wrong = make_plan(measures={**MEASURES, "governance": 5.0})
    free = SCENARIO.changed({"objective.governance_cost_m": 0.0})
    terms = wrong.terms.assign(
        weight=wrong.terms["weight"].where(wrong.terms["term"] != "governance", 0)
    )
    terms["cost_m"] = terms["weight"] * terms["measure"]
    outcome = replace(wrong.outcome, objective=float(terms["cost_m"].sum()))
    assert check_plan(replace(wrong, terms=terms, outcome=outcome), DATASET, free) == ()
    assert "governance, measure" in {b.where for b in check_plan(wrong, DATASET, SCENARIO)}
    named = replace(wrong, terms=wrong.terms.replace("governance", "goverment"))
    assert {"governance", "goverment"} <= {b.where for b in check_plan(named, DATASET, SCENARIO)}


def test_without_a_baseline_nothing_is_disrupted() -> None:
    """Nor moved: there is nothing to move from."""
    free = SCENARIO.changed({"footprints.baseline": "", "footprints.max_moved": None})
    terms = score_plan(make_plan(), DATASET, free).set_index("term")
    assert terms["measure"]["disruption"] == 0.0
    assert terms["cost_m"]["disruption"] == 0.0


def test_a_footprint_must_be_ready_only_where_that_is_required() -> None:
    """The footprint itself is named, beside the services it holds."""
    for required, told in ((True, {"North", "South"}), (False, set())):
        asked = {"readiness.joint": 3.9, "readiness.delegated": 4.0, "readiness.required": required}
        broken = check_plan(make_plan(), DATASET, SCENARIO.changed(asked))
        assert {b.where for b in broken if b.rule == "readiness"} & {"North", "South"} == told


def test_a_provider_is_counted_once_however_many_it_treats() -> None:
    """By the list of who gives what, or without one by flows that are not nothing."""
    again = with_table(DATASET, "service_providers", pd.concat([DATASET.service_providers] * 2))
    idle = pd.DataFrame([{"service": "heart", "icb": "A", "provider": "PB", "spend_m": 0.0}])
    flows = replace(
        with_table(DATASET, "service_providers", None), flows=pd.concat([DATASET.flows, idle])
    )
    for dataset in (DATASET, again, flows):
        facts = gather_facts(dataset, SCENARIO)
        assert facts.providers("kidney", ("A", "B")) == 2
        assert facts.providers("heart", ("A", "B", "C", "D")) == 2
        assert facts.hosted[("kidney", "")] == 0


def test_what_is_not_in_the_flows_is_nothing() -> None:
    """An ICB without a service's patients, a service without any, money that no table tells."""
    flows = DATASET.flows[(DATASET.flows["icb"] != "A") | (DATASET.flows["service"] != "kidney")]
    without = replace(DATASET, flows=flows[flows["service"] != "rare"], funding=None)
    facts = gather_facts(without, SCENARIO)
    assert facts.spend_m("kidney", ("A",)) == facts.leakage_m("kidney", ("A",)) == 0
    assert facts.patients("rare", ("A", "B")) == facts.variance("rare", ("A", "B")) == 0
    assert facts.patients("kidney", ("B", "C", "D")) == pytest.approx(600)
    assert facts.shift_m == facts.historic_m == {}


def test_an_icb_is_named_as_a_person_would() -> None:
    """By its short name and code, by the code alone where it is no ICB of the dataset."""
    facts = gather_facts(DATASET, SCENARIO)
    assert (facts.said("A"), facts.said("Z")) == ("Ash (A)", "Z")


def test_an_icb_alone_need_share_no_border() -> None:
    """There is nobody to share it with; a lone member among others is named."""
    plan, dataset, scenario = _grouped({"North": ("A",), "South": ("B", "C", "D")})
    asked = scenario.changed({"footprints.min_shared_border": 0.1})
    assert "min_shared_border" not in _broken((plan, dataset, asked))
    cut_off = make_plan(groups={"North": ("A", "C"), "South": ("B", "D")})
    assert "min_shared_border" in _broken((cut_off, dataset, asked))
