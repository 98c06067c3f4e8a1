"""Planar maps like those of counties: neighbours that share a border, people spread unevenly."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay
from support.cases import Link, make_case, network
from support.datasets import write_csv

from optimiser.questions.case import Case

SHIFT = 0.3
"""How far a county's middle lies from that of its cell of a grid: surveyed, but not quite square."""
FAR = 1.45
"""Middles farther apart than this (in cells) share no border: diagonals of a square now and then do."""
UNEVEN = 1.1
"""Standard deviation of the logarithm of a county's people: the largest has twenty times the middle."""
LARGEST = 0.8
"""Share of a mean footprint that one county has at most: else no plan could keep a narrow window."""

ABOUT = """name = "counties"
title = "Made-up counties"
vintage = "invented"
population_base = "resident"
currency_year = "none"
attribution = "Invented for tests; nothing here describes a real place."
modelled = ["Everything: places, people and flows are invented."]
"""
COLUMNS = ("service", "name", "category", "ready_year", "highly_specialised", "patients", "spend_m")
SCENARIO = """title = "Even shares of people, the fewest links cut"
dataset = "."

[footprints]
count = {count}
population_m = [{least!r}, {most!r}]

[objective]
leakage = 1.0
contracting = 0.0
volatility = 0.0
integration = 0.0
"""


def draw_map(size: int, footprints: int, seed: int) -> tuple[list[Link], dict[str, float]]:
    """Links and persons of a random planar map, nodes named ``c007``."""
    draw = np.random.default_rng(seed)
    width = math.ceil(math.sqrt(size))
    cells = np.array([(k // width, k % width) for k in range(size)])
    points = cells + draw.uniform(-SHIFT, SHIFT, (size, 2))
    pairs = {
        (min(a, b), max(a, b))
        for corners in Delaunay(points).simplices.tolist()
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
        if math.dist(points[a], points[b]) < FAR
    }
    people = np.exp(draw.normal(10.0, UNEVEN, size))
    people = np.round(np.minimum(people, LARGEST * people.sum() / footprints))
    names = [f"c{k:03}" for k in range(size)]
    links = [(names[a], names[b]) for a, b in sorted(pairs)]
    return links, dict(zip(names, people.tolist(), strict=True))


def planar_settings(
    people: dict[str, float], footprints: int, share: float = 0.005
) -> dict[str, object]:
    """Settings under which the fewest links are cut, everyone's share of people as even as that."""
    mean = sum(people.values()) / footprints
    window = (math.ceil(mean * (1 - share)) / 1e6, math.floor(mean * (1 + share)) / 1e6)
    return {
        "footprints.count": footprints,
        "footprints.population_m": window,
        "objective.leakage": 1.0,
        **dict.fromkeys(("objective.contracting", "objective.volatility"), 0.0),
        "objective.integration": 0.0,
    }


def planar_case(size: int, footprints: int, seed: int = 1, share: float = 0.005) -> Case:
    """A random planar map with £1m across each link, to be divided evenly."""
    links, people = draw_map(size, footprints, seed)
    return make_case(network(links, people), planar_settings(people, footprints, share))


def write_map(folder: Path, size: int, footprints: int, seed: int = 1) -> Path:
    """Write the same map as a dataset folder with only the tables that must be; returns its scenario."""
    links, people = draw_map(size, footprints, seed)
    both = [*links, *((b, a) for a, b in links)]
    spend_m = len(people) + len(links)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(
        folder / "icbs.csv",
        ("icb", "name", "population"),
        [(i, f"County {i[1:]}", int(count)) for i, count in people.items()],
    )
    write_csv(folder / "neighbours.csv", ("a", "b", "border_km"), [(*link, 10) for link in links])
    write_csv(
        folder / "services.csv",
        (*COLUMNS, "case_cost_cv", "common_shock", "integration_benefit"),
        [("S", "Care", "ready", 2020, "false", 100 * spend_m, spend_m, 1.0, 0.0, 0.1)],
    )
    write_csv(
        folder / "providers.csv",
        ("provider", "name", "icb"),
        [(f"P{i}", f"P{i}", i) for i in people],
    )
    write_csv(
        folder / "service_providers.csv", ("service", "provider"), [("S", f"P{i}") for i in people]
    )
    flows = [("S", i, f"P{i}", 100, 1.0) for i in people]
    flows += [("S", i, f"P{j}", 50, 0.5) for i, j in both]
    write_csv(folder / "flows.csv", ("service", "icb", "provider", "patients", "spend_m"), flows)
    (folder / "dataset.toml").write_text(ABOUT, encoding="utf-8")
    settings = planar_settings(people, footprints)
    window = settings["footprints.population_m"]
    assert isinstance(window, tuple)
    scenario = folder / "even.toml"
    scenario.write_text(
        SCENARIO.format(count=footprints, least=window[0], most=window[1]), encoding="utf-8"
    )
    return scenario
