"""Laws of reading a dataset folder."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.datasets import (
    drop_column,
    find_line,
    read_rows,
    set_cell,
    write_csv,
    write_tiny_dataset,
)

from optimiser.errors import InputError
from optimiser.inputs.reading.load import check_dataset, read_dataset
from optimiser.inputs.schema import TABLES

OPTIONAL = [name for name, schema in TABLES.items() if not schema.required]
REQUIRED = [name for name, schema in TABLES.items() if schema.required]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A sound dataset."""
    return write_tiny_dataset(tmp_path / "tiny")


def test_a_sound_dataset_has_no_faults_and_no_notices(tiny: Path) -> None:
    """Nothing is said of a folder where all is well."""
    assert check_dataset(tiny) == []
    assert read_dataset(tiny).notices == ()


def test_every_frame_has_all_columns_in_order_and_rows_as_in_the_file(tiny: Path) -> None:
    """Frames are the files, column for column and row for row."""
    dataset = read_dataset(tiny)
    for name, schema in TABLES.items():
        frame = getattr(dataset, name)
        assert tuple(frame.columns) == schema.names
        first = schema.key[0]
        file = read_rows(tiny / f"{name}.csv")
        assert frame[first].tolist() == [row[file[0].index(first)] for row in file[1:]]


def test_types_are_those_the_dataset_promises(tiny: Path) -> None:
    """Text is str, numbers float64, counts int64, years with blanks Int64, flags bool."""
    dataset = read_dataset(tiny)
    services = dataset.services
    assert services["highly_specialised"].dtype == bool
    assert services["ready_year"].dtype == pd.Int64Dtype()
    assert services["ready_year"].tolist() == [pd.NA, 2025, pd.NA, pd.NA]
    assert services["min_providers"].dtype == np.int64
    assert services["max_cv"].isna().all()
    assert services["moves_with"].tolist() == ["S4", "", "", ""]
    assert services["name"].dtype == "str"
    assert dataset.icbs["population"].dtype == np.int64
    assert dataset.flows["spend_m"].dtype == np.float64
    assert dataset.providers["icb"].tolist() == ["QAA", "QCC", ""]
    assert dataset.readiness is not None
    assert dataset.readiness["year"].dtype == np.int64


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_optional_table_is_one_notice(tiny: Path, name: str) -> None:
    """What is not there is switched off, and said where anything needs it."""
    (tiny / f"{name}.csv").unlink()
    dataset = read_dataset(tiny)
    assert getattr(dataset, name) is None
    assert [n for n in dataset.notices if f"There is no {name}.csv" in n] == list(dataset.notices)
    assert len(dataset.notices) == (0 if TABLES[name].optional else 1)


def test_missing_plans_and_boundaries_are_notices(tiny: Path) -> None:
    """Plans and boundaries are optional too."""
    shutil.rmtree(tiny / "plans")
    (tiny / "boundaries.geojson").unlink()
    dataset = read_dataset(tiny)
    assert dataset.plans == {}
    assert dataset.boundaries is None
    assert len(dataset.notices) == 2


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_required_table_is_one_fault(tiny: Path, name: str) -> None:
    """Without it nothing can be computed, and no other fault follows from it."""
    (tiny / f"{name}.csv").unlink()
    faults = check_dataset(tiny)
    assert [(f.file, f.rule) for f in faults] == [(str(tiny / f"{name}.csv"), "file_exists")]


def test_a_misnamed_table_is_named_in_the_remedy(tiny: Path) -> None:
    """The American spelling is recognised."""
    (tiny / "neighbours.csv").rename(tiny / "neighbors.csv")
    (fault,) = check_dataset(tiny)
    assert '"neighbors.csv"' in fault.remedy


def test_an_unknown_file_is_a_notice(tiny: Path) -> None:
    """What is not read is said; READMEs, scenarios and facts are expected."""
    (tiny / "flow.csv").write_text("a,b\n")
    (tiny / "README.md").write_text("read me")
    (tiny / "scenarios").mkdir()
    (tiny / "facts").mkdir()
    (notice,) = read_dataset(tiny).notices
    assert "flow.csv" in notice
    assert '"flows.csv"' in notice


def test_hashes_are_of_every_file_of_the_dataset(tiny: Path) -> None:
    """A reader can tell whether any file has changed since."""
    (tiny / "README.md").write_text("not part of the data")
    files = [p for p in tiny.rglob("*") if p.is_file() and p.name != "README.md"]
    wanted = {
        p.relative_to(tiny).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }
    assert dict(read_dataset(tiny).hashes) == wanted
    assert "plans/halves.csv" in wanted


