"""Reading a dataset: every table is read and checked, and all faults are told at once.

A dataset is a folder or a workbook; both are sources of tables as text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.folders import find_unfit_names
from optimiser.inputs.checks import tables as checks
from optimiser.inputs.checks.totals import check_flow_totals
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.about import AboutReading, check_published_totals, read_about
from optimiser.inputs.reading.boundaries import FILE as BOUNDARIES_FILE
from optimiser.inputs.reading.boundaries import check_boundaries
from optimiser.inputs.reading.frames import Table, build_table
from optimiser.inputs.reading.plans import list_area_names, settle_plan
from optimiser.inputs.reading.raw import (
    FLOWS_FILES,
    FolderSource,
    RawReading,
    TableSource,
    is_workbook,
    show_text,
)
from optimiser.inputs.reading.suppression import Filled, describe_filled, excuse_totals, fill_flows
from optimiser.inputs.schema import PLAN, TABLES, WITHOUT_BOUNDARIES, TableSchema
from optimiser.inputs.workbook.source import PLANS, WorkbookSource, open_workbook
from optimiser.spelling import find_likely, join_sentences

ABOUT_FILE = "dataset.toml"
OWN_FILES = (
    ABOUT_FILE,
    BOUNDARIES_FILE,
    *FLOWS_FILES,
    *(f"{name}.csv" for name in TABLES if name != "flows"),
)
OTHER_FOLDERS = ("plans", "levels", "paths", "scenarios", "facts", "mapping", "build")


@dataclass(frozen=True)
class _Reading:
    """Everything read, with all faults; a dataset can be made of it when there are none."""

    folder: Path
    about: AboutReading
    tables: Mapping[str, Table]
    plans: Mapping[str, Table]
    faults: tuple[Fault, ...]
    filled: Filled | None = None


def read_dataset(folder: str | Path) -> Dataset:
    """Read a dataset: a folder or a workbook.

    Args:
        folder: the folder or workbook, as the user typed it; faults name files by it.

    Raises:
        InputError: with every fault of the dataset.
    """
    reading = _read(Path(folder))
    if reading.faults:
        raise InputError(reading.faults)
    return _build_dataset(reading)


def check_dataset(folder: str | Path) -> list[Fault]:
    """Every fault of a folder or workbook, sorted by file and line; empty when it is sound."""
    return list(_read(Path(folder)).faults)


def _read(folder: Path) -> _Reading:
    if is_workbook(folder) and folder.is_file():
        return _read_workbook(folder)
    if not folder.is_dir():
        nothing = AboutReading(None, {})
        return _Reading(folder, nothing, {}, {}, (_no_folder(folder),))
    about = read_about(folder / ABOUT_FILE)
    boundaries = folder / BOUNDARIES_FILE
    return _read_source(folder, FolderSource(folder), about, str(folder / ABOUT_FILE), boundaries)


def _read_workbook(path: Path) -> _Reading:
    source = open_workbook(path)
    if source.faults:
        return _Reading(path, AboutReading(None, {}), {}, {}, source.faults)
    place = source.name_place("about")
    reading = _read_source(path, source, source.read_about(), place, source.boundaries)
    return replace(reading, faults=tuple(source.locate(fault) for fault in reading.faults))


def _read_source(
    home: Path, source: TableSource, about: AboutReading, about_place: str, boundaries: Path
) -> _Reading:
    faults = list(about.faults)
    tables, filled = _read_tables(source, faults, about)
    plans = _read_plans(source, tables.get("icbs"), faults)
    across = _check_across(tables, plans)
    faults += excuse_totals(across, filled, tables.get("flows"), tables.get("services"))
    totals = check_published_totals(about, about_place, tables.get("icbs"), tables.get("services"))
    faults += _excuse_published(totals, faults)
    if boundaries.is_file():
        faults += _check_boundaries(boundaries, tables.get("icbs"), faults)
    return _Reading(home, about, tables, plans, tuple(_in_order(faults)), filled)


def open_source(home: Path) -> tuple[TableSource, AboutReading]:
    """The raw tables of a folder or workbook, and what it says of itself; nothing is checked."""
    if is_workbook(home):
        source = open_workbook(home)
        return source, source.read_about()
    return FolderSource(home), read_about(home / ABOUT_FILE)


def _excuse_published(totals: Sequence[Fault], told: Sequence[Fault]) -> list[Fault]:
    """Totals that may be off for a row that is told as missing are no fault of their own."""
    lacking = {fault.column for fault in told if fault.rule == "missing_row"}
    needs = {"total_population": "icb", "total_spend_m": "service"}
    return [fault for fault in totals if needs[fault.column] not in lacking]


def _check_boundaries(path: Path, icbs: Table | None, told: Sequence[Fault]) -> list[Fault]:
    """Faults of the boundaries; an ICB whose row is told as missing has its shape rightly."""
    if icbs is None:
        return check_boundaries(path, {})
    found = check_boundaries(path, checks.list_names(icbs), icbs.count_unread("icb"))
    missing = {f.value for f in told if f.rule == "missing_row" and f.column == "icb"}
    return [f for f in found if f.rule != "unknown_code" or f.value not in missing]


def _no_folder(folder: Path) -> Fault:
    kind = "workbook" if folder.suffix.lower() == ".xlsx" else "folder"
    what = "It is a file" if folder.exists() else f"There is no such {kind}"
    remedy = (
        f"{what}. Give the folder of a dataset, which holds {ABOUT_FILE} and the tables, or a "
        "workbook (.xlsx)."
    )
    return Fault(str(folder), 0, "", "", "folder_exists", remedy)


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    """By file in the order met, then by line; faults of a whole file first."""
    order = {file: k for k, file in enumerate(dict.fromkeys(fault.file for fault in faults))}
    return sorted(faults, key=lambda fault: (order[fault.file], fault.line))


def _read_tables(
    source: TableSource, faults: list[Fault], about: AboutReading
) -> tuple[dict[str, Table], Filled]:
    """The tables that can be read; what is wrong with them is added to the faults."""
    tables = {}
    filled = Filled(RawReading(None))
    for name, schema in TABLES.items():
        reading = source.read_table(name)
        if name == "flows":
            filled = fill_flows(reading, about.suppression)
            reading = filled.reading
        if reading.table is None and not reading.faults and schema.required:
            faults.append(_missing_table(source, schema))
        table = _checked_table(schema, reading, faults)
        if table is not None:
            tables[name] = table
    return tables, filled


def _read_plans(source: TableSource, icbs: Table | None, faults: list[Fault]) -> dict[str, Table]:
    names = [] if icbs is None else list_area_names(icbs.frame)
    place = (
        source.name_place(PLANS) if isinstance(source, WorkbookSource) else f"{source.place}/plans"
    )
    faults += [
        Fault(place, 0, "plan", show_text(name), "file_name", f"Rename it: {why}.")
        for name, why in find_unfit_names(source.list_plans()).items()
    ]
    found = {name: source.read_plan(name) for name in source.list_plans()}
    plans = {
        name: replace(reading, table=reading.table and settle_plan(reading.table, names))
        for name, reading in found.items()
    }
    tables = {name: _checked_table(PLAN, reading, faults) for name, reading in plans.items()}
    return {name: table for name, table in tables.items() if table is not None}


def _checked_table(schema: TableSchema, reading: RawReading, faults: list[Fault]) -> Table | None:
    faults += reading.faults
    if reading.table is None:
        return None
    table, found = build_table(schema, reading.table)
    faults += found
    if table is not None:
        faults += checks.check_keys(table)
    return table


def _missing_table(source: TableSource, schema: TableSchema) -> Fault:
    if isinstance(source, WorkbookSource):
        needed = [column.name for column in schema.columns if column.required]
        remedy = (
            f"The sheet is missing or empty. Fill in {', '.join(needed)}; the rest may be left out."
        )
        return Fault(source.name_place(schema.name), 0, "", "", "sheet_exists", remedy)
    file = FLOWS_FILES[0] if schema.name == "flows" else f"{schema.name}.csv"
    place = Path(source.place)
    likely = find_likely(schema.name, [path.stem for path in _list_unknown_files(place)])
    found = [path.name for path in _list_unknown_files(place) if likely and path.stem == likely]
    hint = f'Is it "{found[0]}"? Then save it as {file}.' if found else ""
    what = f"The table is missing. Add it with the columns {', '.join(schema.names)}."
    remedy = join_sentences(what, hint)
    return Fault(str(place / file), 0, "", "", "file_exists", remedy)


def _check_across(tables: Mapping[str, Table], plans: Mapping[str, Table]) -> list[Fault]:
    """Checks between tables, each made where the tables it needs could be read."""
    faults = checks.check_references([*tables.values(), *plans.values()], tables)
    services, icbs = tables.get("services"), tables.get("icbs")
    if services is not None:
        faults += checks.check_services(services)
        if "flows" in tables:
            faults += check_flow_totals(tables["flows"], services)
    if "funding" in tables:
        faults += checks.check_funding_totals(tables["funding"])
    if "published" in tables:
        faults += checks.check_published(tables["published"], plans)
    if icbs is not None:
        faults += _check_against_icbs(tables, plans, icbs)
    if "sources" in tables:
        carried = {**tables, **({"plans": next(iter(plans.values()))} if plans else {})}
        faults += checks.check_sources(tables["sources"], carried)
    return faults


def _check_against_icbs(
    tables: Mapping[str, Table], plans: Mapping[str, Table], icbs: Table
) -> list[Fault]:
    faults: list[Fault] = []
    per_table = {
        "neighbours": checks.check_neighbours,
        "travel": checks.check_travel,
        "readiness": checks.check_readiness,
        "funding": checks.check_every_icb,
    }
    for name, check in per_table.items():
        if name in tables:
            faults += check(tables[name], icbs)
    for plan in plans.values():
        faults += checks.check_every_icb(plan, icbs)
    return faults


def _build_dataset(reading: _Reading) -> Dataset:
    frames = {name: table.frame for name, table in reading.tables.items()}
    boundaries = boundaries_of(reading.folder)
    about = reading.about.about
    assert about is not None, "a dataset without faults has read dataset.toml"
    return Dataset(
        folder=reading.folder,
        about=about,
        plans={name: table.frame for name, table in reading.plans.items()},
        boundaries=boundaries if boundaries.is_file() else None,
        hashes=_hash_files(reading.folder),
        notices=tuple(_list_notices(reading)),
        filled=reading.filled.rows if reading.filled else None,
        **_all_frames(frames),
    )


def _all_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: frames.get(name) for name in TABLES}  # type: ignore[misc]  # the schema says which may lack


def boundaries_of(home: Path) -> Path:
    """Where the boundaries of a dataset stand: in its folder, or beside its workbook."""
    if is_workbook(home):
        return home.with_name(f"{home.stem}.boundaries.geojson")
    return home / BOUNDARIES_FILE


def _list_own_files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [path for path in (folder, boundaries_of(folder)) if path.is_file()]
    own = [folder / name for name in OWN_FILES if (folder / name).is_file()]
    return sorted([*own, *folder.glob("plans/*.csv")])


def _hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that belongs to the dataset, by its name relative to the folder."""
    base = folder if folder.is_dir() else folder.parent
    return {
        path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _list_own_files(folder)
    }


