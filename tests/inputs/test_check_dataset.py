"""Each kind of fault, planted once in a sound dataset, is told once: place, value and rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.datasets import (
    ICBS,
    append_row,
    drop_row,
    find_line,
    read_rows,
    set_cell,
    write_csv,
    write_tiny_dataset,
)

from optimiser.errors import Fault
from optimiser.inputs.reading.load import check_dataset, read_dataset
from optimiser.inputs.schema import PLAN, TABLES


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A sound dataset."""
    return write_tiny_dataset(tmp_path / "tiny")


def only_fault(folder: Path) -> Fault:
    """The one fault of a folder."""
    faults = check_dataset(folder)
    assert len(faults) == 1, "\n".join(map(str, faults))
    return faults[0]


CELLS = [
    # file, row, column, planted text, rule, words of the remedy
    ("icbs", "QCC", "population", "-4210", "range", "1 or more"),
    ("icbs", "QCC", "population", "", "blank", "blank"),
    ("icbs", "QCC", "population", "1234.5", "whole_number", "whole"),
    ("icbs", "QCC", "population", "800,000", "number", "thousands"),
    ("icbs", "QCC", "weighted_population", "nan", "number", "finite"),
    ("icbs", "QCC", "registered_population", "inf", "number", "finite"),
    ("icbs", "QCC", "registered_population", "1e999", "finite", "too large"),
    ("icbs", "QCC", "registered_population", "1_000", "number", "number"),
    ("icbs", "QCC", "lat", "520", "range", "between -90 and 90"),
    ("icbs", "QCC", "lon", "2,5", "number", "point"),
    ("icbs", "QCC", "name", " Cedarwick", "spaces", "spaces"),
    ("icbs", "QCC", "name", "", "blank", "full name"),
    ("icbs", "QCC", "icb", "QCC ", "spaces", "spaces"),
    ("icbs", "QCC", "region", "#REF!", "spreadsheet_error", "formula"),
    ("services", "S1", "category", "redy", "choice", '"ready"'),
    ("services", "S1", "highly_specialised", "yes", "true_or_false", "true or false"),
    ("services", "S1", "ready_year", "2023.5", "whole_number", "whole"),
    ("services", "S1", "common_shock", "2%", "number", "0.12"),
    ("services", "S1", "integration_benefit", "1.5", "range", "between 0 and 1"),
    ("services", "S1", "max_cv", "0", "range", "more than 0"),
    ("services", "S1", "spend_m", "£6", "number", "signs"),
    ("services", "S1", "moves_with", "S9", "unknown_code", "no such service"),
    ("services", "S1", "moves_with", "S1", "moves_with_itself", "itself"),
    ("services", "S3", "category", "ready", "highly_specialised_is_national", "national"),
    ("services", "S1", "spend_m", "2.5", "flows_add_up", "2.04"),
    ("services", "S1", "patients", "205", "flows_add_up", "204"),
    ("providers", "P1", "icb", "QAB", "unknown_code", "no such icb"),
    ("providers", "P1", "icb", "Ashfield", "unknown_code", '"QAA" (Ashfield)'),
    ("providers", "P1", "specialised_income_share", "1.1", "range", "between 0 and 1"),
    ("neighbours", "QAA", "kind", "sea", "choice", "land"),
    ("neighbours", "QAA", "border_km", "-1", "range", "0 or more"),
    ("neighbours", "QAA", "b", "QBX", "unknown_code", '"QBB"'),
    ("neighbours", "QAA", "b", "QAA", "self_link", "own neighbour"),
    ("travel", "QAA", "minutes", "Mar-15", "number", "date"),
    ("travel", "QBB", "to_icb", "qaa", "unknown_code", '"QAA"'),
    ("readiness", "QAA", "score", "5", "range", "between 0 and 4"),
    ("readiness", "QAA", "domain", "finances", "choice", '"finance"'),
    ("readiness", "QAA", "year", "23", "range", "1990"),
    ("funding", "QDD", "historic_m", "x", "number", "suppressed"),
    ("flows", "S1", "patients", "*", "number", "suppressed"),
    ("flows", "S1", "patients", "<5", "number", "suppressed"),
    ("flows", "S1", "spend_m", "-0.1", "range", "0 or more"),
    ("flows", "S1", "provider", "P7", "unknown_code", "no such provider"),
    ("flows", "S1", "service", "1E+05", "mangled_code", "number of a code"),
    ("service_providers", "S1", "service", "01/02/2023", "mangled_code", "date of a code"),
    ("sources", "icbs", "kind", "guessed", "choice", "published"),
    ("sources", "icbs", "table", "icb", "unknown_table", '"icbs"'),
    ("sources", "icbs", "column", "idb", "unknown_column", '"icb"'),
    ("plans/halves", "QBB", "icb", "QBA", "unknown_code", "no such icb"),
    ("plans/halves", "QBB", "footprint", "", "blank", "footprint"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "column", "text", "rule", "words"), CELLS)
