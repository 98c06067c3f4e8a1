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
        reach: whether a service has a centre at a host, (s, h).
        nation_m: £m of all residents at each row of ``centres``.
    """

    services: tuple[str, ...]
    hosts: tuple[str, ...]
    centres: pd.DataFrame
    reach: Bools
    nation_m: Floats


def fit_flows(
    flows: pd.DataFrame,
    hosts: Mapping[str, str],
    families: Mapping[str, str],
    centres: pd.DataFrame,
    observed: Observed,
) -> pd.DataFrame:
    """The flows nearest to the given ones that have the observed shares of hosts.

    Args:
        flows: service, icb, provider, patients, spend_m.
        hosts: provider to the ICB that hosts it (blank: elsewhere).
        families: service to family; services of families not observed stay as they are.
        centres: service, provider: who may treat.
        observed: what is seen, by family.

    Returns:
        service, icb, provider, patients, spend_m, services in the order of ``flows``.
    """
    family = flows["service"].map(families)
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
        for icb, here in whole.groupby("icb"):
            key = (name, str(icb))
            if key in targets:
                here = _fit_icb(here, group, targets[key], float(counted.get(key, 0.0)))
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
    reach = np.zeros((len(services), len(names)), dtype=bool)
    reach[_numbers(mine["service"], services), _numbers(mine["host"], names)] = True
    return Family(services, names, mine, reach, _money_at(flows, mine))


def _numbers(values: pd.Series[str], names: tuple[str, ...]) -> Ints:
    return np.asarray(pd.Index(names).get_indexer(pd.Index(values)), dtype=np.int64)


def _money_at(flows: pd.DataFrame, centres: pd.DataFrame) -> Floats:
    """£m at each centre, (c,)."""
    keys = ["service", "provider"]
    sums = flows.groupby(keys)["spend_m"].sum()
    return np.asarray(sums.reindex(pd.MultiIndex.from_frame(centres[keys]), fill_value=0.0))


def _fit_icb(
    here: pd.DataFrame, family: Family, target: pd.Series[float], counted: float
) -> pd.DataFrame:
    """Fit the services of one family for the residents of one ICB."""
    icb = str(here["icb"].iloc[0])
    own_m = _money_at(here, family.centres)
    place = (
        _numbers(family.centres["service"], family.services),
        _numbers(family.centres["host"], family.hosts),
    )
    model = np.zeros(family.reach.shape)
    np.add.at(model, place, own_m)
    seen: Floats = np.asarray(target.reindex(family.hosts), dtype=np.float64)
    wanted = _blend(model, seen, float(target.sum()), counted)
    start = model
    if icb in family.hosts:
        wanted = _keep_some_outside(wanted, model, family, icb)
    expected = np.isfinite(seen) | (np.array(family.hosts) == icb)
    least = SEED_SHARE * model.sum(axis=1, keepdims=True)
    start = np.where(family.reach & expected, np.maximum(model, least), model)
    start *= np.divide(
        model.sum(axis=1), start.sum(axis=1), out=np.ones(len(model)), where=start.sum(axis=1) > 0
    )[:, None]
    fitted = scale_to_margins(start, wanted)
    money = fitted[place] * _share_among_centres(own_m, family, place)
    return _flow_rows(here, family.centres, money)


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


def _keep_some_outside(wanted: Floats, model: Floats, family: Family, icb: str) -> Floats:
    """Hold the own ICB to :data:`MOST_OF_REACHABLE`; the others take what is above in proportion."""
    own = family.hosts.index(icb)
    most = MOST_OF_REACHABLE * model[family.reach[:, own]].sum()
    others = wanted.sum() - wanted[own]
    if wanted[own] <= most or others <= 0:
        return wanted
    held = wanted * (wanted.sum() - most) / others
    held[own] = most
    return np.asarray(held)


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


def _share_among_centres(own_m: Floats, family: Family, place: tuple[Ints, Ints]) -> Floats:
    """Share of each centre in its host, (c,): as these residents chose, else as all did, else alike."""
    share = np.zeros(len(own_m))
    for values in (np.ones(len(own_m)), family.nation_m, own_m):
        whole = np.zeros(family.reach.shape)
        np.add.at(whole, place, values)
        share = np.divide(values, whole[place], out=share, where=whole[place] > 0)
    return share


def _flow_rows(here: pd.DataFrame, centres: pd.DataFrame, money: Floats) -> pd.DataFrame:
    """Rows of flows with money; a patient of a service costs the same wherever treated."""
    sums = here.groupby("service")[["patients", "spend_m"]].sum()
    each = (sums["patients"] / sums["spend_m"]).reindex(centres["service"]).to_numpy()
    rows = centres[["service", "provider"]].assign(
        icb=str(here["icb"].iloc[0]), patients=money * each, spend_m=money
    )
    return rows.loc[money > 0, ["service", "icb", "provider", "patients", "spend_m"]]
