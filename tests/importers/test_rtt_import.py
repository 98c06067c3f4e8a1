"""Importing RTT and DM01 extracts: every count is in the flows or in the account."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from support.datasets import write_tiny_dataset
from support.rtt_files import (
    DM01_HEADER,
    HAND,
    RTT_HEADER,
    Row,
    dm01_row,
    rtt_row,
    with_totals,
    write_extract,
)
from support.toy import ROOT

from optimiser.cli import main
from optimiser.errors import InputError, OutputExistsError
from optimiser.importers.rtt.building import (
    Imported,
    import_extract,
    list_functions,
    list_months,
    write_import,
)
from optimiser.importers.rtt.choosing import Choices
from optimiser.importers.rtt.reading import MOST_MONTHS, read_extract
from optimiser.importers.rtt.specialties import (
    build_default_table,
    read_specialties,
    write_specialties,
)
from optimiser.inputs.checks.scenario import check_scenario
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions import own_data

REAL = Path(__file__).parents[3] / "shared" / "real" / "rtt_full_csv_sample_2026_01.csv"


@pytest.fixture
def base(tmp_path: Path) -> Dataset:
    """The map of four ICBs in a row."""
    return read_dataset(write_tiny_dataset(tmp_path / "base"))


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    """The file that can be counted by hand."""
    return write_extract(tmp_path / "hand.csv", with_totals(HAND))


def _import(base: Dataset, *files: Path, choices: Choices | None = None) -> Imported:
    extract = read_extract([str(file) for file in files])
    choices = choices or Choices()
    table = build_default_table(list_functions(extract, choices))
    return import_extract(extract, base, table, choices, "imported")


def _count(imported: Imported) -> float:
    return float(imported.new.tables["flows"]["patients"].sum())


def _leaked(imported: Imported, groups: Sequence[set[str]], service: str) -> float:
    flows = imported.new.tables["flows"]
    host = imported.new.tables["providers"].set_index("provider")["icb"]
    mine = flows[flows["service"] == service]
    inside = [
        any({icb, host[p]} <= group for group in groups)
        for icb, p in zip(mine["icb"], mine["provider"], strict=True)
    ]
    return float(mine["patients"][[not i for i in inside]].sum())


def test_leakage_is_the_hand_count(base: Dataset, hand: Path) -> None:
    """Leakage of each ICB alone, and of pairs, is what counting the file by hand gives."""
    imported = _import(base, hand)
    alone = [{"QAA"}, {"QBB"}, {"QCC"}, {"QDD"}]
    assert _leaked(imported, alone, "C_150") == 10 + 5 + 15
    assert _leaked(imported, [{"QAA", "QBB"}, {"QCC", "QDD"}], "C_150") == 5 + 15
    assert _leaked(imported, alone, "C_110") == 40
    assert _leaked(imported, [{"QAA", "QBB"}, {"QCC", "QDD"}], "C_110") == 0


def test_engine_reports_the_hand_count(tmp_path: Path, base: Dataset, hand: Path) -> None:
    """The dataset is sound, and evaluating it gives the leakage of the hand count in £."""
    import optimiser as fp
    from optimiser.questions.evaluate import evaluate

    folder = write_import(_import(base, hand), tmp_path / "new")
    scenario = fp.read_scenario(
        folder / "scenarios" / "base.toml",
        ["services.force_local=['C_150']", "footprints.population_m=[0.1, 9]"],
    )
    grouping = {"A": ["QAA", "QBB"], "B": ["QCC", "QDD"]}
    plan = evaluate(scenario, grouping, no_optimum=True).plan
    assert plan.footprints["leakage_m"].sum() == pytest.approx((5 + 15) / 1000)


def test_every_count_is_accounted_for(base: Dataset, hand: Path) -> None:
    """Read = other providers + without an ICB + with an ICB, and the last is in the flows."""
    imported = _import(base, hand)
    read, others, lost, placed = imported.account["count"]
    assert read == sum(row[-1] for row in HAND)
    assert (others, lost) == (9, 10)
    assert read == others + lost + placed
    assert _count(imported) == placed


def test_unattributed_is_reported_by_function_and_region(base: Dataset, hand: Path) -> None:
    """Hubs and non-English commissioners stand apart, with the region of the provider."""
    table = _import(base, hand).unattributed
    rows = table[["function", "kind", "region", "count"]].to_numpy().tolist()
    assert rows == [["C_150", "hub", "North", 7], ["C_150", "non_english", "South", 3]]
    assert table["share_of_function"].tolist() == pytest.approx([7 / 90, 3 / 90])


@pytest.mark.parametrize(
    ("how", "leaked"), [("drop", 30.0), ("host", 30.0), ("spread", 30 + 7 * 15 / 45 + 3 * 15 / 35)]
)
def test_unattributed_is_kept_or_dropped(
    base: Dataset, hand: Path, how: Any, leaked: float
) -> None:
    """Host adds residents without leakage; spread leaks as the provider's other patients do."""
    imported = _import(base, hand, choices=Choices(unattributed=how))
    alone = [{"QAA"}, {"QBB"}, {"QCC"}, {"QDD"}]
    assert _leaked(imported, alone, "C_150") == pytest.approx(leaked)
    assert _count(imported) == pytest.approx(180 if how == "drop" else 190)
    assert imported.new.about.unplaced_share == pytest.approx(10 / 190 if how == "drop" else 0)
    assert ("5.3%" in imported.new.about.unplaced) == (how == "drop")


