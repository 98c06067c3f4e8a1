"""A system as flat tables, from which compiled code costs any footprint.

All that a footprint costs follows from one vector of sums: over its members (``linear``) and over pairs
of them (``pair``). A footprint grows or shrinks by adding or taking off one row and a few pairs; its
cost is a function of the vector (:mod:`optimiser.footprints.unlisted.scoring`).

Rows are *atoms*: the connected parts of what a rule keeps together, and every other area alone
(:func:`optimiser.footprints.listing.pieces_of`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimiser.arrays import Bools, Floats, Ints, Masks
from optimiser.errors import UnsupportedError
from optimiser.footprints.candidates import as_masks, membership, singletons
from optimiser.footprints.costs import disruption_weights, measure_barred, term_weights
from optimiser.footprints.leads import fixed_lead_score
from optimiser.footprints.levels import (
    COLLABORATIVE,
    FOOTPRINT,
    ICB,
    TERMS,
    free_services,
    measure_holders,
    sum_by_group,
)
from optimiser.footprints.rules import EXACT, MILLION
from optimiser.footprints.system import System

NEVER_M = 1e7
"""£m that a level costs which is not allowed: far above any plan, and small enough that sums which
pass through it keep a hundredth of a pound."""
GRAIN = 1e-6
"""How far amounts may be off the steps in which costs come, as a share of the largest: rounding only."""
DOMAINS = 8
FIXED, SHIFT, MEMBERS, PEOPLE, SPEND, VARIANCE, RESIDENTS, READY = range(8)
LEVELS = READY + DOMAINS
"""Places of the vector: level-free cost, £m; shift to needs-based money, £m; areas; people of the
window, millions; in-scope spend, £m; its variance, £m²; residents; residents times score of each domain.
Then a block for each of held, risk, sharing and other cost (one place a group of services in each),
spend and providers (one a service), and residents by commissioner."""
AGGREGATES = ("weighted", "weakest", "lead")


class Tables(NamedTuple):
    """What compiled code reads: n atoms, a areas, G groups, S services, W places of the vector.

    Attributes:
        linear: what each atom adds to the vector, (n, W).
        pair: what two atoms together take off ``FIXED`` and off each group's held cost, (n, n, 1 + G).
        links: neighbours of each atom under the rules, padded with -1, (n, most).
        barred: whether two atoms may not share a footprint, (n, n).
        window: least and most of members, people and spend, rounding apart, (3, 2).
        alone: whether an atom may stand alone below the floors, (n,).
        group: place of each service's group, (S,).
        least_spend: of a holder, £m, (S,).
        least_providers: of a holder, (S,).
        most_cv: of a holder's budget, (S,).
        delegation: whether the holder must be under full delegation, (S,).
        holding: what a holder pays for each group's services, £m, (G,).
        leading: what a lead provider's team costs for them, ``NEVER_M`` where it may not hold, (G,).
        held: whether footprints may hold services at all.
        committee: £m a footprint.
        shift: weight of the shift.
        ready: whether readiness is a rule.
        aggregate: place in :data:`AGGREGATES`.
        thresholds: of joint committees and full delegation by domain, less rounding, (2, 8).
        scores: readiness of each area, (a, 8).
        lead: lead score that a footprint does not change, and share of income hosted, (a, 2).
        hosting: weight of the share of the footprint's income hosted in the lead score, and
        nearness: of travel.
        most_minutes: from a member to the lead.
        minutes: between areas, (a, a); nothing without travel times.
        least_border: least share of a member's border that is with its fellows.
        border: shared border, km, (a, a).
        people: residents of each area, (a,).
        areas: areas of each atom, padded with -1, (n, most).
        whole: atoms of each group that is kept together but in several parts, (g, n).
    """

    linear: Floats
    pair: Floats
    links: Ints
    barred: Bools
    window: Floats
    alone: Bools
    group: Ints
    least_spend: Floats
    least_providers: Floats
    most_cv: Floats
    delegation: Bools
    holding: Floats
    leading: Floats
    held: bool
    committee: float
    shift: float
    ready: bool
    aggregate: int
    thresholds: Floats
    scores: Floats
    lead: Floats
    hosting: float
    nearness: float
    most_minutes: float
    minutes: Floats
    least_border: float
    border: Floats
    people: Floats
    areas: Ints
    whole: Bools


def build_tables(system: System, atoms: Masks) -> Tables:
    """The tables of a scenario's cost and rules."""
    inside = membership(atoms, system.size)
    rules, weights = system.scenario.footprints, term_weights(system)
    services = free_services(system)
    arrays, place = (
        system.services,
        np.unique(system.services.group[services], return_inverse=True)[1],
    )
    pair = _pairs(system, services, place)
    linear = inside @ _linear(system, services)
    within = np.einsum("ai,aj,ijg->ag", inside, inside, pair, optimize=True) / 2
    linear[:, FIXED] -= within[:, 0]
    linear[:, LEVELS : LEVELS + within.shape[1] - 1] -= within[:, 1:]
    between = np.einsum("ai,bj,ijg->abg", inside, inside, pair, optimize=True)
    between[np.arange(len(atoms)), np.arange(len(atoms))] = 0.0
    readiness = system.scenario.readiness
    scored = system.readiness if system.readiness is not None else np.zeros((system.size, DOMAINS))
    sizes = np.bincount(place, minlength=pair.shape[2] - 1).astype(np.float64)
    joint = np.stack((system.joint, system.delegated)) - EXACT
    lead_rules = system.scenario.lead
    tables = Tables(
        linear=linear,
        pair=np.ascontiguousarray(between),
        links=_padded(_neighbours(inside, membership(system.neighbours, system.size))),
        barred=_barred(system, inside),
        window=_windows(system),
        alone=np.isin(atoms, singletons(system.size)[np.isin(system.icbs, rules.stand_alone)]),
        group=place,
        least_spend=arrays.min_spend_m[services],
        least_providers=arrays.min_providers[services].astype(float),
        most_cv=arrays.max_cv[services] * (1 + EXACT),
        delegation=arrays.needs_delegation[services],
        holding=weights["holding"] * sizes,
        leading=_lead_providers(system, services, place, weights["lead_provider"] * sizes),
        held=FOOTPRINT in system.scenario.services.levels,
        committee=float(weights["committee_cost"]),
        shift=float(weights["allocation"]),
        ready=readiness.required and system.readiness is not None,
        aggregate=AGGREGATES.index(readiness.aggregate),
        thresholds=joint,
        scores=scored,
        lead=np.stack((fixed_lead_score(system), system.hosting_share), axis=1),
        hosting=float(lead_rules.hosting),
        nearness=0.0 if system.minutes is None else float(lead_rules.travel),
        most_minutes=float(rules.max_travel_minutes),
        minutes=np.zeros((0, 0)) if system.minutes is None else system.minutes,
        least_border=float(rules.min_shared_border),
        border=system.border_km,
        people=system.residents,
        areas=_padded(inside > 0),
        whole=_split_groups(system, inside),
    )
    _refuse_large(tables, _away_from_home(system, services))
    # Compiled code is made for one layout of each table.
    laid_out: list[Any] = [
        np.ascontiguousarray(value) if isinstance(value, np.ndarray) else value for value in tables
    ]
    return Tables(*laid_out)


