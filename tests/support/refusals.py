"""What bringing one's own data can be refused for, each brought about on small files.

The page docs/refusals.md is made from them by ``python docs/build/write_refusals.py``.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
from click.testing import CliRunner
from shapely.geometry import LineString, box
from support.datasets import write_csv, write_tiny_dataset
from support.rtt_files import DM01_HEADER, RTT_HEADER, dm01_row, rtt_row, write_extract

from optimiser.cli import main

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "refusals.md"
HEADER = """# What is refused, and how it reads

Each command below was run on small files made for it, beside a sound dataset `tiny` of four ICBs; the
message is what it printed. Nothing is written when something is refused. This page is made by
`python docs/build/write_refusals.py`, and a test holds it to what the commands say.
"""
ROW = rtt_row("QAA", "RAA", "QAA", "01A", "C_110", 1)
MERGE: list[Sequence[object]] = [
    ("QAA", "W", 1),
    ("QBB", "W", 1),
    ("QCC", "QCC", 1),
    ("QDD", "QDD", 1),
]
LOOKUP = ("from_icb", "to_icb", "share")


@dataclass(frozen=True)
class Refusal:
    """One refusal: what is wrong, the command, and the files that bring it about."""

    title: str
    words: str
    prepare: Callable[[], object] = lambda: None


def _extract(
    count: object = 1, *more: Sequence[object], header: Sequence[str] = RTT_HEADER
) -> None:
    row = rtt_row("QAA", "RAA", "QAA", "01A", "C_150", count)
    write_extract(Path("rtt.csv"), [row[: len(header)], *more], header)


def _edit(file: str, old: str, new: str) -> None:
    path = Path("tiny") / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _policy(lines: str, mark: str = "*") -> None:
    _edit("flows.csv", "S1,QAA,P3,1,0.01", f"S1,QAA,P3,{mark},*")
    with (Path("tiny") / "dataset.toml").open("a", encoding="utf-8") as stream:
        stream.write(lines)


def _lookup(rows: Sequence[Sequence[object]]) -> None:
    write_csv(Path("lookup.csv"), LOOKUP, rows)


def _shapes(codes: Sequence[object], file: str = "areas.gpkg") -> None:
    squares = [box(k, 0, k + 1, 1) for k in range(len(codes))]
    gpd.GeoDataFrame({"code": codes}, geometry=squares, crs=4326).to_file(file)


def _lines() -> None:
    line = LineString([(0, 0), (1, 1)])
    gpd.GeoDataFrame({"code": ["A"]}, geometry=[line], crs=4326).to_file("areas.gpkg")


def _without_crs() -> None:
    _shapes(["A", "B"], "areas.shp")
    Path("areas.prj").unlink()


def _workbook(sheet: str, row: int, column: int, value: object) -> None:
    import xlsxwriter

    from optimiser.inputs.reading.load import read_dataset
    from optimiser.inputs.workbook.source import open_workbook
    from optimiser.inputs.workbook.writing import write_workbook

    write_workbook(Path("sound.xlsx"), read_dataset(Path("tiny")))
    with xlsxwriter.Workbook("my.xlsx") as book:
        for name, rows in open_workbook(Path("sound.xlsx")).sheets.items():
            page = book.add_worksheet(name)
            for k, cells in enumerate(rows):
                for m, cell in enumerate(cells[1]):
                    page.write(k, m, value if (name, k, m) == (sheet, row, column) else cell)


def _scenario(text: str) -> None:
    Path("my.toml").write_text(f'dataset = "tiny"\n{text}', encoding="utf-8")


def _in_turn(*steps: Callable[[], object]) -> Callable[[], object]:
    return lambda: [step() for step in steps]


IMPORT = "import-rtt rtt.csv --base tiny --to new"
CARRY = "carry tiny --lookup lookup.csv --to new"
BORDERS = "neighbours areas.gpkg --code code --to links.csv"
SECTIONS: dict[str, list[Refusal]] = {
    "RTT and DM01": [
        Refusal("no header of the two kinds", IMPORT,
                lambda: Path("rtt.csv").write_text("a,b\n1,2\n", encoding="utf-8")),
        Refusal("a column is missing", IMPORT,
                lambda: _extract(header=[h for h in RTT_HEADER if h != "Total All"])),
        Refusal("a header without rows", IMPORT, lambda: write_extract(Path("rtt.csv"), [])),
        Refusal("a row twice", IMPORT, lambda: write_extract(Path("rtt.csv"), [ROW, ROW])),
        Refusal("a suppressed count", IMPORT, lambda: _extract("*")),
        Refusal("a count with thousands", IMPORT, lambda: _extract("1,000")),
        Refusal("a negative count", IMPORT, lambda: _extract("-3")),
        Refusal("a count that is not whole", IMPORT, lambda: _extract("2.5")),
        Refusal("residents of an ICB that the map does not have", IMPORT,
                lambda: write_extract(
                    Path("rtt.csv"), [rtt_row("QAA", "RAA", "QZZ", "9Z", "C_150", 4)])),
        Refusal("both kinds of file at once", "import-rtt rtt.csv dm01.csv --base tiny --to new",
                _in_turn(lambda: _extract(), lambda: write_extract(
                    Path("dm01.csv"), [dm01_row("RAA", "QAA", "MRI", 1, 1)], DM01_HEADER))),
        Refusal("a dataset that is there", "import-rtt rtt.csv --base tiny --to tiny", _extract),
    ],
    "Workbook": [
        Refusal("a number below its range", "check my.xlsx", lambda: _workbook("icbs", 2, 5, "-4210")),
        Refusal("a word for a number", "check my.xlsx", lambda: _workbook("icbs", 1, 5, "many")),
        Refusal("a code that no sheet has", "check my.xlsx", lambda: _workbook("flows", 4, 2, "P9")),
        Refusal("a choice that is none", "check my.xlsx", lambda: _workbook("services", 1, 3, "raedy")),
        Refusal("no workbook", "check none.xlsx"),
        Refusal("a workbook that is there", "template my.xlsx", lambda: _workbook("icbs", 0, 0, "icb")),
        Refusal("another kind of file", "template my.xls"),
    ],
    "Small numbers": [
        Refusal("suppressed flows without a policy", "check tiny", lambda: _policy("")),
        Refusal("a policy that is none", "check tiny",
                lambda: _policy('[suppression]\npolicy = "guess"\n')),
        Refusal("a value that is not given", "check tiny",
                lambda: _policy('[suppression]\npolicy = "value"\n')),
        Refusal("totals that no true numbers explain", "check tiny",
                _in_turn(lambda: _policy('[suppression]\npolicy = "midpoint"\n'),
                         lambda: _edit("services.csv", ",204,2.04,", ",230,2.30,"))),
    ],
    "Neighbours": [
        Refusal("no such file", BORDERS),
        Refusal("no such property", "neighbours areas.gpkg --code coed --to links.csv",
                lambda: _shapes(["A", "B"])),
        Refusal("lines", BORDERS, _lines),
        Refusal("a shape without a code", BORDERS, lambda: _shapes(["A", None])),
        Refusal("no coordinate system", "neighbours areas.shp --code code --to links.csv", _without_crs),
    ],
    "Carrying": [
        Refusal("shares that do not add up", CARRY,
                lambda: _lookup([("QAA", "W", 0.25), *MERGE[1:]])),
        Refusal("an ICB left out", CARRY, lambda: _lookup(MERGE[:3])),
        Refusal("an ICB that the dataset does not have", CARRY,
                lambda: _lookup([*MERGE, ("QEE", "W", 1)])),
        Refusal("a pair twice", CARRY, lambda: _lookup([*MERGE, MERGE[0]])),
        Refusal("a share above 1", CARRY, lambda: _lookup([("QAA", "W", 1.5), *MERGE[1:]])),
        Refusal("a dataset carried back", f"{CARRY} --back", lambda: _lookup(MERGE)),
    ],
    "Scenarios on one's own data": [
        Refusal("a folder in the place of a scenario", "solve tiny"),
        Refusal("a plan to keep whole that is not carried", "solve my.toml",
                lambda: _scenario('[footprints]\nkeep_whole = "halfs"\n')),
        Refusal("a grouping that leaves an ICB out", "evaluate my.toml --plan mine.csv",
                _in_turn(lambda: _scenario(""), lambda: write_csv(
                    Path("mine.csv"), ("icb", "footprint"),
                    [("QAA", "X"), ("QBB", "X"), ("QCC", "Y")]))),
        Refusal("a rule that needs a list of the footprints, on more than 64 areas",
                "solve inputs/england-106/scenarios/base.toml --set services.max_leakage_m=900"),
    ],
}  # fmt: skip


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def bring_about(refusal: Refusal) -> str:
    """What the command prints, in a folder of its own.

    Raises:
        AssertionError: it was not refused, or something new was written.
    """
    with tempfile.TemporaryDirectory() as place, _in(Path(place)):
        write_tiny_dataset(Path("tiny"))
        refusal.prepare()
        before = sorted(Path().rglob("*"))
        words = re.sub(r"inputs/\S+", lambda found: str(ROOT / found[0]), refusal.words)
        result = CliRunner().invoke(main, words.split())
        assert result.exit_code in (1, 2), (refusal.title, result.output)
        assert sorted(Path().rglob("*")) == before, refusal.title
    lines = [line for line in result.output.splitlines() if not re.match(r" +\d+\.\d s ", line)]
    return "\n".join(lines).strip().replace(f"{ROOT}/", "")


def show(refusal: Refusal, said: str) -> str:
    """One refusal as Markdown."""
    lines = "\n".join(f"    {line}".rstrip() for line in said.splitlines())
    title = refusal.title[0].upper() + refusal.title[1:]
    return f"{title}: `footprints {refusal.words}`\n\n{lines}\n"


def describe() -> str:
    """The page of all refusals, as Markdown."""
    parts = [HEADER]
    for section, refusals in SECTIONS.items():
        parts += [f"## {section}\n", *(show(one, bring_about(one)) for one in refusals)]
    return "\n".join(parts)
