"""Tables of what the options mean for providers, patients, readiness and risk."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from optimiser.plan.access import MOST_DEPRIVED, OTHERS
from optimiser.reports.paper.blocks import Column, Table, words
from optimiser.reports.paper.brief import Brief, Option, mark_of, say_amount
from optimiser.reports.paper.hazards import KINDS, Hazard, Kind
from optimiser.reports.sentences import join
from optimiser.runs.compare.wording import MODES, NOTHING, round_off, show


def count_risks(brief: Brief) -> Table:
    """How many of each kind of risk by option."""
    rows = []
    for kind in KINDS.values():
        cells = [_count_hazard(kind.find(option)) for option in brief.options]
        name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}"
        rows.append((name, kind.threshold.capitalize(), *cells, cite_kind(brief, kind)))
    return Table(
        "Number of risks of each kind",
        (
            *words(("Risk", "Threshold"), (1.7, 3.2)),
            *brief.head_options(0.9),
            Column("Ref.", 0.7, "left"),
        ),
        tuple(rows),
        note="Services are counted once for each footprint that holds them (close calls: for each "
        "footprint). Per cent: share of local spend in the footprints or services counted.",
    )


def cite_kind(brief: Brief, kind: Kind) -> str:
    """The reference of the count of a kind of risk."""
    return brief.cite(
        f"{kind.name.lower()}: {kind.unit}s with {kind.threshold}",
        kind.table,
        kind.threshold,
        "count of rows" if kind.unit == "service" else "count of footprints",
        kind.columns,
    )


def _count_hazard(hazard: Hazard) -> str:
    if not hazard.places:
        return "none"
    share = "" if math.isnan(hazard.spend_share) else f" ({hazard.spend_share:.0%})"
    return f"{len(hazard.places)}{share}"


def list_risks(brief: Brief) -> Table:
    """The register: the most pressing risk of each kind under the preferred option."""
    rows: list[tuple[str, ...]] = []
    for key, kind in KINDS.items():
        found = kind.find(brief.preferred)
        if found.places:
            say = brief.details.risk
            name = f"{kind.name}{brief.mark(kind.table, *kind.columns)}: {found.worst}. "
            rows.append(
                (
                    f"R{len(rows) + 1}",
                    name + kind.consequence,
                    say(key, "likelihood"),
                    say(key, "impact"),
                    kind.remedy,
                    say(key, "owner"),
                    say(key, "date"),
                )
            )
    return Table(
        f"Risks of {brief.preferred.name}, the most pressing place of each kind",
        words(
            ("No.", "Risk", "Likelihood", "Impact", "Mitigation", "Owner", "By"),
            (0.5, 3.7, 1.4, 1.1, 2.5, 1.15, 1.15),
        ),
        tuple(rows),
        note="How many places of each kind stand in the next table; every place in the tables that "
        "Annex F names.",
    )


def find_lacking(option: Option) -> pd.DataFrame:
    """Services that some footprint may hold, in footprints without any provider of them.

    Returns:
        Rows of the plan's services with no provider inside, nationally specialised ones left out.
    """
    table = option.plan.services
    open_to_some = table.loc[table["level"] != "national", "service"].unique()
    return table[table["service"].isin(open_to_some) & (table["providers"] == 0)]


def _count_lacking(option: Option) -> tuple[str, str, str]:
    """Services, footprints and patients without a provider inside; patients to two digits."""
    found = find_lacking(option)
    patients = float(f"{found['patients'].sum():.2g}")
    return str(found["service"].nunique()), str(found["footprint"].nunique()), f"{patients:,.0f}"


def list_access(brief: Brief) -> Table:
    """Patients' travel and that to the lead; what has no provider in the residents' footprint."""
    reference = brief.cite(
        "services without a provider in the footprint",
        "services",
        "service held locally by some footprint of the option; providers is 0",
        "count of rows; sum(patients)",
        ["level", "providers", "patients"],
    )
    mark = brief.mark("services", "level", "providers", "patients")
    rows: list[tuple[str, ...]] = [*_list_journeys(brief)]
    for measure, label in (
        ("patients_outside_share", "Patients treated outside their own footprint"),
        ("without_centre", "Footprints without a centre, counted service by service"),
        ("travel_minutes", "Mean travel from residents to the lead ICB"),
        ("furthest_minutes", "Longest travel from a member to the lead ICB"),
    ):
        if brief.has(measure):
            figures = [brief.figure(option, measure) for option in brief.options]
            cells = [_say_known(figure.value, figure.unit) for figure in figures]
            rows.append(
                (f"{label}{mark_of(figures)}", *cells, f"[{figures[0].id.split('.')[0]}.n]")
            )
    labels = (
        "Services without a provider in some footprint",
        "Footprints without a provider of some service",
        "Patients a year who leave their footprint for those",
    )
    counts = zip(*(_count_lacking(option) for option in brief.options), strict=True)
    for label, many in zip(labels, counts, strict=True):
        rows.append((f"{label}{mark}", *many, reference))
    return Table(
        "Travel, and services without a provider in the residents' own footprint",
        (Column("", 3.4, "left"), *brief.head_options(1.0), Column("Ref.", 0.9, "left")),
        tuple(rows),
        note="The last three rows: services that some footprint of the option holds.",
    )


def _list_journeys(brief: Brief) -> Iterator[tuple[str, ...]]:
    """Patients' own travel, all and by deprivation; none where no run knows it."""
    scenarios = [option.manifest["scenario"] for option in brief.options]
    limits = {scenario.get("access", {}).get("far_minutes") for scenario in scenarios}
    far = " or ".join(f"{limit:g}" for limit in sorted(filter(None, limits)))
    for residents, mean, share in (
        ("", "Patients' mean travel to where they are treated", "Patients who travel more than"),
        (MOST_DEPRIVED, "Their mean travel, most deprived fifth", "Of those, travel more than"),
        (OTHERS, "Their mean travel, everyone else", "Of those others, travel more than"),
    ):
        yield from _list_travel(brief, residents, "minutes", "minutes", mean)
        yield from _list_travel(brief, residents, "far_share", "share", f"{share} {far} minutes")