def _refuse_large(t: Tables, away: Floats) -> None:
    """Refuse weights under which a footprint may cost what only a level costs that is not allowed.

    Args:
        t: the tables.
        away: cost of each service held by no footprint, (S, a).

    Raises:
        UnsupportedError: it may, so that allowed footprints would be left out and a proof be false.
    """
    held, risk, sharing = (
        np.abs(t.linear[:, LEVELS + k * len(t.holding) : LEVELS + (k + 1) * len(t.holding)])
        for k in range(3)
    )
    sd = np.sqrt(t.linear[:, VARIANCE])
    by_sd = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
    teams = np.where(t.leading < NEVER_M, np.maximum(t.holding, t.leading), t.holding)
    parts = (t.linear[:, FIXED], t.pair / 2, held, risk * by_sd[:, None], sharing, away, teams)
    most = sum(float(np.abs(part).sum()) for part in parts) + t.committee
    most += t.shift * float(np.abs(t.linear[:, SHIFT]).sum())
    if not most < NEVER_M / 2:
        raise UnsupportedError(
            f"A footprint may score {most:.1e} £m-equivalents under this scenario's weights: too much "
            "where footprints are priced and not listed. Divide all weights of [objective] by the "
            "same number; the best plan stays the same."
        )


def is_additive(t: Tables) -> bool:
    """Whether a footprint costs what its atoms and its links do: no level or shift of money weighs."""
    linked = np.zeros(t.pair.shape[:2], dtype=bool)
    begin, place = np.nonzero(t.links >= 0)
    linked[begin, t.links[begin, place]] = True
    return _pairs_alone(t) and not t.pair[~linked].any()


