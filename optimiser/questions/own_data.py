"""Own data: extracts of NHS England, workbooks, boundaries, and other sets of ICBs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from optimiser.folders import check_absent
from optimiser.importers.calibration import Calibrated, calibrate_files
from optimiser.importers.carry.dataset import ACCOUNT, carry_dataset, write_carried
from optimiser.importers.carry.lookup import carry_plan, carry_plan_back, read_lookup, read_plan
from optimiser.importers.neighbours import (
    NeighbourReading,
    find_neighbours,
    format_boundaries,
    read_areas,
)
from optimiser.importers.rtt.building import (
    Imported,
    import_extract,
    list_functions,
    write_import,
)
from optimiser.importers.rtt.choosing import Choices, choose_map
from optimiser.importers.rtt.reading import Extract, read_extract
from optimiser.importers.rtt.specialties import (
    Specialties,
    build_default_table,
    read_specialties,
    write_specialties,
)
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.inputs.workbook.writing import write_workbook
from optimiser.inputs.writing import format_csv, write_dataset, write_files, write_text

ENGLAND = Path("inputs/england-42")
MAPS = {
    "icb": (Path("inputs/england"), ENGLAND),
    "sub-icb": (Path("inputs/england-106"),),
}
"""Carried maps that a file may be of: the 36 ICBs of April 2026, the 42 before, and their parts."""


def import_rtt(
    files: Sequence[str],
    to: str | Path | None = None,
    base: Dataset | str | Path | None = None,
    *,
    parts: Sequence[str] = (),
    providers: Literal["nhs", "all"] = "nhs",
    unattributed: Literal["drop", "host", "spread"] = "drop",
    level: Literal["icb", "sub-icb"] = "icb",
    by: Literal["specialty", "total"] = "specialty",
    table: str | Path | None = None,
    write_table: str | Path | None = None,
) -> Imported | Specialties:
    """Make a dataset of RTT or DM01 files, or write the table of their specialties and stop.

    Args:
        files: paths or http addresses, CSV or zip.
        to: new dataset folder; or give ``write_table``.
        base: dataset that gives the map; when None the carried one that has most of the files' areas:
            the 36 ICBs for files from April 2026, the 42 for older ones.
        parts: 1A, 1B, 2, 2A or 3; for DM01 activity or waiting; the first when empty.
        providers: NHS trusts alone, or independent ones as well.
        unattributed: activity without an ICB: left out, the provider's, or spread.
        level: area of residence.
        by: each specialty, or the row that adds them up.
        table: edited table of specialties; each is a service when None.
        write_table: where the table of the files' specialties is written, to edit.

    Returns:
        what was imported, or the specialties where only their table was asked for.

    Raises:
        InputError: with every fault of the files.
        OutputExistsError: something would be written over.
    """
    place = Path(to or write_table or "")
    check_absent(place)
    choices = Choices(tuple(parts), providers, unattributed, level, by)
    extract = read_extract(tuple(files))
    specialties = _open_table(extract, choices, table)
    if to is None:
        write_specialties(specialties, place)
        return specialties
    map_ = choose_map(extract, choices, MAPS[level]) if base is None else _open(base)
    imported = import_extract(extract, map_, specialties, choices, place.name)
    write_import(imported, place)
    return imported


def _open_table(extract: Extract, choices: Choices, path: str | Path | None) -> Specialties:
    functions = list_functions(extract, choices)
    if path is None:
        return build_default_table(functions)
    return read_specialties(Path(path), functions, extract.layout.total)


def _open(dataset: Dataset | str | Path) -> Dataset:
    return dataset if isinstance(dataset, Dataset) else read_dataset(dataset)


def template(
    workbook: str | Path,
    dataset: Dataset | str | Path | None = None,
    scenario: str | Path | None = None,
) -> list[Path]:
    """Write an Excel workbook to fill in, or one that holds a dataset.

    Args:
        workbook: the new file.
        dataset: fills it; that of the scenario when None and a scenario is given, else empty.
        scenario: fills the sheet of settings.

    Returns:
        the files written: the workbook, and boundaries beside it.

    Raises:
        OutputExistsError: there is something at ``workbook``.
    """
    place = Path(workbook)
    check_absent(place)
    rules = read_scenario(scenario) if scenario else None
    if dataset is None and rules is not None:
        dataset = rules.dataset_path
    return list(write_workbook(place, None if dataset is None else _open(dataset), rules))


def neighbours(
    boundaries: str | Path,
    *,
    code: str = "icb",
    crs: str = "",
    to: str | Path | None = None,
    boundaries_to: str | Path | None = None,
    simplify_m: float = 250.0,
    attribution: str = "",
    review_km: float = 5.0,
) -> NeighbourReading:
    """Derive neighbours with border lengths from a GeoPackage, GeoJSON or Shapefile.

    Args:
        boundaries: the file.
        code: property with the area's code.
        crs: coordinate system where the file states none.
        to: where ``neighbours.csv`` is written; nowhere when None.
        boundaries_to: where the shapes are written as a dataset's ``boundaries.geojson``.
        simplify_m: detail that may be lost there, metres.
        attribution: whom to credit there.
        review_km: areas up to this far apart are listed as possible crossings.

    Raises:
        InputError: the file can't be read, or has no such property.
        OutputExistsError: something would be written over.
    """
    places = [None if place is None else Path(place) for place in (to, boundaries_to)]
    for place in filter(None, places):
        check_absent(place)
    areas = read_areas(Path(boundaries), code, crs)
    reading = find_neighbours(areas, review_km)
    texts: dict[Path, str] = {}
    if places[0] is not None:
        texts[places[0]] = format_csv(reading.links)
    if places[1] is not None:
        texts[places[1]] = format_boundaries(areas, simplify_m, attribution)
    write_files({place: text.encode("utf-8") for place, text in texts.items()})
    return reading


def carry(
    what: str | Path,
    lookup: str | Path,
    to: str | Path,
    *,
    base: Dataset | str | Path = ENGLAND,
    back: bool = False,
    boundaries: str | Path | None = None,
    code: str = "icb",
) -> pd.DataFrame:
    """Carry a dataset, or a plan (a CSV file), to another set of ICBs by a lookup with shares.

    Args:
        what: the dataset or the plan.
        lookup: CSV of from_icb, to_icb and share.
        to: new folder or file.
        base: for a plan: the dataset of the old ICBs.
        back: for a plan: from the new ICBs to the old ones.
        boundaries: for a dataset: boundaries of the new ICBs.
        code: property of the boundaries with their code.

    Returns:
        what could not be carried exactly: topic, item, to, share, note.

    Raises:
        InputError: with every fault of the inputs.
        OutputExistsError: there is something at ``to``.
    """
    place = Path(to)
    check_absent(place)
    if Path(what).suffix.lower() == ".csv":
        return _carry_plan(Path(what), Path(lookup), place, _open(base), back)
    if back:
        raise ValueError("Only plans are carried back: amounts of merged ICBs cannot be parted.")
    dataset = read_dataset(what)
    table = read_lookup(Path(lookup), dataset.icbs["icb"].tolist())
    areas = read_areas(Path(boundaries), code) if boundaries else None
    carried = carry_dataset(dataset, table, place.name, areas)
    write_carried(carried, place)
    return carried.account


def _carry_plan(what: Path, lookup: Path, to: Path, dataset: Dataset, back: bool) -> pd.DataFrame:
    codes = dataset.icbs["icb"].tolist()
    table = read_lookup(lookup, codes)
    frame = read_plan(what, table.new if back else codes)
    people = dict(zip(codes, dataset.icbs["population"].astype(float), strict=True))
    carried = carry_plan_back(frame, table) if back else carry_plan(frame, table, people)
    write_text(to, format_csv(carried.plan))
    rows = [(f"plan {what.stem}", *row) for row in carried.mixed]
    return pd.DataFrame(rows, columns=list(ACCOUNT))


def calibrate(
    dataset: str | Path,
    flows: Sequence[str],
    to: str | Path,
    *,
    families: str | Path | None = None,
) -> Calibrated:
    """Fit a dataset's flows to observed ones, and write a new dataset.

    Args:
        dataset: folder or workbook.
        flows: one CSV of family, icb, host_icb, share_percent and patients, or extracts of waiting
            times.
        to: new dataset folder.
        families: CSV of service and family; ``mapping/families.csv`` of the dataset when None.

    Returns:
        the new dataset, observed beside modelled shares before and after, and what to know.

    Raises:
        InputError: with every fault of the files.
        OutputExistsError: ``to`` exists.
    """
    place = Path(to)
    check_absent(place)
    given = None if families is None else Path(families)
    found = calibrate_files(Path(dataset), tuple(flows), given, place.name)
    write_dataset(found.new, place)
    return found
