"""Checks between rows and between tables. Each takes clean tables and returns the faults it finds.

A check passes over rows whose own cells are already reported, so that one fault is told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimiser.errors import Fault
from optimiser.inputs.connectivity import list_parts
from optimiser.inputs.host_money import describe_misplaced
from optimiser.inputs.reading.frames import NO_ROWS, Table, build_faults, list_absent
from optimiser.inputs.reading.raw import show_text
from optimiser.inputs.schema import (
    ALLOCATION,
    DRAWN,
    HIGHLY_SPECIALISED_PATIENTS,
    PLAN,
    TABLES,
    TOTALS_TOLERANCE_SHARE,
    Column,
)
from optimiser.spelling import join_sentences, name_some, suggest, suggest_code

Ints = NDArray[np.int64]
UNKNOWN = -1
MOST_WRONG = 10
"""Rows with a code that has no row of its own: more of them lean on a row that is missing."""


def check_keys(table: Table) -> list[Fault]:
    """Rows whose key stands already in an earlier row."""
    columns = " and ".join(table.schema.key)
    found = []
    for row, earlier in table.repeats.items():
        value = ", ".join(str(table.frame[c].iloc[row]) for c in table.schema.key)
        remedy = f"The same {columns} stands on line {table.lines[earlier]}. Keep one of the rows."
        found.append((table.lines[row], value, remedy))
    column = table.schema.key[0] if len(table.schema.key) == 1 else ""
    return build_faults(table.place, column, "duplicate", found)


@dataclass(frozen=True)
class _Reference:
    """Rows of one column whose codes the table they refer to does not have."""

    table: Table
    column: str
    target: Table
    rows: tuple[int, ...]


def check_references(tables: Sequence[Table], by_name: Mapping[str, Table]) -> list[Fault]:
    """Codes that the table they refer to does not have.

    A code on which many rows lean is one fault of the table where its row is missing: one cause is
    told once. Fewer rows than that are more likely wrong themselves, and are told one by one.

    Args:
        tables: every table and plan.
        by_name: the tables, by name.
    """
    found = [
        _find_unknown(table, column, by_name[column.refers_to])
        for table in tables
        for column in table.schema.columns
        if column.refers_to in by_name and column.name in table.texts
    ]
    leaning: dict[tuple[str, str], Counter[str]] = {}
    for reference in found:
        for row in reference.rows:
            key = reference.target.schema.name, reference.table.texts[reference.column][row]
            leaning.setdefault(key, Counter())[reference.table.schema.name] += 1
    many = {key: count for key, count in leaning.items() if count.total() > MOST_WRONG}
    faults = [_missing_row(by_name[name], code, many[name, code]) for name, code in many]
    return faults + [fault for r in found for fault in _wrong_codes(r, many)]


def _find_unknown(table: Table, column: Column, target: Table) -> _Reference:
    names = list_names(target)
    unknown = list_distinct(table, column.name) - names.keys()
    # A key that could not be read may be the very code that is not found here.
    if len(unknown) <= target.count_unread(target.schema.key[0]):
        return _Reference(table, column.name, target, ())
    there = table.frame[column.name].isin(unknown).to_numpy() & table.is_usable(column.name)
    return _Reference(table, column.name, target, tuple(np.flatnonzero(there).tolist()))


def _missing_row(target: Table, code: str, leaning: Counter[str]) -> Fault:
    key, names = target.schema.key[0], list_names(target)
    where = ", ".join(f"{count} in {name}" for name, count in leaning.items())
    what = f"It has no row, and {leaning.total()} rows lean on it: {where}."
    repair = join_sentences("Add the row, or correct those.", suggest_code(code, names))
    return target.find_fault(key, show_text(code), "missing_row", join_sentences(what, repair))


def _wrong_codes(reference: _Reference, many: Collection[tuple[str, str]]) -> list[Fault]:
    """The rows whose code is not told of as a missing row."""
    table, target = reference.table, reference.target
    names, texts = list_names(target), table.texts[reference.column]
    what = f"There is no such {target.schema.key[0]} in {target.schema.name}."
    found = [
        (table.lines[k], texts[k], join_sentences(what, suggest_code(texts[k], names)))
        for k in reference.rows
        if (target.schema.name, texts[k]) not in many
    ]
    return build_faults(table.place, reference.column, "unknown_code", found)


def list_distinct(table: Table, column: str) -> set[str]:
    """The codes that stand in a column, blanks and bad cells apart."""
    values = table.list_values(column)
    if column not in table.usable:
        return set(values) - {""}
    return {code for code, sound in zip(values, table.usable[column], strict=True) if sound} - {""}


def list_names(table: Table) -> dict[str, str]:
    """Code to name of a table whose key is one code; short names where there are some."""
    key = table.schema.key[0]
    name = "short_name" if "short_name" in table.frame else "name"
    sound = table.frame[table.is_usable(key)]
    return dict(zip(sound[key], sound[name], strict=True))


def check_neighbours(neighbours: Table, icbs: Table) -> list[Fault]:
    """Links of an ICB with itself, and parts of the map that hang on nothing.

    A single ICB without any link is an island and may be; two or more that are cut off are not.
    """
    if neighbours.frame.empty and len(icbs.frame) > 1:
        return [neighbours.find_fault("", "", "no_rows", NO_ROWS)]
    a, b = neighbours.frame["a"], neighbours.frame["b"]
    sound = neighbours.is_usable("a", "b")
    own = np.flatnonzero((a == b).to_numpy() & sound)
    faults = neighbours.find_faults(
        own, "b", "self_link", "An ICB is not its own neighbour. Delete the row."
    )
    known = set(icbs.frame["icb"])
    certain = sound.all() and icbs.is_usable("icb").all() and a.isin(known).all()
    if faults or not certain or not b.isin(known).all():
        return faults
    return [*faults, *_check_connected(neighbours, icbs)]


def _check_connected(neighbours: Table, icbs: Table) -> list[Fault]:
    links = list(zip(neighbours.frame["a"], neighbours.frame["b"], strict=True))
    remedy = "These ICBs are linked to each other but to no others. Add the link that is missing."
    return [
        neighbours.find_fault("", ", ".join(part), "connected", remedy)
        for part in list_parts(icbs.frame["icb"], links)[1:]
        if len(part) > 1
    ]


def check_every_icb(table: Table, icbs: Table) -> list[Fault]:
    """ICBs that have no row in a table that must have one for each."""
    column = next(c.name for c in table.schema.columns if c.refers_to == "icbs")
    known = [code for code in list_names(icbs) if code]
    missing = _list_missing(known, table, column)
    return list_absent(table.place, column, "every_icb", missing, "The ICB has no row. Add one.")


def _list_missing(known: Sequence[str], table: Table, column: str) -> list[str]:
    """Known codes without a row, or none when an unreadable or unknown code may be the one."""
    there = list_distinct(table, column)
    missing = [code for code in known if code not in there]
    doubtful = table.count_unread(column) + len(there - set(known))
    return missing if len(missing) > doubtful else []


def check_travel(travel: Table, icbs: Table) -> list[Fault]:
    """Ordered pairs of ICBs, an ICB with itself among them, that have no travel time."""
    known = [code for code in list_names(icbs) if code]
    gone = {c for side in ("from_icb", "to_icb") for c in _list_missing(known, travel, side)}
    without = [code for code in known if code in gone]
    remedy = "The ICB has no travel times. Add them."
    faults = list_absent(travel.place, "from_icb", "every_pair", without, remedy)
    a, b = (travel.frame[side] for side in ("from_icb", "to_icb"))
    if (
        not travel.is_usable("from_icb", "to_icb").all()
        or not (a.isin(known) & b.isin(known)).all()
    ):
        return faults
    there = set(zip(a.tolist(), b.tolist(), strict=True))
    left = [code for code in known if code not in gone]
    missing = [(a, b) for a in left for b in left if (a, b) not in there]
    remedy = "There is no travel time between them in this direction. Add a row."
    pairs = [f"{a} to {b}" for a, b in missing]
    return faults + list_absent(travel.place, "", "every_pair", pairs, remedy)


def check_readiness(readiness: Table, icbs: Table) -> list[Fault]:
    """ICBs, domains and years without a score."""
    faults = check_every_icb(readiness, icbs)
    key = list(readiness.schema.key)
    known = set(list_names(icbs))
    frame = readiness.frame
    if faults or not readiness.is_usable(*key).all() or not frame["icb"].isin(known).all():
        return faults
    there = set(frame[key].itertuples(index=False, name=None))
    domains = next(c.choices for c in readiness.schema.columns if c.name == "domain")
    years = sorted(set(frame["year"]))
    wanted = [(i, d, y) for i in dict.fromkeys(frame["icb"]) for d in domains for y in years]
    missing = [cell for cell in wanted if cell not in there]
    remedy = "There is no score for this ICB, domain and year. Add a row."
    cells = [f"{i}, {d}, {y}" for i, d, y in missing]
    return list_absent(readiness.place, "score", "every_score", cells, remedy)


def check_services(services: Table) -> list[Fault]:
    """Highly specialised services that are not national, and services that move with themselves."""
    frame = services.frame
    sound = services.is_usable("highly_specialised", "category")
    wrong = frame["highly_specialised"] & (frame["category"] != "national")
    remedy = "The service is highly specialised, so it is national. Correct one of the two."
    faults = services.find_faults(
        np.flatnonzero(wrong.to_numpy() & sound),
        "category",
        "highly_specialised_is_national",
        remedy,
    )
    own = (frame["moves_with"] == frame["service"]) & (frame["service"] != "")
    remedy = "A service does not move with itself. Name another, or leave it blank."
    return faults + services.find_faults(
        np.flatnonzero(own.to_numpy()), "moves_with", "moves_with_itself", remedy
    )


def check_funding_totals(funding: Table) -> list[Fault]:
    """Historic and needs-based money must share out the same total."""
    if not funding.is_usable("historic_m", "needs_based_m").all():
        return []
    historic, needs = (float(funding.frame[c].sum()) for c in ("historic_m", "needs_based_m"))
    if abs(historic - needs) <= TOTALS_TOLERANCE_SHARE * max(historic, needs):
        return []
    remedy = f"historic_m adds up to {historic:.10g}. Make the two totals agree within 0.1 %."
    return [funding.find_fault("needs_based_m", f"{needs:.10g}", "totals_agree", remedy)]


def check_published(published: Table, plans: Mapping[str, Table]) -> list[Fault]:
    """A published allocation is of a footprint of a carried plan: another would stand beside nothing."""
    frame, faults = published.frame, []
    known = {name: set(plan.frame["footprint"]) for name, plan in plans.items()}
    for row, (item, plan, footprint) in enumerate(
        frame[["item", "plan", "footprint"]].to_numpy().tolist()
    ):
        if item != ALLOCATION or not published.is_usable("item")[row]:
            continue
        if plan not in known:
            remedy = join_sentences("There is no such plan.", suggest(plan, known))
            faults += published.find_faults([row], "plan", "unknown_plan", remedy)
        elif footprint not in known[plan]:
            hint = suggest(footprint, known[plan])
            remedy = join_sentences(f"{plan} has no such footprint.", hint)
            faults += published.find_faults([row], "footprint", "unknown_footprint", remedy)
    return faults


def check_sources(sources: Table, tables: Mapping[str, Table]) -> list[Fault]:
    """Rows that name no table or column there is, and columns whose source is not told."""
    columns = {name: set(schema.names) for name, schema in TABLES.items()}
    columns["plans"] = set(PLAN.names)
    faults = []
    for row, (table, column) in enumerate(sources.frame[["table", "column"]].to_numpy().tolist()):
        base = table.split("/")[0]
        if not sources.is_usable("table", "column")[row] or base == "boundaries":
            continue
        if base not in columns:
            hint = suggest(base, [*columns, "boundaries"])
            remedy = join_sentences("There is no such table.", hint)
            faults += sources.find_faults([row], "table", "unknown_table", remedy)
        elif column not in columns[base]:
            remedy = join_sentences(f"{base} has no such column.", suggest(column, columns[base]))
            faults += sources.find_faults([row], "column", "unknown_column", remedy)
    return faults + _check_spreads(sources) or _check_covered(sources, tables)


def _check_spreads(sources: Table) -> list[Fault]:
    """A spread of what is not drawn would be believed and never used."""
    faults: list[Fault] = []
    if not sources.is_usable("table", "column", "spread").all():
        return faults
    frame = sources.frame
    for row in np.flatnonzero(frame["spread"].notna()).tolist():
        key = (frame["table"].iloc[row], frame["column"].iloc[row])
        if key not in DRAWN:
            listed = ", ".join(sorted(f"{t}.{c}" for t, c in DRAWN))
            remedy = f"This column is not drawn. Those that may have a spread: {listed}."
            faults += sources.find_faults([row], "spread", "spread_not_drawn", remedy)
    return faults


def _check_covered(sources: Table, tables: Mapping[str, Table]) -> list[Fault]:
    if not sources.is_usable("table", "column").all():
        return []
    told = {(t.split("/")[0], c) for t, c in sources.frame[["table", "column"]].to_numpy().tolist()}
    remedy = "Its source is not told. Add a row that says where it comes from."
    untold = [
        f"{name}.{column}"
        for name, table in tables.items()
        if name != "sources"
        for column, cells in table.texts.items()
        if (name, column) not in told and any(cells)  # nothing has no source
    ]
    return list_absent(sources.place, "column", "every_source", untold, remedy)


def describe_oddities(tables: Mapping[str, Table]) -> list[str]:
    """What is allowed but worth knowing, in sentences; for tables without faults."""
    frames = {name: table.frame for name, table in tables.items()}
    flows, services, providers = frames["flows"], frames["services"], frames["providers"]
    icbs, links = frames["icbs"], frames["neighbours"]
    idle = _without(providers["provider"], flows["provider"])
    still = _without(icbs["icb"], flows["icb"])
    alone = _without(icbs["icb"], pd.concat([links["a"], links["b"]]))
    many = services["highly_specialised"] & (services["patients"] >= HIGHLY_SPECIALISED_PATIENTS)
    large = list(services["service"][many])
    sentences = [
        (idle, "providers without flows: {}. They are kept and count only where they are listed."),
        (still, "ICBs whose residents have no flows: {}."),
        (alone, "ICBs without neighbours: {}. Each can only be a footprint alone."),
        (large, "highly specialised services with 500 patients a year or more: {}."),
    ]
    notices = [text.format(name_some(found)) for found, text in sentences if found]
    told = [f"{notice[0].upper()}{notice[1:]}" for notice in notices] + _describe_unlisted(tables)
    if "funding" not in frames:
        return told
    hosts = dict(zip(providers["provider"], providers["icb"], strict=True))
    return told + describe_misplaced(frames["funding"], flows, hosts)


def _describe_unlisted(tables: Mapping[str, Table]) -> list[str]:
    if "service_providers" not in tables:
        return []
    listed, flowing = (
        set(
            zip(
                tables[name].list_values("service"),
                tables[name].list_values("provider"),
                strict=True,
            )
        )
        for name in ("service_providers", "flows")
    )
    unlisted = [f"{service} at {provider}" for service, provider in sorted(flowing - listed)]
    if not unlisted:
        return []
    return [f"Flows to providers that service_providers does not list: {name_some(unlisted)}."]


def _without(all_codes: pd.Series, used: pd.Series) -> list[str]:
    there = set(used.tolist())
    return [code for code in all_codes.tolist() if code not in there]