def test_all_providers_and_total(base: Dataset, hand: Path) -> None:
    """Independent providers are an option; the total row stands for all specialties, never beside."""
    everyone = _import(base, hand, choices=Choices(providers="all"))
    total = _import(base, hand, choices=Choices(providers="all", by="total"))
    assert _count(everyone) == _count(total) == 189
    assert set(total.new.tables["services"]["service"]) == {"C_999"}


def test_parts_are_counted_apart(base: Dataset, tmp_path: Path) -> None:
    """A part that is not asked for is not counted, and parts of one kind add up."""
    rows = [
        rtt_row("QAA", "RAA", "QAA", "01A", "C_150", count, part)
        for part, count in (("Part_1A", 3), ("Part_1B", 4), ("Part_2", 100))
    ]
    file = write_extract(tmp_path / "parts.csv", rows)
    assert _count(_import(base, file)) == 3
    assert _count(_import(base, file, choices=Choices(parts=("1a", "1B")))) == 7
    with pytest.raises(InputError, match="cannot be added"):
        _import(base, file, choices=Choices(parts=("1A", "2")))
    with pytest.raises(InputError, match="Known: 1A"):
        _import(base, file, choices=Choices(parts=("4",)))


def test_forms_of_the_file_do_not_matter(base: Dataset, tmp_path: Path) -> None:
    """Zip, LF ends, two lines of preamble, a blank last line and few weeks give the same flows."""
    rows = with_totals(HAND)
    short = [h for h in RTT_HEADER if h not in RTT_HEADER[60:118]]
    keep = [RTT_HEADER.index(h) for h in short]
    files = [
        write_extract(tmp_path / "a.csv", rows),
        write_extract(tmp_path / "b.zip", rows),
        write_extract(tmp_path / "c.csv", rows, preamble=["RTT data", ""], line_end="\n"),
        write_extract(tmp_path / "d.csv", [[r[k] for k in keep] for r in rows], short),
    ]
    first = _import(base, files[0]).new.tables["flows"]
    for file in files[1:]:
        pd.testing.assert_frame_equal(_import(base, file).new.tables["flows"], first)


def test_months_add_up_and_show_volatility(base: Dataset, tmp_path: Path) -> None:
    """Flows of three months are their sum, people waiting their mean; shocks are measured."""
    months = ["RTT-January-2026", "RTT-February-2026", "RTT-March-2026"]
    files = [
        write_extract(
            tmp_path / f"{k}.csv",
            [
                rtt_row("QAA", "RAA", "QAA", "01A", "C_150", 1000 * (k + 1), part, month)
                for part in ("Part_1A", "Part_2")
            ],
        )
        for k, month in enumerate(months)
    ]
    imported = _import(base, *files)
    assert _count(imported) == 6000
    row = imported.volatility.iloc[0]
    assert row["monthly_cv"] == pytest.approx(0.5)
    excess = ((1000**2 - 2000) ** 0.5) / 2000
    assert row["common_shock"] == pytest.approx(excess / 12**0.5)
    assert imported.new.tables["services"]["common_shock"].tolist() == [row["common_shock"]]
    assert _count(_import(base, *files, choices=Choices(parts=("2",)))) == 2000
    with pytest.raises(InputError, match="stands in"):
        read_extract([str(files[0]), str(files[0])])


