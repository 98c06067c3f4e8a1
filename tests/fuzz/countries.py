"""Random countries under random rules: the engine, brute force, the compact model and the referee.

    python -m fuzz.countries --cases 300 --seed 1 [--saved-every 4] [--compiled]

Each case draws a country and a scenario: pooled risk, three levels, floors in each footprint and across
footprints, both policies, rules of the map. It is solved by the engine, looked through whole, scored by
the referee, put to the compact model where that can express it; and written, solved from its files,
saved and proved again by ``verify``. The counts say what was covered. With ``--compiled`` even the
shortest lists are made, costed and priced in compiled code.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from support.brute import find_best
from support.cases import make_case
from support.countries import random_country

from optimiser.engine.assignment import solve_compact
from optimiser.engine.highs.adapter import Highs
from optimiser.errors import NoPlanError, UnsupportedError
from optimiser.footprints import listing
from optimiser.footprints.system import build_system
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.schema import TABLES
from optimiser.inputs.writing import NewDataset, write_dataset
from optimiser.proof.referee import check_plan
from optimiser.proof.verify import verify_run
from optimiser.questions.case import Case
from optimiser.questions.solve import solve_case
from optimiser.runs.folder import write_run

SMALL = 1e-7
"""Relative difference of two scores that rounding may make."""
ACROSS = (
    *("services.min_local_spend_m", "services.max_local_spend_m", "services.min_local_services"),
    *("services.max_leakage_m", "services.max_volatility_m"),
)
CELLS = 13
"""Services times ICBs that brute force can look through together: 3 to the 13th plans, 13 MB."""
LED_CELLS = 10
"""The same where lead providers may hold: 4 to the 10th plans."""


def draw_settings(draw: random.Random, size: int, linear: bool) -> dict[str, object]:
    """A scenario's settings, of which some are switched on."""
    weights: dict[str, object] = {
        "objective.leakage": round(draw.uniform(0, 1), 2),
        "objective.contracting": round(draw.uniform(0, 0.5), 2),
        "objective.volatility": 0.0 if linear else round(draw.uniform(0, 3), 2),
        "objective.integration": round(draw.uniform(0, 2), 2),
        "objective.sharing_loss": 0.0 if linear else round(draw.uniform(0, 1), 2),
        "objective.holding_cost_m": round(draw.uniform(0, 0.5), 2),
        "objective.transition_delegate": draw.choice([0.0, 0.02]),
        "objective.transition_clawback": draw.choice([0.0, 0.05]),
        "objective.committee_cost_m": draw.choice([0.0, 0.5]),
        "objective.governance_cost_m": draw.choice([0.0, 0.1]),
        "footprints.members": (1, draw.randint(2, size)),
        "services.levels": draw.choice(
            [
                ("national", "footprint"),
                ("national", "footprint", "icb"),
                ("national", "icb", "footprint"),
            ]
        ),
    }
    optional: list[dict[str, object]] = [
        {"services.min_local_share_each": round(draw.uniform(0.1, 0.9), 2)},
        {"services.min_local_services_each": float(draw.randint(1, 2))},
        {"services.min_local_spend_m": round(draw.uniform(1, 20), 1)},
        {"services.max_local_spend_m": round(draw.uniform(20, 60), 1)},
        {"services.min_local_services": round(draw.uniform(0.5, 2), 1)},
        {"services.max_leakage_m": round(draw.uniform(5, 30), 1)},
        {"services.max_volatility_m": round(draw.uniform(1, 9), 1)},
        {"services.max_cv": round(draw.uniform(0.05, 0.3), 2)},
        {"services.min_patients": float(draw.randint(10, 200))},
        {"services.force_local": draw.choice([("S0",), "all"])},
        {"services.force_national": ("S1",)},
        {"readiness.joint": 2.0, "readiness.required": draw.random() < 0.6},
        {"footprints.count": draw.randint(1, 3)},
        {"footprints.baseline": "halves", "footprints.max_moved": draw.randint(0, 3)},
        {"footprints.baseline": "halves", "objective.disruption": 2.0},
        {"objective.allocation": 0.1},
        {"footprints.max_first_year_change": round(draw.uniform(0.01, 0.3), 2)},
        {
            "footprints.max_income_at_risk": round(draw.uniform(0.1, 0.4), 2),
            "providers.smallest_m": 0.5,
        },
        {"footprints.min_shared_border": draw.choice([0.2, 0.35, 0.5])},
    ]
    if linear:  # what the compact model can express
        known = ("services.min_patients", "services.force_national", "footprints.count")
        optional = [one for one in optional if set(one) <= set(known)]
    for one in draw.sample(optional, draw.randint(0, min(4, len(optional)))):
        weights |= one
    if not linear and draw.random() < 0.5:
        weights["services.portfolio"] = "uniform"
    return weights


def open_collaboratives(
    draw: random.Random, dataset: Dataset, settings: dict[str, object]
) -> tuple[Dataset, dict[str, object]]:
    """A country some of whose services lead providers may hold, and the settings that let them."""
    marked = [draw.random() < 0.7 for _ in dataset.services["service"]]
    already: Any = settings["services.levels"]
    levels = [*already, "collaborative"]
    draw.shuffle(levels)
    opened = {
        "services.levels": tuple(levels),
        "objective.lead_provider_cost_m": round(draw.uniform(0, 0.5), 2),
    }
    return replace(dataset, services=dataset.services.assign(collaborative=marked)), opened


