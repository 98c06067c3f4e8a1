"""Calibrating a dataset: its modelled flows fitted to what a team observes, and how well they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.importers.fitting import fit_flows
from optimiser.importers.observed import (
    Observed,
    is_table_of_shares,
    observe_extract,
    read_families,
    read_shares,
)
from optimiser.importers.rtt.reading import read_extract
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.host_money import measure_host_money
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.writing import NewDataset, build_sources

KEPT = (
    "icbs", "neighbours", "travel", "readiness", "services", "providers", "service_providers",
    "history",
)  # fmt: skip
"""Tables that stay as they are."""
ENOUGH_PATIENTS = 200
"""Counted patients from which the difference of one ICB is worth naming: a share of 20 % then has a
standard error of 3 percentage points."""
KEYS = ["family", "icb"]
FORCED_POINTS = 0.05
"""A family whose centres force its residents to leave an ICB this much more often than they are seen to
holds services that the counts do not speak of. England's families stand below 0.04 or above 0.09."""


@dataclass(frozen=True)
class Calibrated:
    """A dataset whose flows were fitted to observed ones.

    Attributes:
        new: the dataset, ready to be written.
        before: observed beside modelled shares before the fit (:func:`compare_by_icb`).
        after: the same after it.
        notices: what the reader must know.
    """

    new: NewDataset
    before: pd.DataFrame
    after: pd.DataFrame
    notices: tuple[str, ...]


def calibrate_files(
    dataset: Path, files: Sequence[str], families: Path | None, name: str
) -> Calibrated:
    """As :func:`calibrate_dataset`, from files.

    Args:
        dataset: folder or workbook.
        files: one CSV of shares, or extracts of waiting times.
        families: CSV of service and family; ``mapping/families.csv`` of the dataset when None.
        name: name of the new dataset.

    Raises:
        InputError: with every fault.
    """
    base = read_dataset(dataset)
    carried = families or Path(dataset) / "mapping" / "families.csv"
    groups = read_families(carried, base.services["service"])
    if len(files) == 1 and is_table_of_shares(files[0]):
        return calibrate_dataset(base, read_shares(Path(files[0])), groups, name)
    observed = observe_extract(read_extract(files), _hosts(base))
    return calibrate_dataset(base, observed, groups, name)


def calibrate_dataset(
    base: Dataset, observed: Observed, families: Mapping[str, str], name: str
) -> Calibrated:
    """The dataset with flows and host-based funding fitted to what was observed.

    Args:
        base: the dataset; totals of every service, patients and £m, stay as they are.
        observed: where residents are seen to be treated, by family.
        families: service to family.
        name: name of the new dataset.
    """
    hosts, centres = _hosts(base), _list_centres(base)
    groups = families
    families = list_fitted(base.flows, hosts, groups, centres, observed)
    fitted = fit_flows(base.flows, hosts, families, centres, observed)
    tables = {table: frame for table in KEPT if (frame := getattr(base, table)) is not None}
    tables["flows"] = fitted
    source = f"flow model fitted to {observed.source}"
    own = [("flows", "patients spend_m", "modelled", source, "", "footprints calibrate")]
    if base.funding is not None:
        tables["funding"] = _move_funding(base.funding, base.flows, fitted, hosts)
        own.append(("funding", "historic_m", "modelled", source, "", "paid to its own providers"))
    tables["sources"] = build_sources(base, tables, own)
    after = compare_by_icb(fitted, hosts, families, observed)
    about = replace(
        base.about,
        name=name,
        modelled=(*base.about.modelled, f"Flows are fitted to {observed.source}."),
        fit=describe_fit(fitted, families, observed, after),
        unplaced_share=observed.unplaced_share,
    )
    return Calibrated(
        NewDataset(about, tables, base.plans, base.boundaries, _read_scenarios(base.folder)),
        compare_by_icb(base.flows, hosts, families, observed),
        after,
        _list_notices(base, observed, families, sorted(set(groups) - set(families))),
    )


