"""A tiny sound dataset on disk, and ways to plant one fault in it.

Four ICBs in a row (QAA - QBB - QCC - QDD), two regions, three providers of which one is elsewhere,
four services. Every table is there, so a sound copy gives no fault and no notice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from optimiser.inputs.dataset import PDAF_DOMAINS
from optimiser.inputs.schema import PLAN, TABLES

PEOPLE = {"QAA": 1_000_000, "QBB": 1_200_000, "QCC": 800_000, "QDD": 1_500_000}
NAMES = {"QAA": "Ashfield", "QBB": "Birchdale", "QCC": "Cedarwick", "QDD": "Dunmoor"}
REGIONS = {"QAA": "North", "QBB": "North", "QCC": "South", "QDD": "South"}
ICBS = tuple(PEOPLE)
SERVICES = {"S1": "Renal care", "S2": "Secure care", "S3": "Transplants", "S4": "Dialysis"}
Row = Sequence[object]


def write_tiny_dataset(folder: Path) -> Path:
    """Write the tiny dataset into a new folder and return the folder."""
    (folder / "plans").mkdir(parents=True)
    flows = list(_flows())
    rows: dict[str, Iterable[Row]] = {
        "icbs": _icbs(),
        "neighbours": [("QAA", "QBB", "land", 40, ""), ("QBB", "QCC", "river", 5, "a bridge"),
                       ("QCC", "QDD", "land", 30, "")],
        "services": _services(flows),
        "providers": [("P1", "First Hospital", "QAA", 0.0, 52.0, 0.3),
                      ("P2", "Second Hospital", "QCC", 2.0, 52.0, 0.2),
                      ("P3", "Far Hospital", "", "", "", "")],
        "flows": flows,
        "travel": [(a, b, 15 + 30 * abs(k - m)) for k, a in enumerate(ICBS)
                   for m, b in enumerate(ICBS)],
        "service_providers": sorted({(s, p, "illustrative") for s, _, p, _, _ in flows}),
        "readiness": [(i, d, 2.5, y) for i in ICBS for d in PDAF_DOMAINS for y in (2023, 2024)],
        "funding": [("QAA", 53.4, 20), ("QBB", 0.4, 25), ("QCC", 35.8, 15), ("QDD", 0.4, 30)],
        "history": [(s, i, y, 1 + (y - 2019) / 10) for s in SERVICES for i in ICBS
                    for y in (2019, 2020, 2021, 2022)],
        "published": [("held_centrally", "", "", 5, "2023", "invented", "", "drugs"),
                      ("running_cost_a_head", "", "", 20, "2023", "invented", "", "all it does")],
        "sources": _sources(),
    }  # fmt: skip
    for name, table in rows.items():
        write_csv(folder / f"{name}.csv", TABLES[name].names, table)
    halves = [(icb, "West" if k < 2 else "East") for k, icb in enumerate(ICBS)]
    write_csv(folder / "plans" / "halves.csv", PLAN.names, halves)
    (folder / "dataset.toml").write_text(ABOUT, encoding="utf-8")
    (folder / "boundaries.geojson").write_text(json.dumps(boundaries()), encoding="utf-8")
    return folder


def write_one_icb(folder: Path) -> Path:
    """Write a country of one ICB: the tiny dataset without the other three, amounts summed anew."""
    write_tiny_dataset(folder)
    gone = set(ICBS[1:])
    for path in (*folder.glob("*.csv"), *folder.glob("plans/*.csv")):
        header, *rows = read_rows(path)
        if path.stem == "providers":  # those of the others are elsewhere now
            rows = [["" if cell in gone else cell for cell in row] for row in rows]
        write_csv(path, header, [row for row in rows if not gone & set(row)])
    flows = read_rows(folder / "flows.csv")[1:]
    write_csv(folder / "services.csv", TABLES["services"].names, _services(flows))
    set_cell(folder / "funding.csv", 2, "needs_based_m", "53.4")
    about = ABOUT.replace("total_population = 4500000\n", "")
    (folder / "dataset.toml").write_text(about, encoding="utf-8")
    shapes = boundaries()
    shapes["features"] = shapes["features"][:1]
    (folder / "boundaries.geojson").write_text(json.dumps(shapes), encoding="utf-8")
    return folder


ABOUT = """name = "tiny"
title = "Four ICBs in a row"
vintage = "invented"
population_base = "resident"
currency_year = "2023"
attribution = "Invented for tests."
modelled = ["Everything."]
total_population = 4500000
"""


def _icbs() -> list[Row]:
    return [
        (icb, f"E5400000{k}", f"NHS {name} Integrated Care Board", name, REGIONS[icb],
         PEOPLE[icb], PEOPLE[icb] + 1000, PEOPLE[icb] - 1000, float(k), 52.5, 0.2, "")
        for k, (icb, name) in enumerate(NAMES.items())
    ]  # fmt: skip


def _flows() -> Iterable[Row]:
    cost_m = {"S1": 0.01, "S2": 0.02, "S3": 0.1, "S4": 0.01}
    for service, cost in cost_m.items():
        for icb in ICBS:
            for provider, patients in (("P1", 30), ("P2", 20), ("P3", 1)):
                yield (service, icb, provider, patients, round(patients * cost, 6))


def _services(flows: Sequence[Row]) -> list[Row]:
    totals = {
        s: [sum(float(str(row[k])) for row in flows if row[0] == s) for k in (3, 4)]
        for s in SERVICES
    }
    fixed = {
        "S1": ("ready", "", "false", "S4"),
        "S2": ("not_yet", "2025", "false", ""),
        "S3": ("national", "", "true", ""),
        "S4": ("ready", "", "false", ""),
    }
    return [
        (s, name, "Internal Medicine", fixed[s][0], fixed[s][1], fixed[s][2],
         f"{totals[s][0]:g}", f"{totals[s][1]:.6g}", 1.2, 0.02, 1, 10, "", 0.1, 0.2, "false",
         fixed[s][3], "illustrative", "", "", "", "false")
        for s, name in SERVICES.items()
    ]  # fmt: skip


def _sources() -> list[Row]:
    schemas = [*(TABLES[name] for name in TABLES if name != "sources"), PLAN]
    return [
        (schema.name, column, "illustrative", "invented", "MIT", "", "", "")
        for schema in schemas
        for column in schema.names
    ]


def boundaries() -> dict[str, object]:
    """Unit squares in a row as GeoJSON."""
    squares = {
        icb: [[[k, 52], [k + 1, 52], [k + 1, 53], [k, 53], [k, 52]]] for k, icb in enumerate(ICBS)
    }
    features = [
        {"type": "Feature", "properties": {"icb": icb},
         "geometry": {"type": "Polygon", "coordinates": rings}}
        for icb, rings in squares.items()
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table as CSV with Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_rows(path: Path) -> list[list[str]]:
    """All rows of a CSV file as text, the header first."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def set_cell(path: Path, line: int, column: str, value: str) -> None:
    """Put a value into one cell; line 1 is the header."""
    header, *rows = read_rows(path)
    rows[line - 2][header.index(column)] = value
    write_csv(path, header, rows)


def find_line(path: Path, *start: str) -> int:
    """Line of the row whose first cells are these."""
    rows = read_rows(path)
    return next(k for k, row in enumerate(rows, start=1) if row[: len(start)] == list(start))


def append_row(path: Path, *cells: object) -> int:
    """Add a row at the end and return its line."""
    header, *rows = read_rows(path)
    write_csv(path, header, [*rows, cells])
    return len(rows) + 2


def drop_row(path: Path, *start: str) -> None:
    """Delete the row whose first cells are these."""
    line = find_line(path, *start)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: line - 1] + lines[line:]), encoding="utf-8")


def drop_column(path: Path, column: str) -> None:
    """Delete a column."""
    header, *rows = read_rows(path)
    place = header.index(column)
    shorter = [row[:place] + row[place + 1 :] for row in (header, *rows)]
    write_csv(path, shorter[0], shorter[1:])


def rename_column(path: Path, column: str, new: str) -> None:
    """Give a column another header."""
    header, *rows = read_rows(path)
    write_csv(path, [new if name == column else name for name in header], rows)
