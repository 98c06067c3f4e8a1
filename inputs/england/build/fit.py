"""How well the model's flows reproduce published leakage: the table in the dataset's README."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from inputs.england.build.facts import Facts, take_number
from inputs.england.build.fitted import OBSERVED, list_few_centres, list_hosts, read_fitted
from inputs.england.build.flows import ANCHORED_SERVICE
from inputs.england.build.wheel import Wheel
from optimiser.importers.calibration import (
    ENOUGH_PATIENTS,
    compare_by_icb,
    measure_floors,
    rank_correlations,
)
from optimiser.importers.observed import Observed, read_shares

GROUPINGS = {
    "icbs_42_percent": "icbs-42",
    "nine_committees_percent": "nine-committees-2023",
    "regions_7_percent": "regions-7",
}
"""Column of a target to the plan it speaks of."""

FAMILY_ORDER = (
    "general",
    "neurosciences",
    "cardiothoracic",
    "plastics",
    "children",
    "mental_health",
    "rare_adult",
    "rare_child",
)
FEW_CENTRES = ", few centres"
"""Marks the services of a family that its counts do not speak of: they are compared with nothing."""
WORST = 5
FAR_OFF = 0.10
"""Three standard errors of a share of one half among 200 counted."""
BEGIN, END = "<!-- fit begins -->", "<!-- fit ends -->"


def measure_leakage_percent(
    flows: pd.DataFrame, plan: pd.DataFrame, host: pd.Series[str], value: str
) -> float:
    """Per cent of ``value`` (patients or spend_m) treated outside the residents' footprint."""
    footprint = plan.set_index("icb")["footprint"]
    home = flows["icb"].map(footprint)
    treated = flows["provider"].map(host).map(footprint)
    return float(100 * flows.loc[home != treated, value].sum() / flows[value].sum(min_count=1))


def measure_floor_percent(
    flows: pd.DataFrame, centres: pd.DataFrame, plan: pd.DataFrame, host: pd.Series[str]
) -> float:
    """Per cent of spend of residents whose footprint hosts no centre: no decay can go below."""
    footprint = plan.set_index("icb")["footprint"]
    home = flows["service"] + " " + flows["icb"].map(footprint)
    hosted = centres["provider"].map(host).map(footprint).fillna("")
    served = set(centres["service"] + " " + hosted)
    return float(100 * flows.loc[~home.isin(served), "spend_m"].sum() / flows["spend_m"].sum())


def build_thrombectomy_flows(wheel: Wheel, homes: pd.Series[str]) -> pd.DataFrame:
    """Real stroke admissions to the nearest English thrombectomy centre.

    Args:
        wheel: the wheel's tables, with pieces.
        homes: ICB of each piece.

    Returns:
        Frame of icb, provider (here the ICB that hosts the centre) and admissions a year.
    """
    units = wheel.units[wheel.units["thrombectomy"] & (wheel.units["country"] == "England")]
    nearest = wheel.minutes[units.index].idxmin(axis=1).map(units["piece"]).map(homes)
    table = pd.DataFrame(
        {
            "icb": wheel.lsoas["piece"].map(homes).to_numpy(),
            "provider": nearest.to_numpy(),
            "admissions": wheel.lsoas["admissions"].to_numpy(),
        }
    )
    sums = table.groupby(["icb", "provider"])["admissions"].sum()
    return sums.to_frame().reset_index()


