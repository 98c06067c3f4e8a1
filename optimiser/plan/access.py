"""How far patients travel to where they are treated, and what a plan would change of it.

Minutes are those of ``travel.csv``: from the residents of an ICB to a hospital in the ICB of treatment,
a mean over residents and no journey from door to door. No grouping moves a patient: travel is the same
in every plan. What a plan changes is who counts as leaving, and what coming home would mean for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimiser.inputs.dataset import Dataset
from optimiser.inputs.scenario.questions import AccessRules
from optimiser.plan.providers import find_leaving, list_centres

PAIR = ["icb", "host_icb"]
MOST_DEPRIVED, OTHERS = "most deprived fifth", "everyone else"
WITHOUT_CENTRE = (
    *("service", "name", "footprint", "patients", "spend_m", "minutes"),
    *("goes_to", "goes_to_share"),
)


def follow_patients(flows: pd.DataFrame, dataset: Dataset, rules: AccessRules) -> pd.DataFrame:
    """Flows, as :func:`~optimiser.plan.flows.hold_flows` gives them, with minutes.

    Returns:
        the flows with minutes to where each is treated (NaN outside the map and
        without a table of travel), far (share of its patients beyond ``far_minutes``: 0 or 1) and
        outside (whether it leaves its footprint).
    """
    minutes = _look_up(flows, dataset)
    return flows.assign(
        minutes=minutes,
        far=(minutes > rules.far_minutes).astype(float),
        outside=(flows["host"] != flows["footprint"]).astype(float),
    )


def _look_up(flows: pd.DataFrame, dataset: Dataset) -> pd.Series:
    if dataset.travel is None:
        return pd.Series(float("nan"), flows.index)
    pairs = pd.MultiIndex.from_frame(flows[PAIR])
    minutes = dataset.travel.set_index(["from_icb", "to_icb"])["minutes"]
    return pd.Series(minutes.reindex(pairs).to_numpy(float), flows.index)


def summarise_access(flows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Patients and their travel, by footprint, ICB or service.

    Args:
        flows: as :func:`follow_patients` gives them.
        by: columns to group by.

    Returns:
        those columns, patients (a year, all services), known_patients (whose minutes are known), minutes
        (their mean), far_share (of them, beyond the stated time), outside_patients (treated outside
        their footprint), outside_share (of patients).
    """
    known = flows["patients"].where(flows["minutes"].notna(), 0.0)
    parts = flows[list(by)].assign(
        patients=flows["patients"],
        known_patients=known,
        minutes=known * flows["minutes"].fillna(0.0),
        far_share=known * flows["far"],
        outside_patients=flows["patients"] * flows["outside"],
    )
    table = parts.groupby(list(by), sort=False).sum().reset_index()
    for column in ("minutes", "far_share"):
        table[column] = _divide(table[column], table["known_patients"])
    table["outside_share"] = _divide(table["outside_patients"], table["patients"])
    return table


def _divide(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below > 0)


