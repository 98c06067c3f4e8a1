"""Fitting modelled flows to observed ones: where residents of each ICB are treated, by family.

What is observed is coarse (a family of services, an ICB of residence, the ICBs that treat its
residents); what a dataset needs is fine (each service, each provider). For each family and ICB of
residence a table of services by host ICBs is scaled until its column sums are the observed shares
and its row sums stay each service's demand: iterative proportional fitting (Deming and Stephan,
1940; the result is the table nearest to the model in relative entropy). Totals of every service
and its list of centres stay as they are; only who goes where changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.arrays import Bools, Floats, Ints
from optimiser.importers.observed import Observed

ELSEWHERE = ""
"""Host of providers outside the map."""
PRIOR_PATIENTS = 50.0
"""Patients that the model is worth: with 50 counted, observed and modelled shares count alike. Below
about 50 the sampling error of a share (7 percentage points at 50 %) is as large as the model's own."""
SEED_SHARE = 0.002
"""Least share of a service's demand with which fitting begins where residents are seen to go to an
ICB that has a centre: scaling can make nothing of a zero, and the model's cut-off is 0.05 %."""
MOST_OF_REACHABLE = 0.97
"""Most that the own ICB keeps of the demand it has centres for. Counts leave out small flows; without
this ceiling fitting leaves some services with nobody at all treated elsewhere, which none shows."""
ROUNDS = 500
"""Scalings at most; England's tables settle in 20 to 150."""
SETTLED = 1e-9
"""Largest relative change of a row's scale at which a table counts as settled."""


@dataclass(frozen=True)
class Family:
    """The services of a family, and who may treat.

    Attributes:
        services: codes, (s,).
        hosts: ICBs that host a centre, :data:`ELSEWHERE` among them where there is one, (h,).
        centres: service, provider, host: the places.
        place: number of the service and of the host of each row of ``centres``, (c,) both.
        reach: whether a service has a centre at a host, (s, h).
        nation_m: £m of all residents at each row of ``centres``, (c,).
    """

    services: tuple[str, ...]
    hosts: tuple[str, ...]
    centres: pd.DataFrame
    place: tuple[Ints, Ints]
    reach: Bools
    nation_m: Floats


@dataclass(frozen=True)
class Seen:
    """What is observed of one family and ICB of residence.

    Attributes:
        icb: code.
        shares: share of each listed host, by code.
        counted: patients that the shares rest on.
    """

    icb: str
    shares: pd.Series[float]
    counted: float