def draw_case(seed: int) -> Case:
    """One country under one scenario."""
    draw = random.Random(seed)
    size = draw.randint(3, 6)
    services, linear = draw.randint(2, 4), draw.random() < 0.3
    settings = draw_settings(draw, size, linear)
    led = draw.random() < 0.3
    if any(name in settings for name in ACROSS):
        services = min(services, (LED_CELLS if led else CELLS) // size)
    dataset = random_country(seed, size, services)
    if led:
        dataset, opened = open_collaboratives(draw, dataset, settings)
        settings |= opened
    if draw.random() < 0.3 and services > 1:
        tied = dataset.services.copy()
        tied.loc[1, "moves_with"] = "S0"
        dataset = replace(dataset, services=tied)
    if linear:
        dataset = replace(dataset, readiness=None)
    return make_case(dataset, settings)


def write_country(dataset: Dataset, folder: Path) -> Path:
    """Write a country as a dataset without faults: totals that must agree do."""
    flows, services = dataset.flows, dataset.services.set_index("service")
    each = (services["patients"] / services["spend_m"]).fillna(0.0)
    flows = flows.assign(patients=flows["spend_m"] * flows["service"].map(each))
    tables = {name: getattr(dataset, name) for name in TABLES if name != "sources"}
    tables["icbs"] = dataset.icbs.assign(name=dataset.icbs["short_name"])
    tables["providers"] = dataset.providers.assign(name=dataset.providers["provider"])
    if dataset.funding is not None:
        ratio = dataset.funding["historic_m"].sum() / dataset.funding["needs_based_m"].sum()
        needs_m = dataset.funding["needs_based_m"] * ratio
        tables["funding"] = dataset.funding.assign(needs_based_m=needs_m)
    given = {
        name: table for name, table in (tables | {"flows": flows}).items() if table is not None
    }
    about = replace(dataset.about, name="drawn", population_base="resident")
    return write_dataset(NewDataset(about, given, dataset.plans), folder)


def check_saved(case: Case, highs: Highs) -> None:
    """Solve a case from its files, save the run, and have it proved again without a solver.

    Raises:
        AssertionError: what was saved is not what can be proved.
    """
    with TemporaryDirectory() as place:
        inputs = write_country(case.dataset, Path(place) / "drawn")
        dataset = read_dataset(inputs)
        read = Case(case.scenario, dataset, build_system(dataset, case.scenario))
        plan = solve_case(read, highs)
        run = write_run(plan, dataset, case.scenario, Path(place) / "run")
        found = verify_run(run, inputs)
        assert found.verified, [f"{one.check}: {one.detail}" for one in found.differs]


def try_case(case: Case, highs: Highs, counts: Counter[str], saved: bool = True) -> None:
    """Compare every method on one case.

    Args:
        case: the country and what is asked.
        highs: the solver.
        counts: of what was covered; added to.
        saved: whether it is also solved from its files, saved and verified.

    Raises:
        AssertionError: two of them differ.
    """
    expected = find_best(case.dataset, case.scenario)
    try:
        plan = solve_case(case, highs)
    except UnsupportedError:
        counts["refused by name"] += 1
        return
    except NoPlanError:
        assert expected is None, f"called impossible; brute force finds {expected}"
        counts["impossible"] += 1
        return
    assert expected is not None, f"a plan of {plan.objective} where there is none"
    assert math.isclose(plan.objective, expected.cost_m, rel_tol=SMALL, abs_tol=1e-6), (
        plan.objective,
        expected.cost_m,
    )
    broken = check_plan(plan, case.dataset, case.scenario)
    assert not broken, broken
    counts["solved"] += 1
    counts[case.scenario.services.portfolio] += 1
    for level in set(plan.services["level"]):
        counts[f"some service {level}"] += 1
    if (
        case.scenario.services.min_local_share_each
        or case.scenario.services.min_local_services_each
    ):
        counts["with a floor in each footprint"] += 1
    if saved:
        check_saved(case, highs)
        counts["verified from its files"] += 1
    try:
        decision = solve_compact(case.system, highs)
    except UnsupportedError:
        return
    counts["compact model"] += 1
    own = sum(decision.terms_m.values())
    assert math.isclose(own, expected.cost_m, rel_tol=1e-6, abs_tol=1e-5), (own, expected.cost_m)


def main() -> None:
    """Run the cases that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--saved-every", type=int, default=1, help="saved and verified: each Nth")
    parser.add_argument("--compiled", action="store_true")
    given = parser.parse_args()
    if given.compiled:
        listing.MOST_WALKED = 0
    counts: Counter[str] = Counter()
    failed = []
    with Highs() as highs:
        for k in range(given.cases):
            try:
                saved = k % given.saved_every == 0
                try_case(draw_case(given.seed * 1_000_000 + k), highs, counts, saved)
            except Exception as error:  # every kind of failure is a finding
                failed.append((given.seed * 1_000_000 + k, repr(error)[:300]))
                print("FAILED", *failed[-1], flush=True)
    for name, number in sorted(counts.items()):
        print(f"{number:6} {name}")
    print(f"{len(failed):6} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
