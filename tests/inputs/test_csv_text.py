"""No cell that is written begins a formula, and each reads back to the letter."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.saved import save_groupings
from support.toy import TOY

from optimiser.csv_text import guard, to_csv_text, unguard
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.writing import NewDataset, write_dataset
from optimiser.runs.folder import read_run

FORMULAS = ("=1+1", "+A1", "-A1", "@SUM(A1)", "'=1", "''@x", '=HYPERLINK("http://x")')


@given(st.text(alphabet="'=+-@\t1.eabc", max_size=8))
def test_any_text_reads_back_to_the_letter(text: str) -> None:
    """Guarding can be undone, and what is guarded begins no formula unless it is a number."""
    cell = guard(text)
    assert unguard(cell) == text
    assert cell[:1] not in ("=", "@")
    if cell[:1] in ("+", "-"):
        float(cell)


def test_numbers_and_blanks_are_left_alone() -> None:
    """Also a number that stands in a column of text; a header is guarded like a cell."""
    frame = pd.DataFrame({"=a": ["-1.5", "=x", None], "b": [-1.5, np.nan, 3.0]})
    assert to_csv_text(frame) == "'=a,b\n-1.5,-1.5\n'=x,\n,3.0\n"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_dataset_with_a_formula_for_a_name_reads_back(name: str, tmp_path: Path) -> None:
    """Written guarded, read unchanged, whichever of the readers of CSV takes it."""
    toy = read_dataset(TOY)
    names = ("icbs", "neighbours", "services", "providers", "flows")
    tables = {table: getattr(toy, table).copy() for table in names}
    tables["providers"].loc[0, "name"] = name
    folder = write_dataset(NewDataset(toy.about, tables), tmp_path / "new")
    cells = [
        c for row in csv.reader(io.StringIO((folder / "providers.csv").read_text())) for c in row
    ]
    assert f"'{name}" in cells
    assert name == read_dataset(folder).providers["name"].iloc[0]


def test_a_run_of_a_plan_with_formulas_for_names_reads_back(tmp_path: Path) -> None:
    """Footprints called like formulas are guarded in every table and whole again when read."""
    run = read_run(save_groupings(tmp_path).folders["rows"])
    first = run.plan.footprints["footprint"].iloc[0]
    named = run.plan.footprints.replace({first: "=cmd|' /C calc'!A0"})
    plan = replace(run.plan, footprints=named)
    text = to_csv_text(plan.footprints)
    assert "\n'=cmd|" in text
    copy = Path(shutil.copytree(run.folder, tmp_path / "copy"))
    whole = (copy / "footprints.csv").read_text(encoding="utf-8")
    (copy / "footprints.csv").write_text(whole.replace(first, "'=cmd|' /C calc'!A0"), "utf-8")
    assert read_run(copy).plan.footprints["footprint"].iloc[0] == "=cmd|' /C calc'!A0"
