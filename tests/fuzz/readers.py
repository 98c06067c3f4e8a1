"""Spoil files byte by byte and give them to their reader: ``python -m fuzz.readers --cases N``.

Each case must end in an answer or in faults, within ten seconds. A silent change is a file whose text
is no UTF-8, or whose JSON or TOML no longer parses, and that is read as if it were sound.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.rtt_files import RTT_HEADER, rtt_row
from support.toy import TOY

from optimiser.errors import FootprintsError
from optimiser.importers.allocations import read_allocations
from optimiser.importers.carry.lookup import read_lookup, read_plan
from optimiser.importers.neighbours import read_areas
from optimiser.importers.observed import read_families, read_shares
from optimiser.importers.rtt.reading import read_extract
from optimiser.inputs.reading.load import read_dataset
from optimiser.inputs.reading.plans import read_grouping, read_rows
from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.inputs.workbook.source import read_workbook_scenario
from optimiser.inputs.workbook.writing import write_workbook
from optimiser.reports.paper.details import read_details
from optimiser.sweeps.grid import read_grid

SLOW_SECONDS = 10.0
AWKWARD = (
    *(b"\x00", b"\r", b"\n", b'"', b",", b";", b"\xff", b"\xef\xbb\xbf", b"=", b"[", b"{", b"nan"),
    *(b"1e30", b"-1", b"1_000", b"true", b" 3 ", b"inf", b"<5", b"9" * 400, b"[" * 2000, b"a.b.c"),
)
"""What spreadsheets, exports and hands put where it does not belong."""


@dataclass(frozen=True)
class Reader:
    """A reader with the file that is spoilt.

    Attributes:
        name: what is counted.
        file: the sound file, relative to the folder that each case copies.
        read: called with the path of the spoilt file.
    """

    name: str
    file: str
    read: Callable[[Path], object]


def list_readers(home: Path) -> list[Reader]:
    """Make a sound file for each reader in an empty folder and return the readers."""
    shutil.copytree(TOY, home / "toy")
    toy = read_dataset(home / "toy")
    write_workbook(home / "toy.xlsx", toy)
    codes = list(toy.icbs["icb"])
    _write_files(home, codes, list(toy.services["service"]))
    tables = [
        f"toy/{p.name}"
        for p in sorted((home / "toy").iterdir())
        if p.is_file() and p.suffix != ".md"
    ]
    scenarios = sorted((home / "toy" / "scenarios").glob("*.toml"))
    return [
        *(Reader(Path(name).name, name, lambda p: read_dataset(p.parent)) for name in tables),
        Reader("scenario", f"toy/scenarios/{scenarios[0].name}", read_scenario),
        Reader("plan", "plan.csv", lambda path: read_grouping(path, toy)),
        Reader("levels", "levels.csv", lambda p: read_rows(p, ("service", "footprint", "level"))),
        Reader("lookup", "lookup.csv", lambda path: read_lookup(path, codes)),
        Reader("plan to carry", "plan.csv", lambda path: read_plan(path, codes)),
        Reader("rtt", "rtt.csv", lambda path: read_extract([str(path)])),
        Reader("shares", "shares.csv", read_shares),
        Reader("families", "families.csv", lambda p: read_families(p, toy.services["service"])),
        Reader("allocations", "toy/funding.csv", lambda path: read_allocations(path, toy)),
        Reader("areas", "toy/boundaries.geojson", lambda path: read_areas(path, "icb")),
        Reader("grid", "grid.toml", read_grid),
        Reader("details", "paper.toml", read_details),
        Reader("workbook", "toy.xlsx", read_dataset),
        Reader("sheet scenario", "toy.xlsx", read_workbook_scenario),
    ]


def _write_files(home: Path, codes: Sequence[str], services: Sequence[str]) -> None:
    """Sound files of those who bring their own."""
    shares = [f"general,{code},{code},60,500" for code in codes]
    files = {
        "lookup.csv": ["from_icb,to_icb,share", *(f"{c},N{c},1" for c in codes)],
        "levels.csv": ["service,footprint,level", "S1,England,national"],
        "shares.csv": ["family,icb,host_icb,share_percent,patients", *shares],
        "families.csv": ["service,family", *(f"{s},general" for s in services)],
        "grid.toml": [
            'base = "toy/scenarios/base.toml"',
            *("[grid]", '"objective.leakage" = [1, 2]'),
            *("[[run]]", '"footprints.count" = 3'),
        ],
        "paper.toml": ['sponsor = "A. Director"', 'options = ["One", "Two"]', "preferred = 1"],
    }
    for name, lines in files.items():
        (home / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    shutil.copy(min((home / "toy" / "plans").glob("*.csv")), home / "plan.csv")
    (home / "rtt.csv").write_text(_draft_extract(), encoding="utf-8")


def _draft_extract() -> str:
    rows = [rtt_row("QAA", f"R{k:02}", "QAA", "01A", "C_110", k) for k in range(20)]
    return "".join(",".join(map(str, row)) + "\n" for row in [RTT_HEADER, *rows])


def spoil(content: bytes, draw: random.Random) -> bytes:
    """One to four changes: bytes put in, taken out, altered, doubled or cut off."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place, length = draw.randrange(len(data) + 1), draw.randint(1, 40)
        kind = draw.randrange(5)
        if kind == 0:
            data[place:place] = draw.choice(AWKWARD)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place : place + 1] = bytes([draw.randrange(256)])
        elif kind == 3:
            data[place:place] = data[place : place + length]
        else:
            del data[draw.randrange(len(data) + 1) :]
    return bytes(data)


def run_cases(cases: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run cases in turn over the readers.

    Returns:
        counts: cases, read, told, tracebacks, hangs, silent; and a text for each that went wrong.
    """
    draw, counts, wrong = random.Random(seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        readers = list_readers(Path(name))
        for case in range(cases):
            reader = readers[case % len(readers)]
            path = Path(name) / reader.file
            sound = path.read_bytes()
            path.write_bytes(spoil(sound, draw))
            wrong += _run_case(reader, path, counts, case)
            path.write_bytes(sound)
    return counts, wrong


def _run_case(reader: Reader, path: Path, counts: Counter[str], case: int) -> list[str]:
    counts["cases"] += 1
    counts[reader.name] += 1
    begun, wrong = time.monotonic(), []
    try:
        reader.read(path)
        counts["read"] += 1
        if not _is_text_sound(path):
            counts["silent"] += 1
            wrong.append(f"case {case} {reader.name}: read though it is no sound text")
    except FootprintsError:
        counts["told"] += 1
    except Exception:  # whatever else escapes a reader is what is looked for
        counts["tracebacks"] += 1
        wrong.append(f"case {case} {reader.name}: {traceback.format_exc(limit=-3)}")
    if time.monotonic() - begun > SLOW_SECONDS:
        counts["hangs"] += 1
        wrong.append(f"case {case} {reader.name}: {time.monotonic() - begun:.0f} s")
    return wrong


def _is_text_sound(path: Path) -> bool:
    if path.suffix in (".xlsx", ".gz"):
        return True
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".toml":
            tomllib.loads(text)
    except ValueError:
        return False
    return "\x00" not in text


def main(words: Sequence[str]) -> int:
    """Print the counts; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(words)
    counts, wrong = run_cases(chosen.cases, chosen.seed)
    print("\n".join(wrong[:20]))
    kinds = ("cases", "read", "told", "tracebacks", "hangs", "silent")
    print(", ".join(f"{counts[kind]:,} {kind}" for kind in kinds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
