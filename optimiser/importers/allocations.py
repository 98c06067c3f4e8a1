"""A user's table of published allocations, one row an ICB, read as the funding of a dataset.

A sheet saved as CSV with a header line; a mapping says which of its columns is which of ours, and the
unit of its money is stated. Other columns and their order are let be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.frames import build_table, list_absent
from optimiser.inputs.reading.raw import RawTable, read_csv_table, show_text
from optimiser.inputs.schema import FUNDING
from optimiser.spelling import join_sentences, suggest, suggest_code

UNITS_M = {"£": 1e-6, "£k": 1e-3, "£m": 1.0}
"""What one of each unit is in £m: stated by the user, never guessed from the size of the numbers."""


def read_allocations(
    path: str | Path, dataset: Dataset, columns: Mapping[str, str] | None = None, unit: str = "£m"
) -> pd.DataFrame:
    """Published allocations as ``funding``: icb, historic_m, needs_based_m, in the order of the ICBs.

    Args:
        path: CSV file with one row an ICB.
        dataset: every one of its ICBs must have one row.
        columns: our column (icb, historic_m, needs_based_m) to the file's header, where it differs.
        unit: of its money, one of :data:`UNITS_M`.

    Raises:
        InputError: with every fault of the file.
    """
    reading = read_csv_table("funding", Path(path))
    if reading.table is None:
        missing = [Fault(str(path), 0, "", "", "file_exists", "There is no such file. Name a CSV.")]
        raise InputError(list(reading.faults) or missing)
    raw, faults = _choose_columns(reading.table, dict(columns or {}), list(reading.faults))
    if faults:
        raise InputError(faults)
    table, faults = build_table(FUNDING, raw)
    if table is None:
        raise InputError(faults)
    faults += _check_icbs(raw, dataset)
    if faults:
        raise InputError(faults)
    frame = table.frame.set_index("icb").reindex(dataset.icbs["icb"])
    return (frame * UNITS_M[unit]).rename_axis("icb").reset_index()


def _choose_columns(
    raw: RawTable, columns: dict[str, str], faults: list[Fault]
) -> tuple[RawTable, list[Fault]]:
    """The file with our three columns alone, under our names."""
    header = [name.strip() for name in raw.header]
    names = {ours: columns.get(ours, ours) for ours in FUNDING.names}
    for ours, theirs in names.items():
        if header.count(theirs) != 1:
            found = "stands more than once" if theirs in header else "is not in the header"
            hint = f"Say which column it is: {ours}=HEADER."
            remedy = join_sentences(f"{theirs} {found}.", suggest(theirs, header), hint)
            faults.append(
                Fault(raw.place, raw.header_line, ours, show_text(theirs), "column", remedy)
            )
    if faults:
        return raw, faults
    chosen = tuple(raw.columns[header.index(theirs)] for theirs in names.values())
    return replace(raw, header=tuple(names), columns=chosen), []


def _check_icbs(raw: RawTable, dataset: Dataset) -> list[Fault]:
    """Each ICB of the dataset has one row, and there are no others."""
    names = dict(zip(dataset.icbs["icb"], dataset.icbs["short_name"], strict=True))
    faults, seen = [], dict[str, int]()
    for line, cell in zip(raw.lines, raw.columns[0], strict=True):
        code = cell.strip()
        earlier = seen.setdefault(code, line)
        if code and code not in names:
            remedy = join_sentences("The dataset has no such ICB.", suggest_code(code, names))
            faults.append(Fault(raw.place, line, "icb", show_text(code), "known_icb", remedy))
        elif earlier != line:
            remedy = f"It stands on line {earlier} too. Keep one of the rows."
            faults.append(Fault(raw.place, line, "icb", show_text(code), "duplicate", remedy))
    remedy = "The file leaves it out; each ICB has one row."
    absent = [code for code in names if code not in seen]
    return faults + list_absent(raw.place, "icb", "every_icb", absent, remedy)