def test_gzipped_flows_read_the_same(tiny: Path) -> None:
    """The flows may be compressed."""
    plain = read_dataset(tiny).flows
    content = (tiny / "flows.csv").read_bytes()
    (tiny / "flows.csv").unlink()
    (tiny / "flows.csv.gz").write_bytes(gzip.compress(content))
    pd.testing.assert_frame_equal(read_dataset(tiny).flows, plain)


def test_parquet_flows_read_the_same(tiny: Path) -> None:
    """The flows may be a Parquet file, where the reader for it is installed."""
    pytest.importorskip("pyarrow")
    plain = read_dataset(tiny).flows
    (tiny / "flows.csv").unlink()
    plain.to_parquet(tiny / "flows.parquet")
    pd.testing.assert_frame_equal(read_dataset(tiny).flows, plain)


def test_parquet_flows_without_the_reader_say_what_to_do(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is missing is a fault with a remedy, not a traceback."""

    def refuse(path: Path) -> pd.DataFrame:
        raise ImportError("no engine")

    (tiny / "flows.csv").rename(tiny / "flows.parquet")
    monkeypatch.setattr(pd, "read_parquet", refuse)
    (fault,) = check_dataset(tiny)
    assert fault.file.endswith("flows.parquet")
    assert "pyarrow" in fault.remedy


def test_broken_gzip_is_one_fault(tiny: Path) -> None:
    """A damaged file is told, not raised."""
    (tiny / "flows.csv").rename(tiny / "flows.csv.gz")
    (fault,) = check_dataset(tiny)
    assert fault.rule == "readable"


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_and_byte_order_marks_change_nothing(tiny: Path, ending: str) -> None:
    """Files saved by Windows or by a spreadsheet read the same."""
    before = read_dataset(tiny)
    for path in tiny.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("\n", ending)
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    after = read_dataset(tiny)
    pd.testing.assert_frame_equal(before.services, after.services)
    pd.testing.assert_frame_equal(before.flows, after.flows)


def test_the_order_of_columns_does_not_matter(tiny: Path) -> None:
    """Columns go by their header."""
    before = read_dataset(tiny)
    header, *rows = read_rows(tiny / "flows.csv")
    write_csv(tiny / "flows.csv", header[::-1], [row[::-1] for row in rows])
    pd.testing.assert_frame_equal(read_dataset(tiny).flows, before.flows)


def test_capitals_of_true_and_false_do_not_matter(tiny: Path) -> None:
    """Spreadsheets save TRUE and FALSE."""
    set_cell(tiny / "services.csv", 2, "needs_delegation", "TRUE")
    assert read_dataset(tiny).services["needs_delegation"].tolist() == [True, False, False, False]


def test_lines_count_blank_lines_and_quoted_line_breaks(tiny: Path) -> None:
    """A fault names the line an editor shows."""
    path = tiny / "providers.csv"
    header, first, *rest = path.read_text(encoding="utf-8").splitlines()
    broken = first.replace("First Hospital", '"First\nHospital"')
    path.write_text("\n".join([header, "", broken, *rest]) + "\n", encoding="utf-8")
    set_far = path.read_text(encoding="utf-8").replace("Far Hospital", " Far Hospital")
    path.write_text(set_far, encoding="utf-8")
    found = [(f.line, f.column, f.rule) for f in check_dataset(tiny)]
    assert found == [(3, "name", "control_character"), (6, "name", "spaces")]


OPTIONAL_COLUMNS = [
    (name, column.name)
    for name, schema in TABLES.items()
    for column in schema.columns
    if not column.required and not column.unused
]
UNUSED_COLUMNS = [
    (name, column.name)
    for name, schema in TABLES.items()
    for column in schema.columns
    if column.unused
]


@pytest.mark.parametrize(("table", "column"), OPTIONAL_COLUMNS)
def test_an_optional_column_left_out_is_filled_and_told(
    tiny: Path, table: str, column: str
) -> None:
    """The frame has the column all the same, and one notice says what stands in it."""
    drop_column(tiny / f"{table}.csv", column)
    dataset = read_dataset(tiny)
    assert tuple(getattr(dataset, table).columns) == TABLES[table].names
    (notice,) = dataset.notices
    assert table in notice
    assert column in notice


@pytest.mark.parametrize(("table", "column"), UNUSED_COLUMNS)
def test_a_column_that_nothing_rests_on_is_left_out_without_a_word(
    tiny: Path, table: str, column: str
) -> None:
    """The frame has the column, blank; nothing is switched off or assumed, so nothing is said."""
    drop_column(tiny / f"{table}.csv", column)
    dataset = read_dataset(tiny)
    assert tuple(getattr(dataset, table).columns) == TABLES[table].names
    assert not dataset.notices


def test_defaults_of_columns_left_out(tiny: Path) -> None:
    """Short names are the names shortened, numbers without a default are NaN."""
    for column in ("short_name", "registered_population", "gss_code"):
        drop_column(tiny / "icbs.csv", column)
    drop_column(tiny / "services.csv", "min_patients")
    dataset = read_dataset(tiny)
    assert dataset.icbs["short_name"].tolist() == ["Ashfield", "Birchdale", "Cedarwick", "Dunmoor"]
    assert dataset.icbs["registered_population"].isna().all()
    assert set(dataset.icbs["gss_code"]) == {""}
    assert set(dataset.services["min_patients"]) == {0.0}


MAY_BE_BLANK = [
    (name, column.name)
    for name, schema in TABLES.items()
    for column in schema.columns
    if not column.required and name != "sources"
]


@pytest.mark.parametrize(("table", "column"), MAY_BE_BLANK)
def test_a_column_that_may_be_left_out_may_be_blank(tiny: Path, table: str, column: str) -> None:
    """Blank in every row it gives the dataset that it gives when it is not there."""
    path = tiny / f"{table}.csv"
    lines = range(2, len(read_rows(path)) + 1)
    for line in lines:
        set_cell(path, line, column, "")
    blank = getattr(read_dataset(tiny), table)
    drop_column(path, column)
    pd.testing.assert_frame_equal(blank, getattr(read_dataset(tiny), table))


def test_a_blank_cell_takes_the_default_and_is_told(tiny: Path) -> None:
    """One row that leaves out what the column may leave out: the others keep what they say."""
    set_cell(tiny / "services.csv", 2, "min_providers", "")
    set_cell(tiny / "icbs.csv", 3, "short_name", "")
    dataset = read_dataset(tiny)
    assert dataset.services["min_providers"].tolist() == [0, 1, 1, 1]
    assert dataset.icbs["short_name"].tolist()[1] == "Birchdale"
    told = " ".join(dataset.notices)
    assert "min_providers (0, in 1 of 4 rows)" in told
    assert "short_name (name, in 1 of 4 rows)" in told


def test_what_is_odd_but_allowed_is_a_notice(tiny: Path) -> None:
    """Idle providers, islands and large highly specialised services are told, not refused."""
    text = (tiny / "providers.csv").read_text() + "P9,Idle Hospital,QDD,3,52,0.1\n"
    (tiny / "providers.csv").write_text(text)
    lines = (tiny / "neighbours.csv").read_text().splitlines(keepends=True)
    (tiny / "neighbours.csv").write_text("".join(lines[:-1]))
    notices = " ".join(read_dataset(tiny).notices)
    assert "without flows: P9" in notices
    assert "without neighbours: QDD" in notices


def test_a_folder_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    """The message names the folder as typed."""
    (fault,) = check_dataset(tmp_path / "nowhere")
    assert fault.file == str(tmp_path / "nowhere")
    assert "no such folder" in fault.remedy


def test_read_dataset_raises_all_the_faults_that_check_dataset_lists(tiny: Path) -> None:
    """Both say the same."""
    set_cell(tiny / "icbs.csv", 2, "population", "-4210")
    set_cell(tiny / "travel.csv", 3, "minutes", "long")
    with pytest.raises(InputError) as caught:
        read_dataset(tiny)
    assert list(caught.value.faults) == check_dataset(tiny)
    assert len(caught.value.faults) == 2


def test_a_fault_reads_as_a_sentence_with_its_place(tiny: Path) -> None:
    """The message says what is wrong, where, the value and what to do."""
    line = find_line(tiny / "icbs.csv", "QCC")
    set_cell(tiny / "icbs.csv", line, "population", "-4210")
    (fault,) = check_dataset(tiny)
    place = tiny / "icbs.csv"
    assert str(fault) == f'{place} line 4, population: "-4210". It must be 1 or more.'
