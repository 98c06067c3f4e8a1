"""A roadmap as tidy frames: who holds each service in each year, and what changes when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimiser.arrays import Bools, Ints, Masks
from optimiser.footprints.candidates import membership
from optimiser.footprints.levels import (
    COLLABORATIVE,
    COLLECTIVE,
    FOOTPRINT,
    ICB,
    NATIONAL,
    free_services,
    hold_alone,
)
from optimiser.footprints.measures import (
    DELEGATED,
    NOT_ASSESSED,
    NOT_READY,
    measure_modes,
)
from optimiser.footprints.paths import ALONE, ENGLAND, HELD, Paths
from optimiser.footprints.years import Years, held_today
from optimiser.inputs.dataset import Dataset
from optimiser.plan.measure_plan import make_plan
from optimiser.plan.plan import Outcome, Plan
from optimiser.plan.reasons import Texts

LEVEL_NAMES = np.array([NATIONAL, FOOTPRINT, ICB], dtype=object)
"""Level by who holds, as :mod:`optimiser.footprints.paths` numbers it."""


HELD_M = ("collective_m", "collaborative_m", "individual_m", "national_m")
"""£m held by committees, by lead providers for footprints, by single ICBs and by England."""


def list_levels(
    years: Years, dataset: Dataset, masks: Masks, paths: Paths, titles: Sequence[str]
) -> pd.DataFrame:
    """One row per year, service and footprint.

    Returns:
        year, service, name, footprint, level, single_icbs (codes), spend_m, collective_m,
        collaborative_m, individual_m, national_m (£m of that year), in_scope.
    """
    inside, table = membership(masks, years.size) > 0, dataset.services
    frames = []
    for t, system in enumerate(years.systems):
        state, single = _by_service(years, paths, t)
        level = _name_levels(years, state, paths.led[t], t)
        spend = np.where(inside[:, None, :], system.services.spend_m[None], 0.0)  # (K, S, n)
        whole = spend.sum(axis=2)
        collective, by_lead = (np.where(level == at, whole, 0.0) for at in COLLECTIVE)
        individual = np.where(single, spend, 0.0).sum(axis=2)
        icbs = np.array(system.icbs)
        frames.append(
            pd.DataFrame(
                {
                    "year": years.numbers[t],
                    "service": table["service"].repeat(len(masks)).to_numpy(),
                    "name": table["name"].repeat(len(masks)).to_numpy(),
                    "footprint": list(titles) * len(table),
                    "level": level.T.reshape(-1),
                    "single_icbs": [
                        " ".join(icbs[who])
                        for who in single.transpose(1, 0, 2).reshape(-1, years.size)
                    ],
                    "spend_m": whole.T.reshape(-1),
                    "collective_m": collective.T.reshape(-1),
                    "collaborative_m": by_lead.T.reshape(-1),
                    "individual_m": individual.T.reshape(-1),
                    "national_m": (whole - collective - by_lead - individual).T.reshape(-1),
                    "in_scope": np.repeat(system.services.in_scope, len(masks)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _name_levels(years: Years, state: Ints, led: Bools, t: int) -> Texts:
    """The level of each service in a year, (K, S), from who holds it."""
    group = years.systems[t].services.group
    free = np.isin(group, years.groups)  # none where no service may ever go local
    by_lead = np.zeros(state.shape, dtype=bool)
    by_lead[:, free] = led[:, np.searchsorted(years.groups, group[free])]
    names = LEVEL_NAMES[state]
    names[(state == HELD) & by_lead] = COLLABORATIVE
    return np.asarray(names)


def _by_service(years: Years, paths: Paths, t: int) -> tuple[Ints, Bools]:
    """Who holds each service in a year, (K, S), and which ICBs alone, (K, S, n)."""
    group = years.systems[t].services.group
    free = np.flatnonzero(np.isin(group, years.groups))
    place = np.searchsorted(years.groups, group[free])
    state = np.zeros((paths.state.shape[1], len(group)), dtype=np.int64)
    single = np.zeros((*state.shape, years.size), dtype=bool)
    state[:, free], single[:, free] = paths.state[t][:, place], paths.single[t][:, place]
    return state, single & (state == ALONE)[..., None]


def summarise_services(levels: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """When each service goes local, one row per service that is in scope in some year.

    Returns:
        service, name, category, ready_year, spend_m (last year), from_year (first in which any of it
        is local), whole_year (first from which all is), collective_share, collaborative_share and
        individual_share (last year), footprints (in which it is local in the last year).
    """
    kept = levels[levels.groupby("service")["in_scope"].transform("any")]
    sums = kept.groupby(["service", "year"], sort=False)[["spend_m", *HELD_M]].sum()
    rows = []
    for service, own in sums.groupby(level="service", sort=False):
        own = own.droplevel("service")
        some = own.index[own["national_m"] < own["spend_m"] * (1 - 1e-9)]
        not_all = own.index[own["national_m"] > own["spend_m"] * 1e-9]
        whole = own.index[own.index > not_all.max()] if len(not_all) else own.index
        last = own.iloc[-1]
        held = kept[(kept["service"] == service) & (kept["year"] == own.index[-1])]
        rows.append(
            {
                "service": service,
                "spend_m": last["spend_m"],
                "from_year": some.min() if len(some) else pd.NA,
                "whole_year": whole.min() if len(whole) else pd.NA,
                **{
                    column.replace("_m", "_share"): _share(last[column], last["spend_m"])
                    for column in HELD_M[:-1]
                },
                "footprints": int((held["level"] != NATIONAL).sum()),
            }
        )
    found = pd.DataFrame(rows).astype({"from_year": "Int64", "whole_year": "Int64"})
    about = dataset.services[["service", "name", "programme_of_care", "category", "ready_year"]]
    return about.merge(found, on="service", how="right")


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def list_milestones(years: Years, masks: Masks, paths: Paths, levels: pd.DataFrame) -> pd.DataFrame:
    """What is true in each year, and what is new in it.

    Returns:
        year, ready (footprints ready for a joint committee at least), delegated (for full delegation),
        in_scope_m, :data:`HELD_M` (in scope, £m of that year), services_local
        (local anywhere), gained_m and lost_m (£m that become local and national; in the first year
        against what is known of today), new_services (codes, local anywhere for the first time).
    """
    rows, seen = [], set[str]()
    national, local = held_today(years.systems[0])
    may_gain, before = national[:, None], np.broadcast_to(local[:, None], (len(local), years.size))
    for t, system in enumerate(years.systems):
        own = levels[(levels["year"] == years.numbers[t]) & levels["in_scope"]]
        modes, spend = measure_modes(system, masks), system.services.spend_m
        now = _held_locally(years, masks, paths, t)
        codes = [system.services.codes[s] for s in np.flatnonzero(now.any(axis=1))]
        rows.append(
            {
                "year": years.numbers[t],
                "ready": int((modes != NOT_READY).sum()),
                "delegated": int(np.isin(modes, [DELEGATED, NOT_ASSESSED]).sum()),
                "in_scope_m": own["spend_m"].sum(),
                **{column: own[column].sum() for column in HELD_M},
                "services_local": len(codes),
                "gained_m": float(spend[now & ~before & may_gain].sum()),
                "lost_m": float(spend[before & ~now].sum()),
                "new_services": " ".join(code for code in codes if code not in seen),
            }
        )
        seen |= set(codes)
        before, may_gain = now, np.ones_like(may_gain)
    return pd.DataFrame(rows)


def _held_locally(years: Years, masks: Masks, paths: Paths, t: int) -> Bools:
    """Whether each service is local for the residents of each ICB in a year, (S, n)."""
    state, single = _by_service(years, paths, t)
    inside = membership(masks, years.size)[:, None, :] > 0
    return np.asarray((inside & ((state == HELD)[..., None] | single)).any(axis=0))


def make_last_plan(
    years: Years, dataset: Dataset, masks: Masks, paths: Paths, titles: Sequence[str], name: str
) -> Plan:
    """The last year of a roadmap as a plan like any other: who holds is what the paths say.

    Args:
        years: the years.
        dataset: the inputs of the last year, grown.
        masks: the footprints, (K,).
        paths: who holds in each year.
        titles: names of the footprints.
        name: of the plan.
    """
    last, system = len(years.numbers) - 1, years.last
    state, single = _by_service(years, paths, last)
    level = _name_levels(years, state, paths.led[last], last)
    order = list(system.scenario.services.levels)
    groups = np.unique(system.services.group[free_services(system)])
    choice = np.array([[order.index(held) for held in of_one[groups]] for of_one in level])
    given = hold_alone(system, np.asarray(single.any(axis=0)))
    outcome, first = Outcome("evaluated", 0.0), years.numbers[0]
    note = (
        f"This is the year {years.numbers[last]} of a roadmap from {first}: map and levels were chosen "
        "for all its years together, and money is of that year."
    )
    plan = make_plan(name, given, dataset, masks, choice.astype(np.int64), outcome, titles)
    told = plan.services["rule"] == "totals"  # no floor decides: the other years do
    reasons = plan.services["reason"].str.replace(
        "a floor or ceiling across footprints decides; alone",
        "its path over the years decides; alone",
    )
    services = plan.services.assign(
        rule=plan.services["rule"].mask(told, "roadmap"), reason=reasons
    )
    score = float(plan.terms["cost_m"].sum())
    own = replace(plan, services=services, notes=(note, *plan.notes))
    return replace(own, outcome=replace(outcome, objective=score))


def read_paths(years: Years, levels: pd.DataFrame, titles: Sequence[str]) -> Paths:
    """Who holds in each year, from what :func:`list_levels` gave; the inverse of it."""
    places = {code: i for i, code in enumerate(years.systems[0].icbs)}
    codes = [years.systems[0].services.codes[g] for g in years.groups]
    shape = (len(years.numbers), len(titles), len(codes))
    state, single = np.zeros(shape, np.int64), np.zeros((*shape, years.size), dtype=bool)
    led = np.zeros(shape, dtype=bool)
    for t, year in enumerate(years.numbers):
        own = levels[levels["year"] == year].set_index(["footprint", "service"])
        for f, title in enumerate(titles):
            for g, code in enumerate(codes):
                level = str(own.loc[(title, code), "level"])
                state[t, f, g] = {NATIONAL: ENGLAND, ICB: ALONE}.get(level, HELD)
                led[t, f, g] = level == COLLABORATIVE
                for icb in str(own.loc[(title, code), "single_icbs"]).split():
                    single[t, f, g, places[icb]] = True
    return Paths(state, single, led)