def fit_flows(
    flows: pd.DataFrame,
    hosts: Mapping[str, str],
    families: Mapping[str, str],
    centres: pd.DataFrame,
    observed: Observed,
    homes: Mapping[str, str] | None = None,
    kept: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The flows nearest to the given ones that have the observed shares of hosts.

    Args:
        flows: service, icb, provider, patients, spend_m.
        hosts: provider to the ICB that hosts it (blank: elsewhere).
        families: service to family; services of families not observed stay as they are.
        centres: service, provider: who may treat.
        observed: what is seen, by family.
        homes: area in ``flows`` to the ICB of residence that is observed, where areas are smaller:
            the areas of an ICB are then fitted together.
        kept: the part of ``flows`` that is known and stays, in the same columns.

    Returns:
        service, icb, provider, patients, spend_m, services in the order of ``flows``.
    """
    home = flows["icb"] if homes is None else flows["icb"].map(homes)
    family = flows["service"].map(families)
    known = flows.iloc[:0] if kept is None else kept
    targets = {
        (str(name), str(icb)): rows.set_index("host")["share"].astype(float)
        for (name, icb), rows in observed.shares.groupby(["family", "icb"])
    }
    counted = observed.counted.set_index(["family", "icb"])["patients"].to_dict()
    seen = set(observed.shares["family"])
    parts = [flows[~family.isin(seen)]]
    for name in sorted(seen & set(family.dropna())):
        whole = flows[family == name]
        group = build_family(whole, hosts, centres)
        for icb, here in whole.groupby(home):
            key = (name, str(icb))
            if key in targets:
                seen_here = Seen(str(icb), targets[key], float(counted.get(key, 0.0)))
                here = _fit_icb(here, group, seen_here, known)
            parts.append(here)
    rank = {code: place for place, code in enumerate(flows["service"].unique())}
    fitted = pd.concat(parts, ignore_index=True).assign(rank=lambda rows: rows["service"].map(rank))
    ordered = fitted.sort_values(["rank", "icb", "provider"], kind="stable", ignore_index=True)
    return ordered.drop(columns="rank")


def build_family(flows: pd.DataFrame, hosts: Mapping[str, str], centres: pd.DataFrame) -> Family:
    """Number the services and hosts of one family's flows."""
    services = tuple(dict.fromkeys(flows["service"]))
    mine = centres[centres["service"].isin(services)].reset_index(drop=True)
    mine = mine.assign(host=mine["provider"].map(hosts).fillna(ELSEWHERE))
    names = tuple(sorted(set(mine["host"])))
    place = _numbers(mine["service"], services), _numbers(mine["host"], names)
    reach = np.zeros((len(services), len(names)), dtype=bool)
    reach[place] = True
    nation_m = _money_at(flows, mine, ()).sum(axis=1)
    return Family(services, names, mine, place, reach, nation_m)


def _numbers(values: pd.Series[str], names: tuple[str, ...]) -> Ints:
    return np.asarray(pd.Index(names).get_indexer(pd.Index(values)), dtype=np.int64)


def _money_at(flows: pd.DataFrame, centres: pd.DataFrame, areas: tuple[str, ...]) -> Floats:
    """£m at each centre by area of residence, (c, a); of all residents, (c, 1), without areas."""
    keys = ["service", "provider"]
    rows = flows[["spend_m", *keys]].assign(area=flows["icb"] if areas else "")
    sums = rows.pivot_table(index=keys, columns="area", values="spend_m", aggfunc="sum")
    index = pd.MultiIndex.from_frame(centres[keys])
    return np.asarray(sums.reindex(index=index, columns=areas or [""]).fillna(0.0), dtype=float)


def _fit_icb(here: pd.DataFrame, family: Family, seen: Seen, known: pd.DataFrame) -> pd.DataFrame:
    """Fit the services of one family for the residents of one ICB: a row for each service and area."""
    areas = tuple(sorted(set(here["icb"])))
    own_m, kept_m = (_money_at(part, family.centres, areas) for part in (here, known))
    model, fixed = (_sum_by_host(money, family) for money in (own_m, kept_m))
    reach = np.repeat(family.reach, len(areas), axis=0)
    listed: Floats = np.asarray(seen.shares.reindex(family.hosts), dtype=np.float64)
    wanted = _blend(model, listed, float(seen.shares.sum()), seen.counted)
    own = family.hosts.index(seen.icb) if seen.icb in family.hosts else None
    if own is not None:
        wanted = _keep_some_outside(wanted, model, reach, own)
    expected = np.isfinite(listed) | (np.array(family.hosts) == seen.icb)
    least = SEED_SHARE * model.sum(axis=1, keepdims=True)
    start = np.where(reach & expected, np.maximum(model, least), model) - fixed
    free = (model - fixed).sum(axis=1)
    start *= np.divide(free, start.sum(axis=1), out=np.ones_like(free), where=free > 0)[:, None]
    wanted = np.maximum(wanted - fixed.sum(axis=0), 0.0)
    fitted = scale_to_margins(start, wanted)
    if own is not None:
        fitted = _meet_own(fitted, float(wanted[own]), own)
    money = _split_among_centres(fitted, own_m - kept_m, family) + kept_m
    return _flow_rows(here, family.centres, areas, money)


def _sum_by_host(money: Floats, family: Family) -> Floats:
    """£m at each centre by area, (c, a), summed by host: (services x areas, hosts)."""
    service, host = family.place
    sums = np.zeros((len(family.services), money.shape[1], len(family.hosts)))
    np.add.at(sums, (service[:, None], np.arange(money.shape[1]), host[:, None]), money)
    return sums.reshape(-1, len(family.hosts))


def _blend(model: Floats, seen: Floats, listed_share: float, counted: float) -> Floats:
    """£m wanted at each host, (h,): observed and modelled shares by what each is worth.

    Args:
        model: £m of the residents by service and host, (s, h).
        seen: observed share of each host, NaN where it is not listed, (h,).
        listed_share: sum of all listed shares, also of hosts without a centre.
        counted: patients that the shares rest on.
    """
    total = model.sum()
    modelled = model.sum(axis=0) / total
    listed = np.isfinite(seen)
    unlisted = np.where(listed, 0.0, modelled)
    rest = max(1.0 - listed_share, 0.0)
    share = np.where(listed, seen, 0.0) + rest * unlisted / max(
        unlisted.sum(), np.finfo(float).tiny
    )
    if share.sum() == 0:
        return np.asarray(modelled * total)
    weight = counted / (counted + PRIOR_PATIENTS)
    return np.asarray(total * (weight * share / share.sum() + (1 - weight) * modelled))


def _keep_some_outside(wanted: Floats, model: Floats, reach: Bools, own: int) -> Floats:
    """Hold the own ICB to :data:`MOST_OF_REACHABLE`; the others take what is above in proportion."""
    most = MOST_OF_REACHABLE * model[reach[:, own]].sum()
    others = wanted.sum() - wanted[own]
    if wanted[own] <= most or others <= 0:
        return wanted
    held = wanted * (wanted.sum() - most) / others
    held[own] = most
    return np.asarray(held)


def _meet_own(fitted: Floats, wanted_m: float, own: int) -> Floats:
    """Bring the own ICB to what is wanted; the others keep their proportions in each row.

    Where some services have no centre at home, the hosts that have one must take more than is wanted of
    them; scaling all columns alike would make up for that at the expense of the own ICB.
    """
    home = fitted[:, own]
    both = np.column_stack([home, fitted.sum(axis=1) - home]).clip(min=0.0)
    met = scale_to_margins(both, np.array([wanted_m, both.sum() - wanted_m]).clip(min=0.0))
    away = np.divide(met[:, 1], both[:, 1], out=np.ones_like(home), where=both[:, 1] > 0)
    again = fitted * away[:, None]
    again[:, own] = met[:, 0]
    return np.asarray(again)


def scale_to_margins(table: Floats, columns: Floats) -> Floats:
    """Iterative proportional fitting: column sums towards ``columns``, row sums kept exactly.

    Args:
        table: (r, c), not negative.
        columns: wanted column sums, (c,); a column of zeros cannot be filled and is left out.

    Returns:
        (r, c) with the row sums of ``table``; a row that only wanted-less columns serve stays.
    """
    rows = table.sum(axis=1)
    wanted = np.where(table.sum(axis=0) > 0, columns, 0.0)
    if wanted.sum() == 0:
        return table
    wanted = wanted * rows.sum() / wanted.sum()
    fitted = table
    for _ in range(ROUNDS):
        sums = fitted.sum(axis=0)
        fitted = fitted * np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0)
        again = fitted.sum(axis=1)
        scale = np.divide(rows, again, out=np.ones_like(rows), where=again > 0)
        fitted = np.where((again > 0)[:, None], fitted * scale[:, None], table)
        if np.abs(scale - 1).max() < SETTLED:
            break
    return np.asarray(fitted)


