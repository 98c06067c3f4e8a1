"""Planar maps like those of counties: neighbours that share a border, people spread unevenly."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import Delaunay
from support.cases import Link, make_case, network

from optimiser.questions.case import Case

SHIFT = 0.3
"""How far a county's middle lies from that of its cell of a grid: surveyed, but not quite square."""
FAR = 1.45
"""Middles farther apart than this (in cells) share no border: diagonals of a square now and then do."""
UNEVEN = 1.1
"""Standard deviation of the logarithm of a county's people: the largest has twenty times the middle."""
LARGEST = 0.8
"""Share of a mean footprint that one county has at most: else no plan could keep a narrow window."""


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