def describe_fit(
    flows: pd.DataFrame, families: Mapping[str, str], observed: Observed, compared: pd.DataFrame
) -> str:
    """How much of the spend is fitted to what is observed and how well, in a sentence.

    Args:
        flows: service, spend_m among their columns.
        families: service to family.
        observed: what the flows were fitted to.
        compared: as :func:`compare_by_icb` gives it.
    """
    fitted = flows["service"].map(families).isin(set(observed.shares["family"]))
    share = flows.loc[fitted, "spend_m"].sum() / flows["spend_m"].sum()
    ranked = sorted(rank_correlations(compared).items(), key=lambda pair: -pair[1])
    ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in ranked if not np.isnan(rank))
    return (
        f"Flows of {share:.0%} of the spend are fitted to what is observed ({observed.source}); rank "
        f"correlation of ICBs, observed and here: {ranks or 'too few ICBs'}."
    )


def _hosts(base: Dataset) -> dict[str, str]:
    return dict(zip(base.providers["provider"], base.providers["icb"], strict=True))


def _list_centres(base: Dataset) -> pd.DataFrame:
    """Service and provider of every centre: as listed, and wherever a flow goes."""
    keys = ["service", "provider"]
    listed = [] if base.service_providers is None else [base.service_providers[keys]]
    return pd.concat([*listed, base.flows[keys]]).drop_duplicates(ignore_index=True)


def _move_funding(
    funding: pd.DataFrame, flows: pd.DataFrame, fitted: pd.DataFrame, hosts: Mapping[str, str]
) -> pd.DataFrame:
    """Host-based funding moved by what each ICB's own providers are paid more or less than before."""
    after, before = (measure_host_money(part, hosts) for part in (fitted, flows))
    change = after.sub(before, fill_value=0.0)
    moved = funding["historic_m"] + funding["icb"].map(change).fillna(0.0)
    return funding.assign(historic_m=moved)


def _read_scenarios(folder: Path) -> dict[str, str]:
    """The dataset's own scenarios, which go with it."""
    files = sorted((folder / "scenarios").glob("*.toml"))
    return {f"scenarios/{file.name}": file.read_text(encoding="utf-8") for file in files}


def _list_notices(
    base: Dataset, observed: Observed, families: Mapping[str, str], few: Sequence[str]
) -> tuple[str, ...]:
    """What keeps the model's flows, what could not be placed, and what is not on the map.

    Args:
        base: the dataset.
        observed: what the flows are fitted to.
        families: service to family, of the services that are fitted.
        few: services of too few centres for what their family is seen to do.
    """
    seen = set(observed.shares["family"])
    spend = base.services.set_index("service")["spend_m"]
    kept = spend[[families.get(str(code)) not in seen for code in spend.index]]
    notices = []
    if len(kept):
        notices.append(
            f"{len(kept)} of {len(spend)} services, {kept.sum() / spend.sum():.0%} of the spend, "
            "were not observed: their flows are the model's, as before."
        )
    if few:
        notices.append(
            f"Of these, services {', '.join(few)} are given in too few places for what their family "
            "is seen to do at home: its counts do not speak of them."
        )
    if observed.unplaced_share > 0:
        notices.append(
            f"{observed.unplaced_share:.1%} of what was counted has no ICB of residence "
            "(commissioning hubs, regions, outside England) and is in no share."
        )
    strange = sorted(set(observed.shares["icb"]) - set(base.icbs["icb"]))
    if strange:
        listed = ", ".join(strange)
        notices.append(f"Areas of residence that the dataset lacks are left out: {listed}.")
    return tuple(notices)


