"""Every set and parameter of the models, with unit and meaning.

Plain Python, so that a mathematician can write a small instance by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NATIONAL, FOOTPRINT, ICB, COLLABORATIVE = "national", "footprint", "icb", "collaborative"


@dataclass(frozen=True)
class Total:
    """A floor or ceiling on a measure summed over the chosen footprints.

    Attributes:
        name: the rule as it reads in the scenario, such as ``min_local_spend_m``.
        least: floor, or None.
        most: ceiling, or None.
        settled: amount that choosing candidate f brings whatever is still open, by f.
        by_level: amount that level o of service s in candidate f brings, by (s, o, f).
    """

    name: str
    least: float | None = None
    most: float | None = None
    settled: Mapping[str, float] = field(default_factory=dict)
    by_level: Mapping[tuple[str, str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Holding:
    """The least that each chosen footprint, or its members, must hold.

    Attributes:
        name: the rule as it reads in the scenario, such as ``min_local_share_each``.
        least: the least amount in candidate f, by f.
        settled: amount that candidate f holds whatever is still open, by f.
        by_level: amount that level o of service s in candidate f adds, by (s, o, f).
    """

    name: str
    least: Mapping[str, float]
    settled: Mapping[str, float] = field(default_factory=dict)
    by_level: Mapping[tuple[str, str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Nearness:
    """At most m ICBs leave their baseline footprint.

    Attributes:
        most_moved: m, a number of ICBs.
        kept: members that candidate f shares with baseline footprint b, by (f, b); zeros left out.
    """

    most_moved: int
    kept: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class SelectionInputs:
    """What the selection model reads.

    A service is *open* in candidate f when more than one level is left to it there; every other
    service is settled, and its cost stands in ``settled_m``.

    Attributes:
        icbs: I.
        members: candidate f to its ICBs (the candidate set is its keys).
        settled_m: term to candidate f to £m-equivalents that choosing f brings whatever is still open.
        open_levels: (s, f) to the levels still open: two or more, or a single one where the
            service is uniform (below).
        level_m: term to (s, o, f) to £m-equivalents if s has level o in f; zeros may be left out.
        count: fewest and most footprints.
        uniform: services that have one level for all England (every open one, or none). A uniform
            service stands in ``open_levels`` for *every* candidate, with a single level where
            only one is allowed: choosing that candidate then settles the level for all England.
        together: pairs of services with the same level wherever both are open; a level that only
            one of the two has there is ruled out there.
        totals: floors and ceilings across footprints.
        holdings: floors in each footprint.
        nearness: limit on moves from a baseline, or None.
    """

    icbs: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]
    settled_m: Mapping[str, Mapping[str, float]]
    open_levels: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    level_m: Mapping[str, Mapping[tuple[str, str, str], float]] = field(default_factory=dict)
    count: tuple[int, int] = (1, 1_000_000)
    uniform: tuple[str, ...] = ()
    together: tuple[tuple[str, str], ...] = ()
    totals: tuple[Total, ...] = ()
    holdings: tuple[Holding, ...] = ()
    nearness: Nearness | None = None


@dataclass(frozen=True)
class AssignmentInputs:
    """What the compact assignment model reads: the raw network, linear terms only.

    Attributes:
        icbs: I; the order breaks symmetry: a footprint is named by its first member.
        links: neighbours (i, j), each once.
        population: persons of each ICB in the base that the window counts.
        population_window: fewest and most persons of a footprint.
        members_window: fewest and most ICBs of a footprint.
        count: fewest and most footprints.
        services: services that may be held by a footprint.
        flow_m: (s, i, j) to £m a year that residents of i spend at providers hosted by j; j may be
            ``""`` (elsewhere). Zeros may be left out.
        scope_flow_m: (i, j) to £m a year of all services in scope, held by whomever.
        hosted: (s, j) to the number of providers of s hosted in j.
        min_providers: s to the providers that a footprint must host to hold s.
        min_spend_m: s to the least spend of a footprint that may hold s (what the floor on expected
            patients comes to).
        lead_min_spend_m: s to the least spend of a footprint for which a lead provider may hold s;
            services that are in no provider collaborative are left out.
        apart_m: term to (s, i) to £m-equivalents for the residents of i where no footprint holds s:
            England, or the ICB itself where that is cheaper for it.
        held_m: term to (s, i) to £m-equivalents for the residents of i where their footprint holds s.
        always_m: term to £m-equivalents that it has whatever is decided.
        weight_leakage: per £ in scope treated outside the footprint.
        weight_contracting: per £ that a footprint buys outside.
        holding_cost_m: £m a year for each service that a footprint's committee holds.
        lead_provider_cost_m: £m a year for each service that a lead provider holds for a footprint.
        committee_cost_m: £m a year per footprint.
        governance_cost_m: £m a year per pair of members.
        stand_alone: ICBs exempt from the floors when alone.
        keep_together: pairs that share a footprint.
        keep_apart: pairs that do not.
    """

    icbs: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    population: Mapping[str, float]
    population_window: tuple[float, float]
    members_window: tuple[int, int]
    count: tuple[int, int]
    services: tuple[str, ...]
    flow_m: Mapping[tuple[str, str, str], float]
    scope_flow_m: Mapping[tuple[str, str], float]
    hosted: Mapping[tuple[str, str], int]
    min_providers: Mapping[str, int]
    min_spend_m: Mapping[str, float]
    lead_min_spend_m: Mapping[str, float] = field(default_factory=dict)
    apart_m: Mapping[str, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    held_m: Mapping[str, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    always_m: Mapping[str, float] = field(default_factory=dict)
    weight_leakage: float = 0.3
    weight_contracting: float = 0.1
    holding_cost_m: float = 0.0
    lead_provider_cost_m: float = 0.0
    committee_cost_m: float = 0.0
    governance_cost_m: float = 0.0
    stand_alone: tuple[str, ...] = ()
    keep_together: tuple[tuple[str, str], ...] = ()
    keep_apart: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a solved model decided, in the words of its inputs.

    Attributes:
        footprints: name of each chosen footprint to its ICBs, in the order of the inputs.
        levels: (s, footprint) to the level of each service that was open there.
        terms_m: term to £m-equivalents, as it stands in the objective (weight applied).
    """

    footprints: Mapping[str, tuple[str, ...]]
    levels: Mapping[tuple[str, str], str]
    terms_m: Mapping[str, float]