def test_one_bad_cell_is_one_fault(
    tiny: Path, file: str, row: str, column: str, text: str, rule: str, words: str
) -> None:
    """A cell that breaks a rule is told once, with its line, column and value."""
    path = tiny / f"{file}.csv"
    line = find_line(path, row)
    set_cell(path, line, column, text)
    fault = only_fault(tiny)
    assert (fault.file, fault.line, fault.column) == (str(path), line, column)
    assert (fault.value, fault.rule) == (text, rule)
    assert words in fault.remedy


def test_funding_totals_must_agree(tiny: Path) -> None:
    """Historic and needs-based money share out the same total."""
    set_cell(tiny / "funding.csv", 5, "needs_based_m", "40")
    fault = only_fault(tiny)
    assert (fault.column, fault.value, fault.rule) == ("needs_based_m", "100", "totals_agree")
    assert "90" in fault.remedy


def test_totals_within_a_thousandth_agree(tiny: Path) -> None:
    """Rounding is no fault."""
    set_cell(tiny / "services.csv", 2, "spend_m", "2.0415")
    assert check_dataset(tiny) == []


KEYS = [
    ("icbs", "QAA"),
    ("services", "S1"),
    ("providers", "P1"),
    ("neighbours", "QAA"),
    ("travel", "QAA"),
    ("flows", "S1"),
    ("service_providers", "S1"),
    ("readiness", "QAA"),
    ("sources", "icbs"),
    ("plans/halves", "QBB"),
]


@pytest.mark.parametrize(("file", "start"), KEYS)
def test_a_repeated_row_is_one_fault_at_the_second_place(tiny: Path, file: str, start: str) -> None:
    """The earlier line is named in the remedy."""
    path = tiny / f"{file}.csv"
    first = find_line(path, start)
    line = append_row(path, *read_rows(path)[first - 1])
    fault = only_fault(tiny)
    assert (fault.file, fault.line, fault.rule) == (str(path), line, "duplicate")
    assert f"line {first}" in fault.remedy


def test_a_link_the_other_way_round_is_a_duplicate(tiny: Path) -> None:
    """Neighbours are unordered."""
    line = append_row(tiny / "neighbours.csv", "QBB", "QAA", "land", 40, "")
    fault = only_fault(tiny)
    assert (fault.line, fault.value, fault.rule) == (line, "QBB, QAA", "duplicate")


MISSING = [
    ("funding", ["QBB"], "every_icb", "QBB"),
    ("plans/halves", ["QBB"], "every_icb", "QBB"),
    ("travel", ["QAA", "QCC"], "every_pair", "QAA to QCC"),
    ("readiness", ["QAA", "finance"], "every_score", "QAA, finance, 2023"),
    ("sources", ["flows", "patients"], "every_source", "flows.patients"),
]


@pytest.mark.parametrize(("file", "start", "rule", "value"), MISSING)
def test_a_missing_row_is_one_fault(
    tiny: Path, file: str, start: list[str], rule: str, value: str
) -> None:
    """Tables that must cover everything say what they lack."""
    if file == "funding":
        set_cell(tiny / "funding.csv", find_line(tiny / "funding.csv", "QBB"), "historic_m", "25")
        set_cell(tiny / "funding.csv", find_line(tiny / "funding.csv", "QAA"), "historic_m", "28.8")
    drop_row(tiny / f"{file}.csv", *start)
    fault = only_fault(tiny)
    assert (fault.rule, fault.value, fault.line) == (rule, value, 0)