def compare_deprivation(flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Residents of the most deprived fifth beside everyone else, did they travel as their ICB does.

    The inputs know the share of them in an ICB and nothing of who in it travels: each flow is split by
    that share. What is found is the difference between places, and none inside one.

    Args:
        flows: as :func:`follow_patients` gives them.
        dataset: with ``deprived_share`` of its ICBs; ICBs without it are left out.

    Returns:
        footprint, residents (:data:`MOST_DEPRIVED` or :data:`OTHERS`), what :func:`summarise_access`
        gives; no rows where no ICB has a ``deprived_share``.
    """
    share = flows["icb"].map(dataset.icbs.set_index("icb")["deprived_share"])
    parts = ((MOST_DEPRIVED, share), (OTHERS, 1.0 - share))
    split = [flows.assign(residents=w, patients=flows["patients"] * part) for w, part in parts]
    return summarise_access(pd.concat(split).dropna(subset="patients"), ["footprint", "residents"])


def summarise_access_by_footprint(
    flows: pd.DataFrame, dataset: Dataset, rules: AccessRules
) -> pd.DataFrame:
    """One row per footprint, from flows as :func:`follow_patients` gives them.

    Returns:
        what :func:`summarise_access` gives, with deprived_minutes and deprived_far_share (of the most
        deprived fifth, see :func:`compare_deprivation`; NaN where that is not known),
        leaving_patients (in scope, treated elsewhere though their footprint has a centre; minutes known
        both ways), minutes_now and minutes_home (their mean travel as it is, and to the nearest centre
        of their footprint), home_change_minutes, far_now_share, far_home_share.
    """
    table = summarise_access(flows, ["footprint"])
    both = compare_deprivation(flows, dataset)
    deprived = both[both["residents"] == MOST_DEPRIVED].set_index("footprint")
    for column in ("minutes", "far_share"):
        table[f"deprived_{column}"] = table["footprint"].map(deprived[column])
    return table.merge(_bring_home(flows, dataset, rules), on="footprint", how="left").fillna(
        {"leaving_patients": 0.0}
    )


def _bring_home(flows: pd.DataFrame, dataset: Dataset, rules: AccessRules) -> pd.DataFrame:
    """What coming home would mean for those who leave though they need not, by footprint."""
    centres = list_centres(flows, dataset)
    leaving = find_leaving(flows, centres)
    hosts = centres["provider"].map(dataset.providers.set_index("provider")["icb"])
    near = centres.assign(host_icb=hosts)[["service", "footprint", "host_icb"]].drop_duplicates()
    cells = leaving[["service", "footprint", "icb"]].drop_duplicates()
    ways = cells.merge(near, on=["service", "footprint"])
    ways["minutes_home"] = _look_up(ways, dataset)
    nearest = ways.groupby(["service", "icb"])["minutes_home"].min().reset_index()
    both = leaving.merge(nearest, on=["service", "icb"]).dropna(subset=["minutes", "minutes_home"])
    parts = both[["footprint"]].assign(
        leaving_patients=both["patients"],
        minutes_now=both["patients"] * both["minutes"],
        minutes_home=both["patients"] * both["minutes_home"],
        far_now_share=both["patients"] * both["far"],
        far_home_share=both["patients"] * (both["minutes_home"] > rules.far_minutes),
    )
    table = parts.groupby("footprint").sum().reset_index()
    for column in ("minutes_now", "minutes_home", "far_now_share", "far_home_share"):
        table[column] = _divide(table[column], table["leaving_patients"])
    table.insert(4, "home_change_minutes", table["minutes_home"] - table["minutes_now"])
    return table


def summarise_access_by_service(flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """One row per service with patients, from flows as :func:`follow_patients` gives them.

    Returns:
        service, name, what :func:`summarise_access` gives, centres (in the map), without_centre
        (footprints that have none).
    """
    table = summarise_access(flows, ["service"])
    centres = list_centres(flows, dataset)
    count = centres.groupby("service")["provider"].nunique()
    held = centres.groupby("service")["footprint"].nunique()
    table.insert(1, "name", table["service"].map(dataset.services.set_index("service")["name"]))
    table["centres"] = table["service"].map(count).fillna(0).astype("int64")
    present = table["service"].map(held).fillna(0).astype("int64")
    table["without_centre"] = flows["footprint"].nunique() - present
    return table


def list_without_centre(flows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Footprints without a centre of a service whose residents need it, and where they go.

    Args:
        flows: as :func:`follow_patients` gives them.
        dataset: with its list of centres.

    Returns:
        service, name, footprint, patients, spend_m, minutes (mean to where they are treated), goes_to
        (footprint that is paid most for them, or ``Elsewhere``), goes_to_share (of their spend), most
        patients first.
    """
    cells = ["service", "footprint"]
    centres = list_centres(flows, dataset)[cells].drop_duplicates()
    joined = flows.merge(centres, on=cells, how="left", indicator="centre")
    away = joined[joined["centre"] == "left_only"]
    paid = pd.DataFrame(away.groupby([*cells, "host"], as_index=False)["spend_m"].sum())
    paid["of_m"] = paid.groupby(cells)["spend_m"].transform("sum")
    most = paid.sort_values("spend_m", ascending=False, kind="stable").drop_duplicates(cells)
    most = most.rename(columns={"host": "goes_to"})
    table = summarise_access(away, cells).merge(most, on=cells)
    table["goes_to_share"] = _divide(table["spend_m"], table["of_m"])
    table["name"] = table["service"].map(dataset.services.set_index("service")["name"])
    table = table.drop(columns="spend_m").rename(columns={"of_m": "spend_m"})
    ordered = table.sort_values(["patients", *cells], ascending=[False, True, True])
    return ordered[list(WITHOUT_CENTRE)].reset_index(drop=True)


def tabulate_access(
    flows: pd.DataFrame, dataset: Dataset, rules: AccessRules
) -> dict[str, pd.DataFrame]:
    """Every table of access by name: footprints, icbs, services, without_centre, deprivation.

    Args:
        flows: as :func:`~optimiser.plan.flows.hold_flows` gives them.
        dataset: the inputs.
        rules: what is far.
    """
    flows = follow_patients(flows, dataset, rules)
    icbs = summarise_access(flows, ["icb", "footprint"])
    about = dataset.icbs.set_index("icb")
    icbs.insert(1, "name", icbs["icb"].map(about["short_name"]))
    icbs["deprived_share"] = icbs["icb"].map(about["deprived_share"])
    return {
        "footprints": summarise_access_by_footprint(flows, dataset, rules),
        "icbs": icbs,
        "services": summarise_access_by_service(flows, dataset),
        "without_centre": list_without_centre(flows, dataset),
        "deprivation": compare_deprivation(flows, dataset),
    }