def _list_travel(
    brief: Brief, residents: str, column: str, unit: str, label: str
) -> Iterator[tuple[str, ...]]:
    """One figure of the travel of some residents, all where none are named."""
    view, rows = "access", "all rows"
    if residents:
        view, rows = "access_deprivation", f"residents is {residents}"
    tables = [brief.view(option, view) for option in brief.options]
    if residents:
        tables = [t[t["residents"] == residents] if len(t) else t for t in tables]
    means = [_mean(table, column) for table in tables]
    if not all(map(math.isnan, means)):
        how, columns = f"mean of {column} by known_patients", [column, "known_patients"]
        reference = brief.cite(label.lower(), view, rows, how, columns)
        cells = [_say_known(mean, unit) for mean in means]
        yield f"{label}{brief.mark(view, column)}", *cells, reference


def say_deprivation(brief: Brief) -> str:
    """What the inputs know of deprivation, in a sentence."""
    if brief.view(brief.preferred, "access_deprivation").empty:
        return (
            "They hold no index of deprivation, so nothing is said of the most deprived residents."
        )
    return (
        "They hold the share of each ICB's residents who are of England's most deprived fifth; who of "
        "an ICB travels is not known, so figures show differences between places and none inside one."
    )


def _say_known(value: float, unit: str) -> str:
    return NOTHING if math.isnan(value) else say_amount(value, unit)


def _mean(table: pd.DataFrame, column: str) -> float:
    """Mean over patients whose minutes are known; NaN where none are."""
    if table.empty:
        return math.nan
    weights = table["known_patients"].astype(float)
    total = float(weights.sum())
    return float((table[column].astype(float) * weights).sum()) / total if total else math.nan


