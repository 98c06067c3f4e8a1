"""Cases to solve: the toy country, cut-outs of a country, and plain graphs; all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from optimiser.footprints.system import build_system
from optimiser.inputs.dataset import PDAF_DOMAINS, About, Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.questions.case import Case

INPUTS = Path(__file__).parents[2] / "inputs"
TOY = INPUTS / "toy"
ENGLAND = INPUTS / "england-42"
Settings = Mapping[str, object]
Link = tuple[str, str]


@cache
def toy() -> Dataset:
    """The toy dataset."""
    return read_dataset(TOY)


@cache
def england() -> Dataset:
    """The England dataset."""
    return read_dataset(ENGLAND)


def make_case(dataset: Dataset, settings: Settings) -> Case:
    """A dataset under a scenario of defaults and these settings (``section.key``)."""
    scenario = Scenario().changed(settings)
    return Case(scenario, dataset, build_system(dataset, scenario))


def cut_out(dataset: Dataset, icbs: Sequence[str], services: Sequence[str]) -> Dataset:
    """A few ICBs and services of a country; providers of other ICBs lie elsewhere.

    Patients and money of a service are those of the ICBs that are left.
    """
    kept = set(icbs)
    flows = dataset.flows[
        dataset.flows["icb"].isin(kept) & dataset.flows["service"].isin(set(services))
    ].reset_index(drop=True)
    providers = dataset.providers.copy()
    providers["icb"] = providers["icb"].where(providers["icb"].isin(kept), "")
    pairs = dataset.service_providers
    return replace(
        dataset,
        icbs=_rows(dataset.icbs, "icb", kept),
        neighbours=_rows(_rows(dataset.neighbours, "a", kept), "b", kept),
        services=_services_of(dataset.services, services, flows),
        providers=providers,
        flows=flows,
        service_providers=None if pairs is None else _rows(pairs, "service", set(services)),
        travel=None
        if dataset.travel is None
        else _rows(_rows(dataset.travel, "from_icb", kept), "to_icb", kept),
        readiness=None if dataset.readiness is None else _rows(dataset.readiness, "icb", kept),
        funding=None if dataset.funding is None else _rows(dataset.funding, "icb", kept),
        plans={name: _rows(plan, "icb", kept) for name, plan in dataset.plans.items()},
    )


def _rows(frame: pd.DataFrame, column: str, kept: Iterable[str]) -> pd.DataFrame:
    return frame[frame[column].isin(set(kept))].reset_index(drop=True)


def _services_of(table: pd.DataFrame, services: Sequence[str], flows: pd.DataFrame) -> pd.DataFrame:
    chosen = table[table["service"].isin(set(services))].reset_index(drop=True)
    for column in ("patients", "spend_m"):
        summed = flows.groupby("service")[column].sum()
        chosen[column] = chosen["service"].map(summed).fillna(0.0)
    chosen["moves_with"] = chosen["moves_with"].where(chosen["moves_with"].isin(set(services)), "")
    return chosen


def without_pairs(dataset: Dataset) -> Dataset:
    """The dataset with every service deciding for itself."""
    services = dataset.services.copy()
    services["moves_with"] = ""
    return replace(dataset, services=services)


def connected_icbs(dataset: Dataset, first: str, size: int, seed: int) -> tuple[str, ...]:
    """A connected set of ICBs that grows from one by neighbours drawn at random."""
    near: dict[str, set[str]] = {}
    for a, b in zip(dataset.neighbours["a"], dataset.neighbours["b"], strict=True):
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    draw = np.random.default_rng(seed)
    kept = {first}
    while len(kept) < size:
        edge = sorted(set().union(*(near[i] for i in kept)) - kept)
        kept.add(str(draw.choice(edge)))
    return tuple(i for i in dataset.icbs["icb"] if i in kept)


def permuted(dataset: Dataset, seed: int) -> Dataset:
    """The same country with its rows in another order (ICBs, links, services and flows)."""

    def shuffled(frame: pd.DataFrame, add: int) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=seed + add).reset_index(drop=True)

    return replace(
        dataset,
        icbs=shuffled(dataset.icbs, 0),
        neighbours=shuffled(dataset.neighbours, 1),
        services=shuffled(dataset.services, 2),
        flows=shuffled(dataset.flows, 3),
        providers=shuffled(dataset.providers, 4),
    )


def graph_case(
    links: Sequence[Link],
    footprints: int,
    members: tuple[int, int],
    more: Settings = MappingProxyType({}),
) -> Case:
    """A case whose least cost is the fewest links that a division of a graph must cut.

    Residents spend £0.5m a year with each neighbour (so £1m crosses each link) and £1m at home, on
    one service; the leakage of the map is all that weighs, so it does not matter who holds it.
    """
    settings = {
        "footprints.count": footprints,
        "footprints.members": members,
        "objective.leakage": 1.0,
        **dict.fromkeys(("objective.contracting", "objective.volatility"), 0.0),
        "objective.integration": 0.0,
    }
    return make_case(network(links), {**settings, **more})


def network(links: Sequence[Link], populations: Mapping[str, float] | None = None) -> Dataset:
    """A country of one provider in each ICB, £0.5m crossing each link both ways."""
    icbs = sorted({i for link in links for i in link})
    rows = [(i, i, 1.0) for i in icbs]
    rows += [row for a, b in links for row in ((a, b, 0.5), (b, a, 0.5))]
    return country({("S", i, j): amount for i, j, amount in rows}, icbs, links, populations)


def country(
    flow_m: Mapping[tuple[str, str, str], float],
    icbs: Sequence[str],
    links: Sequence[Link],
    populations: Mapping[str, float] | None = None,
) -> Dataset:
    """A made-up country: one provider in each ICB, and £m by service, residence and host.

    A host of ``""`` is elsewhere. Each service has 100 patients a £m, no common shock, and may be
    held by anyone with a provider.
    """
    people = populations or dict.fromkeys(icbs, 1_000_000)
    flows = pd.DataFrame(
        [(s, i, f"P{j}", 100 * m, m) for (s, i, j), m in flow_m.items()],
        columns=["service", "icb", "provider", "patients", "spend_m"],
    )
    names = list(dict.fromkeys(flows["service"]))
    total = flows.groupby("service")[["patients", "spend_m"]].sum().reindex(names)
    return Dataset(
        folder=Path("nowhere"),
        about=About("made up", "Made up", "invented", "resident", "none", "invented"),
        icbs=_made_up_icbs(icbs, people),
        neighbours=pd.DataFrame(
            [(a, b, "land", 10.0, "") for a, b in links],
            columns=["a", "b", "kind", "border_km", "reason"],
        ),
        services=_made_up_services(names, total),
        providers=pd.DataFrame(
            {
                "provider": [f"P{i}" for i in (*icbs, "")],
                "name": "",
                "icb": [*icbs, ""],
                "specialised_income_share": float("nan"),
            }
        ),
        flows=flows,
        service_providers=None,
        travel=None,
        readiness=None,
        funding=None,
        sources=None,
        plans={},
        boundaries=None,
        hashes={},
    )


def _made_up_icbs(icbs: Sequence[str], people: Mapping[str, float]) -> pd.DataFrame:
    persons = [float(people[i]) for i in icbs]
    return pd.DataFrame(
        {
            "icb": list(icbs),
            "short_name": list(icbs),
            "region": "all",
            "population": persons,
            "registered_population": persons,
            "weighted_population": persons,
            "commissioner": "",
            "deprived_share": float("nan"),
        }
    )


def _made_up_services(names: Sequence[str], total: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service": list(names),
            "name": list(names),
            "programme_of_care": "",
            "category": "ready",
            "ready_year": pd.array([2020] * len(names), dtype="Int64"),
            "highly_specialised": False,
            "patients": total["patients"].to_numpy(float),
            "spend_m": total["spend_m"].to_numpy(float),
            "case_cost_cv": 1.0,
            "common_shock": 0.0,
            "min_providers": 0,
            "min_patients": 0.0,
            "max_cv": float("nan"),
            "integration_benefit": 0.1,
            "innovation": 0.0,
            "needs_delegation": False,
            "current_level": "",
            "published_category": "",
            "delegated_from": pd.array([pd.NA] * len(names), dtype="Int64"),
            "collaborative": False,
            "moves_with": "",
            "provenance": "invented",
        }
    )


def grid(rows: int, columns: int) -> list[Link]:
    """Links of a rectangular grid, nodes named ``r1c1``."""
    across = [(f"r{r}c{c}", f"r{r}c{c + 1}") for r in range(rows) for c in range(columns - 1)]
    down = [(f"r{r}c{c}", f"r{r + 1}c{c}") for r in range(rows - 1) for c in range(columns)]
    return across + down


def path_graph(size: int) -> list[Link]:
    """Links of a line of nodes."""
    return [(f"n{k:02}", f"n{k + 1:02}") for k in range(size - 1)]


def cycle_graph(size: int) -> list[Link]:
    """Links of a ring of nodes."""
    return [*path_graph(size), ("n00", f"n{size - 1:02}")]


def same_scores(icbs: Sequence[str], scores: Mapping[str, float]) -> pd.DataFrame:
    """Readiness of each ICB, alike in all domains."""
    rows = [(i, domain, scores[i], 2023) for i in icbs for domain in PDAF_DOMAINS]
    return pd.DataFrame(rows, columns=["icb", "domain", "score", "year"])


def without_table(dataset: Dataset, table: str) -> Dataset:
    """The dataset without a table that may be absent."""
    absent: dict[str, Any] = {table: None}
    return replace(dataset, **absent)