def _list_unknown_files(folder: Path) -> list[Path]:
    """Files and folders that are no part of a dataset, apart from hidden ones and READMEs."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.name not in (*OWN_FILES, *OTHER_FOLDERS)
        and not path.name.startswith((".", "~", "README"))
    ]
    plans = folder / "plans"
    if plans.is_dir():
        found += [
            path
            for path in sorted(plans.iterdir())
            if path.suffix != ".csv" and not path.name.startswith((".", "~", "README"))
        ]
    return found


def _list_notices(reading: _Reading) -> list[str]:
    whole = is_workbook(reading.folder)
    notices = [
        f"There is no {f'sheet {name}' if whole else f'{name}.csv'}: {schema.without}"
        for name, schema in TABLES.items()
        if schema.without and name not in reading.tables
    ]
    if not reading.plans:
        notices.append(f"There are no plans: {PLAN.without}")
    boundaries = boundaries_of(reading.folder)
    if not boundaries.is_file():
        notices.append(f"There is no {boundaries.name}: {WITHOUT_BOUNDARIES}")
    notices += [_describe_left_out(table) for table in reading.tables.values() if table.left_out]
    notices += _describe_unknown(reading.folder)
    filled = reading.filled.rows if reading.filled else None
    notices += describe_filled(reading.about.suppression, filled, reading.tables["flows"].frame)
    return notices + checks.describe_oddities(reading.tables)


def _describe_unknown(home: Path) -> list[str]:
    if is_workbook(home):
        return open_workbook(home).describe_unknown()
    return [_describe_unknown_file(home, path) for path in _list_unknown_files(home)]


def _describe_left_out(table: Table) -> str:
    defaults = {c.name: c.copies or c.default or "blank" for c in table.schema.columns}
    rows = len(table.frame)
    named = ", ".join(
        f"{name} ({defaults[name]}{f', in {count} of {rows} rows' if count < rows else ''})"
        for name, count in table.left_out.items()
    )
    return f"{table.schema.name} leaves out what takes its default: {named}."


def _describe_unknown_file(folder: Path, path: Path) -> str:
    name = path.relative_to(folder).as_posix()
    likely = find_likely(name, OWN_FILES)
    hint = f'Is it meant to be "{likely}"?' if likely else ""
    return join_sentences(f"{name} is no part of a dataset and is not read.", hint)
