"""ICBs that move and services that change level between plans."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimiser.arrays import Floats
from optimiser.plan.distance import match_footprints
from optimiser.plan.plan import Plan

_PEOPLE_BREAK_TIES = 1e-12


def homes_of(plan: Plan) -> pd.Series[str]:
    """ICB to its footprint."""
    return plan.icbs.set_index("icb")["footprint"]


def match_homes(
    now: pd.Series[str], then: pd.Series[str], population: pd.Series[float]
) -> dict[str, str]:
    """Each footprint of a plan to the baseline's that it continues.

    The matching keeps as many ICBs as possible where they were; ties go to the one that keeps more
    people (assignment problem: Kuhn 1955). A footprint that continues none is left out.

    Args:
        now: ICB to footprint in the plan whose footprints are matched.
        then: the same in the plan they are matched to.
        population: residents by ICB.
    """
    both = pd.DataFrame({"now": now, "then": then}).dropna()  # ICBs that are on both maps
    if both.empty:
        return {}
    people = population.reindex(both.index).fillna(0.0)
    now_at, new = pd.factorize(both["now"], sort=True)
    then_at, old = pd.factorize(both["then"], sort=True)
    worth: Floats = 1 + np.asarray(people, dtype=np.float64) * _PEOPLE_BREAK_TIES
    pairs = match_footprints(now_at, then_at, worth)
    return {str(new[a]): str(old[b]) for a, b in pairs.items()}


def list_moves(plans: Mapping[str, Plan], population: pd.Series[float]) -> pd.DataFrame:
    """Every ICB in every plan, and whether it moves against the first plan.

    Returns:
        run, icb, name, population, footprint, baseline_footprint, continues (the baseline's
        footprint that this one continues, empty if none), moved.
    """
    before = homes_of(next(iter(plans.values())))
    frames = []
    for label, plan in plans.items():
        continued = match_homes(homes_of(plan), before, population)
        table = plan.icbs[["icb", "name", "footprint"]].copy()
        table.insert(0, "run", label)
        table.insert(3, "population", population.reindex(table["icb"]).to_numpy())
        table["baseline_footprint"] = before.reindex(table["icb"]).to_numpy()
        table["continues"] = table["footprint"].map(continued).fillna("").astype("str")
        table["moved"] = table["continues"] != table["baseline_footprint"]
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def summarise_grouping(moves: pd.DataFrame) -> pd.DataFrame:
    """One row per ICB: icb, name, population, footprint in each run, moved_in (number of runs)."""
    keys = ["icb", "name", "population"]
    wide = moves.pivot(index=keys, columns="run", values="footprint")
    wide = wide[list(dict.fromkeys(moves["run"]))]
    wide["moved_in"] = moves.groupby(keys)["moved"].sum()
    return wide.reset_index().rename_axis(columns=None).sort_values("icb", ignore_index=True)


def number_footprints(moves: pd.DataFrame, plans: Mapping[str, Plan]) -> pd.DataFrame:
    """A number for each footprint, the same in every run for those that continue one another.

    Args:
        moves: what :func:`list_moves` returns.
        plans: the plans, baseline first.

    Returns:
        run, footprint, number, continues (the baseline's footprint, empty if none).
    """
    first = next(iter(plans.values())).footprints["footprint"]
    numbers = {str(name): at for at, name in enumerate(first, 1)}
    rows = []
    for label, plan in plans.items():
        mine = moves[moves["run"] == label].drop_duplicates("footprint")
        continued = mine.set_index("footprint")["continues"].to_dict()
        fresh = len(numbers)
        for name in plan.footprints["footprint"]:
            old = continued[name]
            fresh += not old
            rows.append((label, name, numbers[old] if old else fresh, old))
    return pd.DataFrame(rows, columns=["run", "footprint", "number", "continues"])


def list_service_levels(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Option of every service for every ICB: service, name, category, icb, option in each run."""
    columns = {label: _option_by_icb(plan) for label, plan in plans.items()}
    wide = pd.DataFrame(columns).rename_axis(["service", "icb"]).reset_index()
    first = next(iter(plans.values())).services
    about = first.drop_duplicates("service")[["service", "name", "category"]]
    order = about["service"].tolist()
    return about.merge(wide, on="service", validate="one_to_many").sort_values(
        ["service", "icb"],
        key=lambda s: s.map(order.index) if s.name == "service" else s,
        ignore_index=True,
    )


def list_service_changes(levels: pd.DataFrame, population: pd.Series[float]) -> pd.DataFrame:
    """Services whose option differs from the first run's for at least one ICB.

    Args:
        levels: what :func:`list_service_levels` returns.
        population: residents by ICB.

    Returns:
        run, service, name, category, before, after (an option, or ``mixed``), icbs (number whose
        option changes), population_share (of residents whose option changes),
        local_population_share_before, local_population_share_after.
    """
    keys = ["service", "name", "category"]
    baseline, *others = [name for name in levels.columns if name not in (*keys, "icb")]
    people: Floats = np.asarray(population.reindex(levels["icb"]), dtype=np.float64)
    rows = [
        _changes(levels, people, keys, baseline, label)
        for label in others
        if (levels[label] != levels[baseline]).any()
    ]
    blank = _changes(levels.head(0), people[:0], keys, baseline, baseline)
    return pd.concat(rows, ignore_index=True) if rows else blank


def _changes(
    levels: pd.DataFrame, people: Floats, keys: list[str], baseline: str, label: str
) -> pd.DataFrame:
    changed = levels[baseline] != levels[label]
    work = levels[keys].assign(
        run=label,
        before=levels[baseline],
        after=levels[label],
        icbs=changed.astype("int64"),
        people=people,
        changed=np.where(changed, people, 0.0),
        local_before=np.where(levels[baseline] != "national", people, 0.0),
        local_after=np.where(levels[label] != "national", people, 0.0),
    )
    grouped = work.groupby(["run", *keys], sort=False)
    held = grouped[["before", "after"]]
    table = held.min()
    table = table.where(table == held.max(), "mixed")
    sums = grouped[["icbs", "people", "changed", "local_before", "local_after"]].sum()
    table["icbs"] = sums["icbs"]
    table["population_share"] = sums["changed"] / sums["people"]
    table["local_population_share_before"] = sums["local_before"] / sums["people"]
    table["local_population_share_after"] = sums["local_after"] / sums["people"]
    return table[table["icbs"] > 0].reset_index()


def _option_by_icb(plan: Plan) -> pd.Series[str]:
    homes = plan.icbs[["icb", "footprint"]]
    rows = plan.services[["service", "footprint", "level"]].merge(homes, on="footprint")
    return rows.set_index(["service", "icb"])["level"]