def list_fitted(
    flows: pd.DataFrame,
    hosts: Mapping[str, str],
    families: Mapping[str, str],
    centres: pd.DataFrame,
    observed: Observed,
) -> dict[str, str]:
    """Service to family, without the services that the family's counts cannot speak of.

    Where the centres of a family force residents of a well counted ICB to leave it more often than they
    are seen to (:data:`FORCED_POINTS`), the counts are of other care: admissions of children are seldom
    for heart surgery. Kept in, such services would leave all others to make up for them. They go one by
    one, those given in the fewest ICBs first, until nothing is forced.

    Args:
        flows: service, icb, spend_m among their columns: what residents need.
        hosts: provider to the ICB that hosts it.
        families: service to family.
        centres: service, provider.
        observed: what is seen, by family.
    """
    places = centres.assign(icb=centres["provider"].map(hosts)).groupby("service")["icb"].nunique()
    seen = _observe_outside(observed)
    seen = seen[seen["patients"] >= ENOUGH_PATIENTS]
    kept = dict(families)
    while True:
        both = measure_floors(flows, centres, hosts, kept).merge(seen, on=KEYS)
        forced = both[both["floor_share"] > both["observed_share"] + FORCED_POINTS]
        for family in set(forced["family"]):
            members = [service for service in kept if kept[service] == family]
            kept.pop(min(members, key=lambda service: (places.get(service, 0), service)))
        if forced.empty:
            return kept


def measure_floors(
    flows: pd.DataFrame,
    centres: pd.DataFrame,
    hosts: Mapping[str, str],
    families: Mapping[str, str],
) -> pd.DataFrame:
    """Least share that must leave the own ICB, which has no centre: family, icb, floor_share."""
    served = set(centres["service"] + " " + centres["provider"].map(hosts).fillna(""))
    away = ~(flows["service"] + " " + flows["icb"]).isin(served)
    rows = flows.assign(family=flows["service"].map(families), away=flows["spend_m"].where(away, 0))
    sums = rows.groupby(KEYS)[["away", "spend_m"]].sum()
    return (sums["away"] / sums["spend_m"]).rename("floor_share").reset_index()


def _observe_outside(observed: Observed) -> pd.DataFrame:
    """family, icb, patients (counted), observed_share (treated outside the own ICB)."""
    own = observed.shares[observed.shares["icb"] == observed.shares["host"]]
    stay = own.groupby(KEYS)["share"].sum().reset_index()
    table = observed.counted.merge(stay, on=KEYS, how="left")
    return table.assign(observed_share=1 - table.pop("share").fillna(0.0))


def compare_by_icb(
    flows: pd.DataFrame,
    hosts: Mapping[str, str],
    families: Mapping[str, str],
    observed: Observed,
    value: str = "spend_m",
) -> pd.DataFrame:
    """Observed beside modelled share treated outside the own ICB, of spend_m or of patients.

    Returns:
        family, icb, patients (counted), observed_share, model_share, difference.
    """
    outside = flows["icb"] != flows["provider"].map(hosts)
    leaked = flows[value].where(outside, 0.0)
    sums = flows.assign(family=flows["service"].map(families), leaked=leaked).groupby(KEYS)
    model = (sums["leaked"].sum() / sums[value].sum()).rename("model_share").reset_index()
    table = _observe_outside(observed).merge(model, on=KEYS)
    return table.assign(difference=table["model_share"] - table["observed_share"])


def rank_correlations(compared: pd.DataFrame) -> dict[str, float]:
    """Spearman's rank correlation of observed and model, by family."""
    return {
        str(family): float(part["observed_share"].rank().corr(part["model_share"].rank()))
        for family, part in compared.groupby("family")
    }


def summarise_fit(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """One row for each family: rank correlation before and after, and the ICB that is furthest off.

    Returns:
        family, icbs, patients, rank_before, rank_after, furthest_icb, furthest_points (percentage
        points, of ICBs with at least :data:`ENOUGH_PATIENTS`; blank and NaN when there are none).
    """
    earlier, later = rank_correlations(before), rank_correlations(after)
    sure = after[after["patients"] >= ENOUGH_PATIENTS]
    size = sure["difference"].abs()
    furthest = sure.loc[size.groupby(sure["family"]).idxmax()].set_index("family")
    table = after.groupby("family").agg(icbs=("icb", "size"), patients=("patients", "sum"))
    return table.assign(
        rank_before=table.index.map(earlier),
        rank_after=table.index.map(later),
        furthest_icb=furthest["icb"].reindex(table.index).fillna(""),
        furthest_points=100 * furthest["difference"].reindex(table.index),
    ).reset_index()