def summarise_fit(
    facts: Facts, flows: pd.DataFrame, centres: pd.DataFrame, plans: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """One row for each family and grouping: target, model and floor, per cent of spend.

    Args:
        facts: the carried facts, with the targets.
        flows: service, icb, provider, patients, spend_m.
        centres: service, provider.
        plans: plan by file name.
    """
    observed, few = read_shares(OBSERVED), list_few_centres(facts)
    family = facts.service_model["family"].copy()
    family[family.index.isin(few)] += FEW_CENTRES
    rows = []
    for name in (name + mark for name in FAMILY_ORDER for mark in ("", FEW_CENTRES)):
        if name not in set(family):
            continue
        part = flows[flows["service"].map(family) == name]
        mine = centres[centres["service"].map(family) == name]
        rows += _describe_family(name, part, mine, facts, plans, observed)
    whole = _describe_family("all services", flows, centres, facts, plans, observed)
    return pd.DataFrame([*rows, *whole])


def weigh_as_counted(flows: pd.DataFrame, family: str, observed: Observed) -> pd.DataFrame:
    """With a column ``counted``: each ICB's flows scaled to the patients that were counted there.

    The published totals are sums of counts, in which London weighs more than its people, and ICBs whose
    patients are counted under a commissioning hub next to nothing. NaN where the family is not observed.
    """
    base = observed.counted[observed.counted["family"] == family].set_index("icb")["patients"]
    weight = flows["icb"].map(base if len(base) else pd.Series(dtype=float))
    return flows.assign(
        counted=flows["spend_m"] / flows.groupby("icb")["spend_m"].transform("sum") * weight
    )


def _describe_family(
    name: str,
    flows: pd.DataFrame,
    centres: pd.DataFrame,
    facts: Facts,
    plans: dict[str, pd.DataFrame],
    observed: Observed,
) -> list[dict[str, object]]:
    target = facts.targets[facts.targets["family"] == name]
    host = facts.providers.set_index("provider")["icb"]
    flows = weigh_as_counted(flows, name, observed)
    return [
        {
            "family": name,
            "compared with": target["label"].iloc[0] if len(target) else "",
            "grouping": plan,
            "target": float(target[column].iloc[0]) if len(target) else None,
            "model": measure_leakage_percent(flows, plans[plan], host, "spend_m"),
            "model, ICBs weighted as counted": measure_leakage_percent(
                flows, plans[plan], host, "counted"
            ),
            "model, patients": measure_leakage_percent(flows, plans[plan], host, "patients"),
            "floor": measure_floor_percent(flows, centres, plans[plan], host),
        }
        for column, plan in GROUPINGS.items()
    ]


def summarise_anchor(
    facts: Facts, flows: pd.DataFrame, thrombectomy: pd.DataFrame, plans: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Thrombectomy by nearest centre (real admissions) beside modelled adult neurosciences."""
    host = facts.providers.set_index("provider")["icb"]
    here = pd.Series({icb: icb for icb in facts.icbs.index})
    targets = facts.targets.set_index("family")
    modelled = flows[flows["service"] == ANCHORED_SERVICE]
    rows = [
        {
            "grouping": plan,
            "thrombectomy, reference": take_number(targets, "thrombectomy", column),
            "thrombectomy, this build": measure_leakage_percent(
                thrombectomy, plans[plan], here, "admissions"
            ),
            "service 11, model": measure_leakage_percent(modelled, plans[plan], host, "spend_m"),
        }
        for column, plan in GROUPINGS.items()
    ]
    return pd.DataFrame(rows)


def summarise_fit_by_icb(facts: Facts, flows: pd.DataFrame, centres: pd.DataFrame) -> pd.DataFrame:
    """One row for each family that was observed ICB by ICB: rank correlations and the furthest off.

    Args:
        facts: the carried facts.
        flows: service, icb, provider, patients, spend_m.
        centres: service, provider.
    """
    hosts, families, observed = list_hosts(facts), read_fitted(facts), read_shares(OBSERVED)
    by_money, by_patients = (
        compare_by_icb(flows, hosts, families, observed, value) for value in ("spend_m", "patients")
    )
    floors = measure_floors(flows, centres, hosts, families)
    compared = by_money.merge(floors, on=["family", "icb"])
    ranks, of_patients = rank_correlations(by_money), rank_correlations(by_patients)
    rows = [
        {
            "family": family,
            "patients counted": f"{part['patients'].sum():,.0f}",
            "rank correlation of 42 ICBs, money": f"{ranks[str(family)]:.2f}",
            "the same, patients": f"{of_patients[str(family)]:.2f}",
            **_describe_sure(part[part["patients"] >= ENOUGH_PATIENTS], facts),
        }
        for family, part in compared.groupby("family")
    ]
    return pd.DataFrame(rows)


def _describe_sure(sure: pd.DataFrame, facts: Facts) -> dict[str, str]:
    """How many ICBs with enough counted are far off, and which are furthest."""
    worst = sure.loc[sure["difference"].abs().nlargest(WORST).index]
    columns = ("icb", "observed_share", "model_share", "floor_share")
    told = [
        f"{facts.icbs['short_name'][icb]} " + " / ".join(f"{100 * share:.0f}" for share in shares)
        for icb, *shares in worst[list(columns)].to_numpy().tolist()
    ]
    far = int((sure["difference"].abs() > FAR_OFF).sum())
    return {
        f"with {ENOUGH_PATIENTS} counted": str(len(sure)),
        f"of them more than {100 * FAR_OFF:.0f} points off": str(far),
        "furthest off: observed / model / floor, %": "; ".join(told),
    }


def format_table(frame: pd.DataFrame) -> str:
    """Write a frame as a Markdown table, numbers to 0.1, blanks for what is missing."""
    head = "| " + " | ".join(frame.columns) + " |"
    rule = "|" + "---|" * len(frame.columns)
    body = ["| " + " | ".join(_show(value) for value in row) + " |" for row in frame.to_numpy()]
    return "\n".join([head, rule, *body])


def _show(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.1f}"
    return "" if value is None else str(value)


BY_ICB = (
    "ICB by ICB, per cent treated outside the own ICB: observed (`facts/observed_shares.csv`), the "
    "model, and the floor below which no choice of hospital can go:"
)
ALLOCATIONS = (
    "Money of the 59 services that the nine committees held beside their published allocations:"
)


def format_fit(
    fit: pd.DataFrame, anchor: pd.DataFrame, by_icb: pd.DataFrame, allocations: pd.DataFrame
) -> str:
    """The generated part of the README, between its two marks."""
    first, second, third, fourth = map(format_table, (fit, anchor, by_icb, allocations))
    return "\n\n".join([BEGIN, first, second, BY_ICB, third, ALLOCATIONS, fourth, END])


def write_fit(text: str, readme: Path) -> None:
    """Put the generated part in the place of the old one."""
    old = readme.read_text(encoding="utf-8")
    before, rest = old.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(before + text + after, encoding="utf-8", newline="\n")
