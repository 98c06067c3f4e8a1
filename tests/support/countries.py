"""Countries drawn at random, small enough for brute force, and how to draw settings for them."""

from __future__ import annotations

import random
from dataclasses import replace

import pandas as pd
from support.cases import country

from optimiser.inputs.dataset import PDAF_DOMAINS, Dataset


def random_country(seed: int, size: int = 6, services: int = 3) -> Dataset:
    """A connected map with travel, readiness, money and a baseline plan; every number drawn."""
    draw = random.Random(seed)
    icbs = [f"N{k}" for k in range(size)]
    links = [(icbs[draw.randrange(k)], icbs[k]) for k in range(1, size)]
    spare = [(a, b) for k, a in enumerate(icbs) for b in icbs[k + 1 :] if (a, b) not in links]
    links += draw.sample(spare, min(len(spare), size // 2))
    people = {i: float(draw.randint(5, 20)) * 100_000 for i in icbs}
    flow_m = {
        (f"S{s}", i, j): _flow_m(draw, i, j, people[i])
        for s in range(services)
        for i in icbs
        for j in (*icbs, "")
        if i == j or draw.random() < 0.5
    }
    dataset = country(flow_m, icbs, links, people)
    halves = [(i, "one" if k < size // 2 else "two") for k, i in enumerate(icbs)]
    return replace(
        dataset,
        services=_drawn_services(draw, dataset.services),
        travel=_travel(draw, icbs),
        readiness=_readiness(draw, icbs),
        funding=_funding(draw, icbs),
        plans={"halves": pd.DataFrame(halves, columns=["icb", "footprint"])},
    )


def _flow_m(draw: random.Random, home: str, host: str, people: float) -> float:
    share = draw.uniform(3, 9) if home == host else draw.uniform(0.1, 1.5)
    return round(share * people / 1e6, 3)


def _drawn_services(draw: random.Random, table: pd.DataFrame) -> pd.DataFrame:
    drawn = table.copy()
    rows = range(len(drawn))
    drawn["patients"] = [amount * draw.uniform(2, 60) for amount in drawn["spend_m"]]
    drawn["case_cost_cv"] = [draw.uniform(0.5, 2.0) for _ in rows]
    drawn["common_shock"] = [draw.uniform(0.0, 0.1) for _ in rows]
    drawn["min_providers"] = [draw.randint(0, 3) for _ in rows]
    drawn["integration_benefit"] = [draw.uniform(0.05, 0.5) for _ in rows]
    drawn["current_level"] = [draw.choice(["", "national", "footprint", "icb"]) for _ in rows]
    drawn["needs_delegation"] = [draw.random() < 0.3 for _ in rows]
    return drawn


def _travel(draw: random.Random, icbs: list[str]) -> pd.DataFrame:
    rows = [(i, j, 10.0 if i == j else draw.uniform(20, 150)) for i in icbs for j in icbs]
    return pd.DataFrame(rows, columns=["from_icb", "to_icb", "minutes"])


def _readiness(draw: random.Random, icbs: list[str]) -> pd.DataFrame:
    rows = [(i, d, round(draw.uniform(1.5, 4), 1), 2023) for i in icbs for d in PDAF_DOMAINS]
    return pd.DataFrame(rows, columns=["icb", "domain", "score", "year"])


def _funding(draw: random.Random, icbs: list[str]) -> pd.DataFrame:
    rows = [(i, draw.uniform(5, 20), draw.uniform(5, 20)) for i in icbs]
    return pd.DataFrame(rows, columns=["icb", "historic_m", "needs_based_m"])
