"""What a plan means for each trust: who pays it, how many it deals with, what it could lose.

Income at risk is what-if, not forecast: a stated share of the in-scope care that footprints send away
is brought home, wherever the footprint of residence has a provider of the service; it goes to those
there in proportion to what they give its residents already, or alike where they give none. What one
loses another gains; together the providers of the map gain what went outside it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.questions import ProviderRules
from optimiser.inputs.scenario.scenario import Scenario
from optimiser.plan.flows import ELSEWHERE, NATIONAL, SINGLE, hold_flows_today
from optimiser.plan.plan import Plan


def summarise_providers(flows: pd.DataFrame, dataset: Dataset, scenario: Scenario) -> pd.DataFrame:
    """One row per provider that the flows pay.

    Args:
        flows: as :func:`~optimiser.plan.flows.hold_flows` gives them.
        dataset: the inputs.
        scenario: its section ``[providers]`` has the what-if, its baseline is the plan of today.

    Returns:
        provider, name, icb (host; blank outside the map), footprint (or ``Elsewhere``), income_m, and
        who holds it: own_footprint_m, other_footprints_m, single_icbs_m, national_m (they add up to it);
        commissioners (holders that pay it ``[providers] contract_m`` or more), commissioners_before (at
        the levels of today in the baseline; blank where these are not known), lost_m and gained_m
        (were ``[providers] brought_home`` of what leaves a footprint brought home), net_m, lost_share
        (of income_m), specialised_share (of all its income; blank if not known), lost_of_all_share
        (lost_share times that), largest income first.
    """
    own = (flows["holder"] == flows["host"]) & ~flows["level"].isin([NATIONAL, SINGLE])
    kinds = {
        "own_footprint_m": own,
        "other_footprints_m": ~own & ~flows["level"].isin([NATIONAL, SINGLE]),
        "single_icbs_m": flows["level"] == SINGLE,
        "national_m": flows["level"] == NATIONAL,
    }
    paid = flows.assign(**{kind: flows["spend_m"].where(of, 0.0) for kind, of in kinds.items()})
    sums = paid.groupby("provider")[["spend_m", *kinds]].sum()
    table = sums.rename(columns={"spend_m": "income_m"})
    table = table[table["income_m"] > 0]
    rules = scenario.providers
    today = hold_flows_today(dataset, scenario.footprints.baseline)
    for column, of in (("commissioners", flows), ("commissioners_before", today)):
        table[column] = count_holders(of, rules.contract_m, table.index)
    moved = bring_home(flows, dataset, rules.brought_home)
    for column in ("lost_m", "gained_m"):
        table[column] = moved[column].reindex(table.index).fillna(0.0)
    return _describe(table, flows, dataset)


def count_holders(flows: pd.DataFrame | None, least_m: float, providers: pd.Index) -> pd.Series:
    """How many holders pay each provider at least so much; blank where it is not known who pays."""
    if flows is None:
        return pd.Series(pd.NA, providers, dtype="Int64")
    paid = flows.groupby(["provider", "holder"])["spend_m"].sum()
    paid = paid[(paid > 0) & (paid >= least_m)]
    return paid.groupby("provider").size().reindex(providers, fill_value=0).astype("Int64")


def _describe(table: pd.DataFrame, flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    about = dataset.providers.set_index("provider").reindex(table.index)
    host = flows.drop_duplicates("provider").set_index("provider")["host"]
    table.insert(0, "name", about["name"])
    table.insert(1, "icb", about["icb"])
    table.insert(2, "footprint", host.reindex(table.index))
    table["net_m"] = table["gained_m"] - table["lost_m"]
    table["lost_share"] = table["lost_m"] / table["income_m"]
    table["specialised_share"] = about["specialised_income_share"].astype(float)
    table["lost_of_all_share"] = table["lost_share"] * table["specialised_share"]
    return table.reset_index().sort_values(
        ["income_m", "provider"], ascending=[False, True], ignore_index=True
    )


def bring_home(flows: pd.DataFrame, dataset: Dataset, share: float) -> pd.DataFrame:
    """What each provider loses and gains if a share of what footprints send away comes home.

    Args:
        flows: as :func:`~optimiser.plan.flows.hold_flows` gives them.
        dataset: its list of centres says who could take what comes home.
        share: of the in-scope care given outside the footprint of residence, where that has a centre.

    Returns:
        indexed by provider: lost_m, gained_m, £m a year; both add up to the same.
    """
    takers = list_takers(flows, dataset)
    leaving = find_leaving(flows, takers)
    lost = leaving.groupby("provider")["spend_m"].sum() * share
    coming = leaving.groupby(["service", "footprint"])["spend_m"].sum().rename("coming_m")
    taken = takers.merge(coming.reset_index(), on=["service", "footprint"])
    gained = (taken["coming_m"] * taken["part"] * share).groupby(taken["provider"]).sum()
    return pd.DataFrame({"lost_m": lost, "gained_m": gained}).fillna(0.0)


def find_leaving(flows: pd.DataFrame, takers: pd.DataFrame) -> pd.DataFrame:
    """In-scope flows out of the footprint of residence, where that has a centre of the service."""
    able = takers[["service", "footprint"]].drop_duplicates()
    away = flows[flows["in_scope"] & (flows["host"] != flows["footprint"])]
    return away.merge(able, on=["service", "footprint"])


def list_takers(flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Who in a footprint would take a service's care that comes home, and what part of it.

    Returns:
        service, footprint, provider, part (of one service and footprint they add up to 1).
    """
    inside = flows[flows["host"] == flows["footprint"]]
    given = inside.groupby(["service", "footprint", "provider"], as_index=False)["spend_m"].sum()
    whole = given.merge(list_centres(flows, dataset), how="outer").fillna({"spend_m": 0.0})
    cell = whole.groupby(["service", "footprint"])["spend_m"]
    total, count = cell.transform("sum"), cell.transform("size")
    whole["part"] = np.where(total > 0, whole["spend_m"] / total.where(total > 0, 1.0), 1.0 / count)
    return pd.DataFrame(whole[["service", "footprint", "provider", "part"]])