def _pairs_alone(t: Tables) -> bool:
    levels = t.linear[:, LEVELS : LEVELS + 4 * len(t.holding)]
    return not (t.shift or levels.any() or t.holding.any() or t.pair[:, :, 1:].any())


def find_grain(t: Tables) -> float:
    """The step in which plans of as many footprints cost more or less, £m; 0 if there is none.

    Only where pairs alone tell plans apart: no level, no shift of money weighs.
    """
    if not _pairs_alone(t):
        return 0.0
    sizes = np.unique(np.abs(t.pair[:, :, 0]))
    tiny = GRAIN * sizes[-1]
    step = 0.0
    for size in sizes:  # Euclid's algorithm, less rounding
        larger, smaller = max(size, step), min(size, step)
        while smaller > tiny:
            rest = larger % smaller
            larger, smaller = smaller, min(rest, smaller - rest)
        step = larger
    steps = t.pair[:, :, 0] / step if step > 0 else np.full(1, np.inf)
    return float(step) if np.abs(steps - steps.round()).max() < GRAIN else 0.0


def _linear(system: System, services: Ints) -> Floats:
    """What each area adds to the vector, (a, W)."""
    arrays, weights = system.services, term_weights(system)
    group = arrays.group[services]
    spend, own = arrays.spend_m[services], np.diagonal(arrays.within_m[services], axis1=1, axis2=2)
    scored = np.zeros((system.size, DOMAINS)) if system.readiness is None else system.readiness
    shift = np.zeros(system.size) if system.shift_m is None else system.shift_m
    _, constant = disruption_weights(system)
    barred = measure_barred(system)
    kept = np.diag(system.scope_pairs_m.reshape(system.size, system.size))
    fixed = weights["leakage"] * (system.scope_spend_m - kept) + weights["disruption"] * constant
    fixed = fixed + sum(weights[term] * barred[term] for term in TERMS)
    plain = [fixed, shift, np.ones(system.size), system.window_population / MILLION]
    plain += [system.scope_spend_m, system.scope_variance, system.residents]
    moved = weights["transition_delegate"] * arrays.national_today[services][:, None] * spend
    lost = weights["integration"] * system.scenario.objective.sharing_loss
    levels = [
        weights["contracting"] * (spend - own) + moved,
        weights["volatility"] * arrays.variance_factor[services][:, None] * spend,
        lost * arrays.benefit_share[services][:, None] * spend,
        _other_levels(system, services),
    ]
    of_icb = np.zeros((system.size, int(system.commissioner.max()) + 1))
    of_icb[np.arange(system.size), system.commissioner] = system.residents
    return np.column_stack(
        [
            *plain,
            scored * system.residents[:, None],
            *(sum_by_group(block.T, group) for block in levels),
            spend.T,
            arrays.hosted[services].T,
            of_icb,
        ]
    )


def _other_levels(system: System, services: Ints) -> Floats:
    """As :func:`_away_from_home`, ``NEVER_M`` for what is forced local and no ICB can hold, (S, a)."""
    group = system.services.group[services]
    forced = np.isin(group, group[system.services.forced_local[services]])
    able = measure_holders(system, services).able
    can = able if ICB in system.scenario.services.levels else np.zeros_like(able)
    return np.where(forced[:, None] & ~can, NEVER_M, _away_from_home(system, services))