def test_diagnostics_take_the_same_path(base: Dataset, tmp_path: Path) -> None:
    """DM01: activity by default, people waiting on demand, the total row never beside the tests."""
    rows = [dm01_row("RAA", "QAA", "MRI", 50, 70), dm01_row("RAA", "QBB", "CT", 5, 8),
            dm01_row("RAA", "QAA", "TOTAL", 50, 70), dm01_row("RAA", "QBB", "TOTAL", 5, 8)]  # fmt: skip
    rows[1][7] = rows[3][7] = "02B"
    file = write_extract(tmp_path / "dm01.csv", rows, DM01_HEADER)
    assert _count(_import(base, file)) == 78
    assert _count(_import(base, file, choices=Choices(parts=("waiting",)))) == 55
    assert set(_import(base, file).new.tables["services"]["service"]) == {"MRI", "CT"}


def test_any_set_of_parents_is_read(tmp_path: Path, base: Dataset) -> None:
    """Parents that the base lacks are named with the way out, never dropped."""
    file = write_extract(tmp_path / "new.csv", [rtt_row("QAA", "RAA", "Z9B2Z", "99Z", "C_150", 11)])
    with pytest.raises(InputError, match=r"Z9B2Z \(11 counted\).*footprints carry"):
        _import(base, file)


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("", "blank"),
        ("*", "suppressed"),
        ("1,000", "thousands"),
        ("-3", "0 or more"),
        ("2.5", "whole"),
        ("1,2", "whole"),
        ("0x10", "whole"),
    ],
)
def test_bad_counts_name_line_and_value(tmp_path: Path, count: str, message: str) -> None:
    """A count that is none is refused with its line."""
    good = rtt_row("QAA", "RAA", "QAA", "01A", "C_110", 1)
    bad = rtt_row("QAA", "RAA", "QAA", "01A", "C_150", count)
    file = write_extract(tmp_path / "bad.csv", [good, bad], preamble=["x"])
    with pytest.raises(InputError, match=message) as caught:
        read_extract([str(file)])
    fault = caught.value.faults[0]
    assert (fault.line, fault.column, fault.value) == (4, "Total All", count)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """Missing files, other tables, missing columns, doubled and torn rows each have a message."""
    row = rtt_row("QAA", "RAA", "QAA", "01A", "C_110", 1)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    without = [h for h in RTT_HEADER if h != "Total All"]
    cases = {
        "cannot be read": tmp_path / "nowhere.csv",
        "No header": other,
        "column is missing": write_extract(tmp_path / "c.csv", [row[:-1]], without),
        "stands twice": write_extract(tmp_path / "d.csv", [row, row]),
        "122 fields": write_extract(tmp_path / "e.csv", [row, [*row[:4], "A", *row[4:]]]),
        "no rows": write_extract(tmp_path / "f.csv", []),
    }
    for message, file in cases.items():
        with pytest.raises(InputError, match=message):
            read_extract([str(file)])
    dm01 = write_extract(tmp_path / "g.csv", [dm01_row("RAA", "QAA", "MRI", 1, 1)], DM01_HEADER)
    rtt = write_extract(tmp_path / "h.csv", [row])
    with pytest.raises(InputError, match="another kind"):
        read_extract([str(rtt), str(dm01)])