def test_an_icb_without_any_travel_time_is_one_fault(tiny: Path) -> None:
    """It is not told once for each pair."""
    header, *rows = read_rows(tiny / "travel.csv")
    write_csv(tiny / "travel.csv", header, [row for row in rows if "QDD" not in row[:2]])
    assert only_fault(tiny).value == "QDD"


def test_a_missing_flow_shows_in_the_totals(tiny: Path) -> None:
    """Both totals of its service are told, at the line of the service."""
    drop_row(tiny / "flows.csv", "S2", "QBB", "P1")
    faults = check_dataset(tiny)
    line = find_line(tiny / "services.csv", "S2")
    assert [(f.line, f.column) for f in faults] == [(line, "patients"), (line, "spend_m")]


def test_parts_of_the_map_that_hang_on_nothing_are_told(tiny: Path) -> None:
    """Two ICBs cut off are a fault."""
    drop_row(tiny / "neighbours.csv", "QBB", "QCC")
    fault = only_fault(tiny)
    assert (fault.rule, fault.value) == ("connected", "QCC, QDD")


def test_a_bad_key_does_not_bring_a_fault_for_everything_that_refers_to_it(tiny: Path) -> None:
    """A blank code is told; that the others then do not find it is not."""
    set_cell(tiny / "icbs.csv", 3, "icb", "")
    fault = only_fault(tiny)
    assert (fault.line, fault.column, fault.rule) == (3, "icb", "blank")


def test_a_missing_row_on_which_many_lean_is_one_fault(tiny: Path) -> None:
    """A code without its row is told once, where the row is missing, with the rows that lean on it."""
    header, *rows = read_rows(tiny / "flows.csv")
    wrong = [[*row[:2], "P8" if row[2] == "P1" else row[2], *row[3:]] for row in rows]
    write_csv(tiny / "flows.csv", header, wrong)
    fault = only_fault(tiny)
    assert (Path(fault.file).name, fault.column, fault.value) == ("providers.csv", "provider", "P8")
    assert "16 rows lean on it: 16 in flows" in fault.remedy


def test_one_mistake_is_one_fault_with_its_count(tiny: Path) -> None:
    """A value that is wrong throughout a column is one fault and doesn't hide the others."""
    set_cell(tiny / "flows.csv", 2, "spend_m", "none")
    header, *rows = read_rows(tiny / "flows.csv")
    write_csv(tiny / "flows.csv", header, [[*row[:3], "many", *row[4:]] for row in rows])
    faults = check_dataset(tiny)
    assert [(f.line, f.value) for f in faults] == [(2, "many"), (2, "none")]
    assert (
        f"{len(rows)} lines have this fault: from here to line {len(rows) + 1}" in faults[0].remedy
    )


def test_many_values_of_one_mistake_are_counted(tiny: Path) -> None:
    """Beyond ten the values that break one rule of a column are one fault with their number."""
    header, *rows = read_rows(tiny / "flows.csv")
    wrong = [[*row[:3], f"{k} many", *row[4:]] for k, row in enumerate(rows)]
    write_csv(tiny / "flows.csv", header, wrong)
    faults = check_dataset(tiny)
    assert len(faults) == 11
    assert f"{len(rows) - 10} further values in {len(rows) - 10} lines" in faults[-1].remedy


def test_sources_that_are_not_told_are_one_fault(tiny: Path) -> None:
    """A sheet of sources that has one row is one mistake, not one for each column of the dataset."""
    header, first, *_ = read_rows(tiny / "sources.csv")
    write_csv(tiny / "sources.csv", header, [first])
    assert "of them: Its source is not told" in only_fault(tiny).remedy