def list_centres(flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Providers of each service in each footprint: as listed, or whoever the flows pay.

    Returns:
        service, footprint, provider; only those inside the map.
    """
    listed = dataset.service_providers
    pairs = (flows if listed is None else listed)[["service", "provider"]].drop_duplicates()
    home = flows[["footprint", "icb"]].drop_duplicates().set_index("icb")["footprint"]
    host = pairs["provider"].map(dataset.providers.set_index("provider")["icb"]).map(home)
    return pairs.assign(footprint=host)[host.notna()].reset_index(drop=True)


def list_past(table: pd.DataFrame, rules: ProviderRules) -> pd.DataFrame:
    """Providers of the map past a threshold of ``[providers]``, worst first under each.

    Returns:
        provider, name, footprint, threshold (name of the setting), value, limit.
    """
    mine = table[(table["footprint"] != ELSEWHERE) & (table["income_m"] >= rules.smallest_m)]
    limits = {
        "most_lost": ("lost_share", rules.most_lost),
        "most_lost_of_all": ("lost_of_all_share", rules.most_lost_of_all),
        "most_commissioners": ("commissioners", float(rules.most_commissioners)),
    }
    frames = []
    for threshold, (column, limit) in limits.items():
        past = mine[mine[column].fillna(0.0) > limit]
        past = past.sort_values([column, "income_m"], ascending=False)
        frames.append(
            past[["provider", "name", "footprint"]].assign(
                threshold=threshold, value=past[column].astype(float), limit=limit
            )
        )
    return pd.concat(frames, ignore_index=True)


def summarise_trade(flows: pd.DataFrame, plan: Plan, by: str = "footprint") -> pd.DataFrame:
    """Net importers and exporters of care, all services.

    Args:
        flows: as :func:`~optimiser.plan.flows.hold_flows` gives them.
        plan: the plan.
        by: ``footprint`` or ``icb``.

    Returns:
        footprint or icb, residents_m (spent on its residents), hosted_m (paid to its providers),
        at_home_m (both), exports_m (residents treated elsewhere), imports_m (others treated here), net_m
        (imports less exports: positive imports patients), largest importer first.
    """
    host = "host" if by == "footprint" else "host_icb"
    names = pd.Index(plan.footprints["footprint"] if by == "footprint" else plan.icbs["icb"])
    at_home = flows[flows[by] == flows[host]].groupby(by)["spend_m"].sum()
    sums = {
        "residents_m": flows.groupby(by)["spend_m"].sum(),
        "hosted_m": flows.groupby(host)["spend_m"].sum(),
        "at_home_m": at_home,
    }
    table = pd.DataFrame({name: found.reindex(names) for name, found in sums.items()}).fillna(0.0)
    table["exports_m"] = table["residents_m"] - table["at_home_m"]
    table["imports_m"] = table["hosted_m"] - table["at_home_m"]
    table["net_m"] = table["imports_m"] - table["exports_m"]
    table = table.rename_axis(by).reset_index()
    return table.sort_values("net_m", ascending=False, ignore_index=True)