def _split_among_centres(fitted: Floats, own_m: Floats, family: Family) -> Floats:
    """£m at each centre by area, (c, a): as these residents chose, else as all did, else alike."""
    service, host = family.place
    by_area = fitted.reshape(len(family.services), -1, len(family.hosts))[service, :, host]
    share = np.zeros_like(own_m)
    for values in (
        np.ones_like(own_m),
        np.broadcast_to(family.nation_m[:, None], own_m.shape),
        own_m,
    ):
        whole = _sum_by_host(values, family).reshape(len(family.services), -1, len(family.hosts))
        sums = whole[service, :, host]
        share = np.divide(values, sums, out=share, where=sums > 0)
    return np.asarray(by_area * share)


def _flow_rows(
    here: pd.DataFrame, centres: pd.DataFrame, areas: tuple[str, ...], money: Floats
) -> pd.DataFrame:
    """Rows of flows with money; a patient of a service costs the same wherever treated."""
    sums = here.groupby("service")[["patients", "spend_m"]].sum()
    centre, area = np.nonzero(money > 0)
    rows = centres[["service", "provider"]].iloc[centre].reset_index(drop=True)
    each = (sums["patients"] / sums["spend_m"]).reindex(rows["service"]).to_numpy()
    spend = money[centre, area]
    rows = rows.assign(icb=np.array(areas)[area], patients=spend * each, spend_m=spend)
    return rows[["service", "icb", "provider", "patients", "spend_m"]]