def _away_from_home(system: System, services: Ints) -> Floats:
    """Cost of each service where no footprint holds it: national, or an ICB alone if cheaper, (S, a)."""
    holders, weights = measure_holders(system, services), term_weights(system)
    alone = ICB in system.scenario.services.levels
    return np.asarray(
        sum(weights[t] * (holders.mixed(t) if alone else holders.england[t]) for t in TERMS)
    )


def _lead_providers(system: System, services: Ints, place: Ints, cost_m: Floats) -> Floats:
    """Cost of a lead provider's team for each group, ``NEVER_M`` where one may not hold it, (G,)."""
    open_ = COLLABORATIVE in system.scenario.services.levels
    apart = place[~system.services.collaborative[services]]
    barred = np.isin(np.arange(len(cost_m)), apart) | (not open_)
    return np.where(barred, NEVER_M, cost_m)


def _pairs(system: System, services: Ints, place: Ints) -> Floats:
    """What two areas together take off the level-free cost and each group's held cost, (a, a, 1 + G)."""
    n, weights = system.size, term_weights(system)
    flows = weights["contracting"] * system.services.pair_flows(services)
    grouped = sum_by_group(flows, place)
    change, _ = disruption_weights(system)
    fixed = weights["leakage"] * system.scope_pairs_m - weights["governance"]
    upper = np.column_stack((fixed, grouped)).reshape(n, n, -1)
    upper[:, :, 0] -= weights["disruption"] * change.reshape(n, n)
    upper[np.tril_indices(n)] = 0.0
    return np.asarray(upper + upper.transpose(1, 0, 2))


def _neighbours(inside: Floats, near: Floats) -> Bools:
    found = (inside @ near @ inside.T) > 0
    np.fill_diagonal(found, False)
    return np.asarray(found)


def _padded(table: Bools) -> Ints:
    """Places of the true cells of each row, padded with -1."""
    padded = np.full(
        (len(table), max(int(table.sum(axis=1).max(initial=0)), 1)), -1, dtype=np.int64
    )
    for row, cells in zip(padded, table, strict=True):
        found = np.flatnonzero(cells)
        row[: len(found)] = found
    return padded


def _windows(system: System) -> Floats:
    rules = system.scenario.footprints
    window = np.array([rules.members, rules.population_m, rules.spend_m], dtype=float)
    slack = EXACT * np.maximum(1.0, np.where(np.isinf(window), 1.0, window))
    return np.asarray(window + slack * np.array([-1.0, 1.0]))


def _barred(system: System, inside: Floats) -> Bools:
    """Atoms that may not share a footprint: kept apart, two fixed leads, in and out of a fixed group."""
    rules = system.scenario.footprints
    apart = [*rules.keep_apart, system.scenario.lead.fixed]
    barred = np.zeros((system.size, system.size), dtype=bool)
    for codes in apart:
        group = np.isin(system.icbs, codes)
        barred |= group[:, None] & group[None, :] & ~np.eye(system.size, dtype=bool)
    for codes in rules.fixed:
        group = np.isin(system.icbs, codes)
        barred |= group[:, None] != group[None, :]
    if rules.within_regions:
        barred |= system.region[:, None] != system.region[None, :]
    return np.asarray((inside @ barred @ inside.T) > 0)


def _split_groups(system: System, inside: Floats) -> Bools:
    """Atoms of each group that is kept together but lies in several atoms."""
    rules = system.scenario.footprints
    groups = [np.isin(system.icbs, codes) for codes in (*rules.keep_together, *rules.fixed)]
    split = [(inside @ group) > 0 for group in groups]
    return np.array([row for row in split if row.sum() > 1], dtype=bool).reshape(-1, len(inside))


def areas_of(atoms: Masks, sets: Bools, size: int) -> Masks:
    """Masks of areas of sets of atoms, (m, n) to (m,)."""
    whole = [int(mask) for mask in atoms]
    return as_masks((sum(whole[int(k)] for k in np.flatnonzero(row)) for row in sets), size)