def test_many_faults_are_all_told_at_once(tiny: Path) -> None:
    """Faults in seven files, two of them in one row, give one fault each."""
    set_cell(tiny / "icbs.csv", 4, "population", "-1")
    set_cell(tiny / "icbs.csv", 4, "lon", "east")
    set_cell(tiny / "services.csv", 3, "category", "maybe")
    set_cell(tiny / "flows.csv", 7, "patients", "1,000")
    set_cell(tiny / "providers.csv", 2, "icb", "QZZ")
    set_cell(tiny / "travel.csv", 5, "minutes", "")
    set_cell(tiny / "plans" / "halves.csv", 2, "icb", "ZZZ")
    (tiny / "funding.csv").write_text("icb,historic_m\n")
    found = {(Path(f.file).name, f.line, f.column) for f in check_dataset(tiny)}
    assert found == {
        ("icbs.csv", 4, "population"),
        ("icbs.csv", 4, "lon"),
        ("services.csv", 3, "category"),
        ("flows.csv", 7, "patients"),
        ("providers.csv", 2, "icb"),
        ("travel.csv", 5, "minutes"),
        ("halves.csv", 2, "icb"),
        ("funding.csv", 1, "needs_based_m"),
        ("funding.csv", 0, ""),
    }


NUMBERS = [
    (f"{name}.csv", column.name)
    for name, schema in TABLES.items()
    for column in schema.columns
    if column.kind in ("number", "whole")
]
SPOILERS = [
    "nan",
    "inf",
    "-inf",
    "1,000",
    "ten",
    "1_0",
    "0x10",
    "*",
    "--1",
    "1 2",
    "1e999",
    "٣",
    "½",
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dataset for many examples; each example puts back what it changed."""
    return write_tiny_dataset(tmp_path_factory.mktemp("shared") / "tiny")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_single_corrupted_number_is_told(shared: Path, data: st.DataObject) -> None:
    """Wherever a number is spoilt, exactly that cell is reported."""
    file, column = data.draw(st.sampled_from(NUMBERS))
    path = shared / file
    before = path.read_bytes()
    line = data.draw(st.integers(2, len(read_rows(path))))
    text = data.draw(st.sampled_from(SPOILERS))
    try:
        set_cell(path, line, column, text)
        fault = only_fault(shared)
    finally:
        path.write_bytes(before)
    assert (fault.file, fault.line, fault.column) == (str(path), line, column)
    assert fault.value == text


def test_every_reference_in_the_rules_names_a_table_with_one_key() -> None:
    """A code refers to exactly one code."""
    for schema in (*TABLES.values(), PLAN):
        for column in schema.columns:
            if column.refers_to:
                assert len(TABLES[column.refers_to].key) == 1


def test_the_tiny_dataset_is_the_map_the_tests_speak_of() -> None:
    """Four ICBs in a row."""
    assert ICBS == ("QAA", "QBB", "QCC", "QDD")


def test_historic_money_that_is_not_the_flows_is_noticed(tiny: Path) -> None:
    """One line, no fault, when two ICBs' historic money is changed over."""
    assert read_dataset(tiny).notices == ()
    set_cell(tiny / "funding.csv", find_line(tiny / "funding.csv", "QAA"), "historic_m", "0.4")
    set_cell(tiny / "funding.csv", find_line(tiny / "funding.csv", "QBB"), "historic_m", "53.4")
    (notice,) = read_dataset(tiny).notices
    assert notice.startswith("59% of historic_m in funding stands with other ICBs")


PUBLISHED = {
    "unknown_plan": ("allocation", "thirds", "West"),
    "unknown_footprint": ("allocation", "halves", "Wset"),
}


@pytest.mark.parametrize("rule", PUBLISHED)
def test_a_published_allocation_is_of_a_carried_footprint(tiny: Path, rule: str) -> None:
    """It would stand beside nothing; the likely meant one is named."""
    columns = TABLES["published"].names
    write_csv(tiny / "published.csv", columns, [(*PUBLISHED[rule], 9, "2023", "x", "", "")])
    (fault,) = check_dataset(tiny)
    assert fault.rule == rule
    assert ("West" in fault.remedy) == (rule == "unknown_footprint")