def test_archives_and_texts_that_are_spoilt_are_told_in_plain_words(tmp_path: Path) -> None:
    """What is cut off, too much, without an end or not closed is named as that."""
    good = write_extract(tmp_path / "a.csv", [rtt_row("QAA", "RAA", "QAA", "01A", "C_110", 1)])
    text = good.read_bytes()
    cases = {name: tmp_path / name for name in ("cut.zip", "many.zip", "nul.csv", "quote.csv")}
    with zipfile.ZipFile(cases["many.zip"], "w") as archive:
        for k in range(MOST_MONTHS + 1):
            archive.writestr(f"{k}.csv", text)
    cases["cut.zip"].write_bytes(cases["many.zip"].read_bytes()[:400])
    cases["nul.csv"].write_bytes(text.replace(b"01A", b"0\0A"))
    cases["quote.csv"].write_bytes(text.replace(b"01A", b'"01A', 1))
    words = ("is cut off", "121 CSV files", "bytes of nought", "line 2: .*opened and not closed")
    for message, file in zip(words, cases.values(), strict=True):
        with pytest.raises(InputError, match=message):
            read_extract([str(file)])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_may_have_no_end_is_not_read(tmp_path: Path) -> None:
    """A pipe would be waited for, a device could fill the memory."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe or a device"):
        read_extract([str(tmp_path / "pipe")])


def test_a_file_is_fetched_from_an_address(tmp_path: Path) -> None:
    """An http address gives the same rows as the file it points to."""
    file = write_extract(tmp_path / "month.zip", with_totals(HAND))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        fetched = read_extract([f"http://127.0.0.1:{port}/month.zip"])
        with pytest.raises(InputError, match="cannot be fetched"):
            read_extract([f"http://127.0.0.1:{port}/nothing.zip"])
        server.shutdown()
    pd.testing.assert_frame_equal(fetched.frame, read_extract([str(file)]).frame)


def test_the_table_of_specialties_is_edited(tmp_path: Path, base: Dataset, hand: Path) -> None:
    """Specialties joined in one service, at their own unit costs; gaps in the table are refused."""
    extract = read_extract([str(hand)])
    functions = list_functions(extract, Choices())
    write_specialties(build_default_table(functions), tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    edited = text.replace(",C_110,", ",HIPS,").replace(",C_150,", ",HIPS,")
    edited = edited.replace("Neurosurgical,ready,1,", "Neurosurgical,ready,8,")
    (tmp_path / "t.csv").write_text(edited, encoding="utf-8")
    table = read_specialties(tmp_path / "t.csv", functions, ("C_999",))
    imported = import_extract(extract, base, table, Choices(), "x")
    services = imported.new.tables["services"]
    assert services["service"].tolist() == ["HIPS"]
    assert services["spend_m"].tolist() == pytest.approx([(100 * 1 + 80 * 8) / 1000])
    short = "\n".join(edited.splitlines()[:2]) + "\n"
    (tmp_path / "t.csv").write_text(short, encoding="utf-8")
    with pytest.raises(InputError, match="It has no row"):
        read_specialties(tmp_path / "t.csv", functions, ("C_999",))


def test_the_command_writes_a_sound_dataset_and_never_over_one(tmp_path: Path, hand: Path) -> None:
    """Import, check; a second import to the same folder is refused."""
    base = write_tiny_dataset(tmp_path / "base")
    words = ["import-rtt", str(hand), "--base", str(base), "--to", str(tmp_path / "new")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "without an ICB: hubs, regions, non-English" in result.output
    dataset = read_dataset(tmp_path / "new")
    assert dataset.flows["patients"].sum() == 180
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 1
    assert "exists and is not written over" in again.output
    with pytest.raises(OutputExistsError):
        write_specialties(build_default_table([("a", "b")]), hand)


def test_the_map_is_the_one_that_has_the_files_icbs(
    tmp_path: Path, base: Dataset, hand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --base the carried map is taken on which most counted patients live; it is said which."""
    merged = tmp_path / "merged"
    shutil.copytree(tmp_path / "base", merged)
    for path in (*merged.glob("*.csv"), *merged.glob("plans/*.csv"), merged / "boundaries.geojson"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\bQ(AA|BB)\b", r"Z\1", text), encoding="utf-8")
    monkeypatch.setattr(own_data, "MAPS", {"icb": (merged, tmp_path / "base")})
    later = [tuple(re.sub(r"^Q(AA|BB)$", r"Z\1", str(cell)) for cell in row[:5]) for row in HAND]
    rows: list[Any] = [(*row, int(given[5])) for row, given in zip(later, HAND, strict=True)]
    after = write_extract(tmp_path / "after.csv", with_totals(rows))
    for file, code in ((hand, "QAA"), (after, "ZAA")):
        found = own_data.import_rtt([str(file)], tmp_path / f"of-{code}")
        assert isinstance(found, Imported)
        assert code in found.new.tables["icbs"]["icb"].tolist()
        assert found.new.about.vintage == "January 2026"


@pytest.mark.long
@pytest.mark.parametrize(("name", "icbs"), [("england", 36), ("england-42", 42)])
def test_a_file_of_england_finds_its_own_map(
    name: str, icbs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row for each parent of April 2026, or of the years before, all at home."""
    monkeypatch.chdir(ROOT)
    codes = pd.read_csv(ROOT / "inputs" / name / "icbs.csv")["icb"].tolist()
    rows = [(code, f"R{k:02d}", code, f"{k:02d}A", "C_110", 50 + k) for k, code in enumerate(codes)]
    file = write_extract(tmp_path / "month.csv", with_totals(rows))
    result = CliRunner().invoke(main, ["import-rtt", str(file), "--to", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert f"on the map of {icbs} ICBs" in " ".join(result.stdout.split())
    assert read_dataset(tmp_path / "new").icbs["icb"].tolist() == codes


def test_what_is_printed_fits_a_screen_and_the_rows_are_in_a_file(
    tmp_path: Path, hand: Path
) -> None:
    """Counts without an ICB are told by commissioner; by specialty and region they are a table."""
    words = ["import-rtt", str(hand), "--base", str(write_tiny_dataset(tmp_path / "map"))]
    brief = CliRunner().invoke(main, [*words, "--to", str(tmp_path / "a")])
    whole = CliRunner().invoke(main, [*words, "--to", str(tmp_path / "b"), "--details"])
    assert len(brief.stdout.splitlines()) <= 40
    assert "Provider's region" not in brief.stdout
    assert "Provider's region" in whole.stdout
    rows = pd.read_csv(tmp_path / "a" / "facts" / "unattributed.csv")
    assert f"{len(rows)} rows" in " ".join(brief.stdout.split())


def test_months_are_named_in_their_order() -> None:
    """As files write them, in either case."""
    given = ["RTT-January-2026", "RTT-November-2025", "DM01-DECEMBER-2025"]
    assert list_months(given) == ["November 2025", "December 2025", "January 2026"]


def test_sub_icb_locations_are_areas_too(tmp_path: Path, base: Dataset) -> None:
    """At sub-ICB level the commissioner is the area."""
    rows: list[Row] = [rtt_row("QAA", "P1", "QAA", "QBB", "C_150", 4)]
    file = write_extract(tmp_path / "s.csv", rows)
    choices = Choices(level="sub-icb", providers="all")
    flows = _import(base, file, choices=choices).new.tables["flows"]
    assert flows["icb"].tolist() == ["QBB"]


def test_the_first_scenario_of_a_large_map_can_be_solved(tmp_path: Path) -> None:
    """Imported onto 106 sub-ICB locations, the first scenario keeps the 42 ICBs whole."""
    fine = read_dataset(Path("inputs/england-106"))
    rows: list[Row] = [rtt_row("QF7", "RFF", "QF7", "02P", "C_150", 40)]
    file = write_extract(tmp_path / "s.csv", rows)
    imported = _import(fine, file, choices=Choices(level="sub-icb"))
    scenario = read_scenario(write_import(imported, tmp_path / "new") / "scenarios" / "base.toml")
    assert scenario.footprints.keep_whole == "icbs-42"
    assert not check_scenario(scenario, read_dataset(tmp_path / "new"), "base.toml")


@pytest.mark.skipif(not REAL.is_file(), reason="the published extract is not here")
@pytest.mark.parametrize("part", ["1A", "2", "3"])
def test_the_published_extract_is_read_whole(part: str) -> None:
    """Every row of the real file is counted, hubs and #N/A names among them."""
    import csv

    with REAL.open(encoding="utf-8-sig", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["RTT Part Type"] == f"Part_{part}"]
    wanted = [r for r in rows if r["Treatment Function Code"] != "C_999"]
    imported = _import(
        read_dataset("inputs/england-42"), REAL, choices=Choices((part,), providers="all")
    )
    assert imported.account["count"].iloc[0] == sum(int(r["Total All"]) for r in wanted)
    lost = sum(int(r["Total All"]) for r in wanted if not r["Commissioner Parent Org Code"])
    assert imported.unattributed["count"].sum() == lost
    assert _count(imported) == imported.account["count"].iloc[0] - lost