def list_lacking(brief: Brief) -> Iterator[Table]:
    """Footprints that lack a service, under business as usual and the preferred option."""
    mark = brief.mark("services", "level", "providers", "patients")
    described = dict.fromkeys(option.number for option in (brief.usual, brief.preferred))
    for option in (brief.options[number - 1] for number in described):
        rows = tuple(_list_lacking(option))
        columns = (
            Column("Footprint", 2.0, "left"),
            Column("People, million", 0.9),
            Column("Services lacking", 0.9),
            Column("Those with most patients", 4.0, "left"),
        )
        note = (
            f"Source: services.csv of run {option.number}. Footprints that lack none are left out."
        )
        if rows:
            yield Table(
                f"{option.name}: footprints that lack a service{mark}", columns, rows, note=note
            )


def _list_lacking(option: Option) -> Iterator[tuple[str, ...]]:
    found = find_lacking(option)
    for name, population in option.plan.footprints[["footprint", "population"]].to_numpy():
        mine = found[found["footprint"] == name].sort_values("patients", ascending=False)
        if len(mine):
            services = join(mine["name"].astype("str").tolist(), most=3)
            yield str(name), show(float(population), "persons"), str(len(mine)), services


def list_hosts(brief: Brief) -> Iterator[Table]:
    """What the providers of each footprint earn, by where their patients live."""
    option = brief.preferred
    flows = brief.comparison.flows
    mine = flows[flows["run"] == option.label]
    if mine.empty or "scope_spend_m" not in mine:
        return
    stays = mine["from_footprint"] == mine["to_footprint"]
    inside, away = (
        part.groupby("to_footprint")["scope_spend_m"].sum().to_dict()
        for part in (mine[stays], mine[~stays])
    )
    numbers = brief.comparison.numbers_of(option.label)
    rows = []
    for name, number in sorted(numbers.items(), key=lambda it: it[1]):
        home, other = (float(side.get(name, 0.0)) for side in (inside, away))
        all_m = home + other
        share = round_off(other / all_m, "share") if all_m > 0 else "–"
        cells = (round_off(value, "£m") for value in (all_m, home, other))
        rows.append((str(number), name, *cells, share))
    reference = brief.cite(
        "income of the providers of a footprint from its own and from other footprints' residents",
        "flows_between_footprints",
        "by to_footprint",
        "sum(scope_spend_m), where from_footprint is to_footprint and where it is not",
        ["scope_spend_m"],
    )
    yield Table(
        f"{option.name}: income of each footprint's providers in scope, £m a year"
        f"{brief.mark('flows_between_footprints', 'scope_spend_m')}",
        (
            *words(("Map", "Providers in"), (0.5, 3.0)),
            Column("Income", 1.0),
            Column("From its own residents", 1.2),
            Column("From other footprints", 1.2),
            Column("Share from others", 1.0),
        ),
        tuple(rows),
        note=f"All services in scope, whoever holds them. {reference}",
    )


def list_modes(brief: Brief) -> Table:
    """Modes of the footprints and the lowest score, by option."""
    rows = [(option.name, *_count_modes(option), _find_lowest(option)) for option in brief.options]
    mark = brief.mark("readiness", "score")
    measures = (f"{mode}_footprints" for mode in MODES)
    refs = [
        brief.figure(brief.usual, name).id.split(".")[0] for name in measures if brief.has(name)
    ]
    return Table(
        f"Readiness of the footprints{mark}",
        (
            Column("Option", 2.2, "left"),
            *(Column(mode.capitalize(), 1.0) for mode in MODES.values()),
            Column("Lowest score", 3.0, "left"),
        ),
        tuple(rows),
        note=f"Ref. [{', '.join(f'{ref}.n' for ref in refs)}] and readiness.csv of each run.",
    )


def _count_modes(option: Option) -> list[str]:
    modes = option.plan.footprints["mode"].astype("str")
    return [str(int((modes == mode).sum())) for mode in MODES]


def _find_lowest(option: Option) -> str:
    row = option.plan.readiness.sort_values("score", kind="stable").iloc[0]
    return f"{row['score']:.2f}, {str(row['domain']).replace('_', ' ')}, {row['footprint']}"
