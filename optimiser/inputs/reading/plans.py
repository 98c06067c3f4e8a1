"""Reading a grouping as people have them: under any common header, with names or codes of ICBs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.dataset import Dataset
from optimiser.inputs.reading.frames import list_absent
from optimiser.inputs.reading.raw import RawTable, has_stray_bytes, read_csv_table, show_text
from optimiser.spelling import fold, join_sentences, name_some, suggest, suggest_code, title_plan

Row = tuple[int, str, str]


def read_grouping(
    plan: str | Path | Mapping[str, Sequence[str]], dataset: Dataset
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Name of a plan, and its footprints by name.

    Args:
        plan: name or title of a carried plan, a CSV file of icb and footprint, or footprint to ICBs.
        dataset: every one of its ICBs must be in exactly one footprint.

    Raises:
        InputError: with every fault of the plan.
    """
    if isinstance(plan, Mapping):
        rows = [(0, icb, name) for name, icbs in plan.items() for icb in icbs]
        return "given", _grouped(rows, dataset, "the grouping")
    if name := _find_carried(str(plan), dataset):
        frame = dataset.plans[name]
        rows = list(zip(range(2, len(frame) + 2), frame["icb"], frame["footprint"], strict=True))
        return name, _grouped(rows, dataset, f"plans/{name}.csv")
    return Path(plan).stem, _grouped(_rows_of_file(Path(plan), dataset), dataset, str(plan))


def _find_carried(plan: str, dataset: Dataset) -> str:
    """The carried plan of that name, or of that title as tables print it; empty where it is a file."""
    if plan in dataset.plans or Path(plan).exists():
        return plan if plan in dataset.plans else ""
    titles = {fold(title_plan(name)): name for name in dataset.plans}
    return titles.get(fold(plan), "")


def _rows_of_file(path: Path, dataset: Dataset) -> list[Row]:
    known = sorted(dataset.plans)
    if not path.exists():
        listed = f"Carried plans: {name_some(known)}."
        hint = suggest(str(path), known)
        hint = join_sentences(hint if hint.startswith("Did") else "", listed)
        remedy = join_sentences("Neither a carried plan nor a file.", hint)
        raise InputError([Fault("--plan", 0, "", show_text(str(path)), "plan_exists", remedy)])
    rows = read_rows(path, ("icb", "footprint"), areas=list_area_names(dataset.icbs))
    return [(line, row["icb"], row["footprint"]) for line, row in rows]


def read_rows(
    path: Path,
    columns: tuple[str, ...],
    key: tuple[str, ...] = (),
    areas: Sequence[tuple[str, str]] | None = None,
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their lines; other columns are let be (a run's tables have more).

    Args:
        path: the file.
        columns: those that are read; each must be there, once.
        key: columns of which no two rows may hold the same.
        areas: of a plan, code and name of each ICB: it may be under any common header, with names.

    Raises:
        InputError: with every fault of the file.
    """
    reading = read_csv_table("rows", path)
    faults = list(reading.faults)
    raw = reading.table
    if raw is None:
        raise InputError(faults)
    raw = raw if areas is None else settle_plan(raw, areas)
    faults += _check_header(raw, columns)
    if faults:
        raise InputError(faults)
    header = [name.strip() for name in raw.header]
    cells = {c: [text.strip() for text in raw.columns[header.index(c)]] for c in columns}
    rows = [(line, {c: cells[c][k] for c in columns}) for k, line in enumerate(raw.lines)]
    faults = _check_letters(raw.place, rows) + _check_repeats(raw.place, rows, key)
    if faults:
        raise InputError(faults)
    return rows


def _check_header(raw: RawTable, columns: tuple[str, ...]) -> list[Fault]:
    header = [name.strip() for name in raw.header]
    missing = [c for c in columns if c not in header]
    remedy = f"The header must hold {', '.join(columns)}."
    if missing and len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        remedy = "The values are not divided by commas. Save the file as CSV with commas."
    shown = show_text(",".join(header))
    if missing == list(columns):
        return [Fault(raw.place, 1, "", shown, "column", remedy)]
    faults = [Fault(raw.place, 1, c, "", "column", remedy) for c in missing]
    twice = dict.fromkeys(name for name in header if name and header.count(name) > 1)
    remedy = "The header stands twice. Delete or rename one of the columns."
    return faults + [
        Fault(raw.place, raw.header_line, show_text(c), "", "duplicate_header", remedy)
        for c in twice
    ]


def _check_letters(place: str, rows: Sequence[tuple[int, dict[str, str]]]) -> list[Fault]:
    remedy = "It holds letters that are not UTF-8. Save the file as CSV UTF-8."
    return [
        Fault(place, line, column, show_text(text), "encoding", remedy)
        for line, row in rows
        for column, text in row.items()
        if has_stray_bytes(text)
    ]


def _check_repeats(
    place: str, rows: Sequence[tuple[int, dict[str, str]]], key: tuple[str, ...]
) -> list[Fault]:
    faults, first = [], dict[tuple[str, ...], int]()
    for line, row in rows if key else ():
        earlier = first.setdefault(tuple(row[c] for c in key), line)
        if earlier != line:
            remedy = f"The same {' and '.join(key)} stands on line {earlier}. Keep one of the rows."
            value = show_text(", ".join(row[c] for c in key))
            faults.append(Fault(place, line, "", value, "duplicate", remedy))
    return faults


def check_rows(rows: Sequence[Row], names: Mapping[str, str], file: str) -> None:
    """Refuse rows of a plan unless each known ICB is in exactly one footprint.

    Args:
        rows: line, icb, footprint.
        names: code to name of each ICB there is.
        file: what faults name as their place.

    Raises:
        InputError: with every fault.
    """
    faults, seen, unknown = [], set[str](), set[str]()
    for line, icb, name in rows:
        if icb not in names:
            unknown.add(icb)
            remedy = join_sentences("The dataset has no such ICB.", suggest_code(icb, names))
            faults.append(Fault(file, line, "icb", show_text(icb), "known_icb", remedy))
        elif icb in seen:
            remedy = "It is in the plan twice; each ICB belongs to one footprint."
            faults.append(Fault(file, line, "icb", icb, "unique_icb", remedy))
        elif not name:
            remedy = "Give the name of its footprint."
            faults.append(Fault(file, line, "footprint", "", "not_blank", remedy))
        seen.add(icb)
    remedy = "The plan leaves it out; each ICB belongs to one footprint."
    left_out = [icb for icb in names if icb not in seen]
    # As many codes that are unknown are likely the same ICBs, spelt wrongly, and told already.
    if len(left_out) > len(unknown):
        faults += list_absent(file, "icb", "every_icb", left_out, remedy)
    if faults:
        raise InputError(faults)


def _grouped(rows: Sequence[Row], dataset: Dataset, file: str) -> dict[str, tuple[str, ...]]:
    names = dict(zip(dataset.icbs["icb"], dataset.icbs["short_name"], strict=True))
    check_rows(rows, names, file)
    home = {icb: name for _, icb, name in rows}
    groups: dict[str, list[str]] = {}
    for icb in names:
        groups.setdefault(home[icb], []).append(icb)
    return {name: tuple(icbs) for name, icbs in groups.items()}


HEADERS = {
    "icb": ("icb", "icb code", "code", "ods code", "organisation code", "org code", "icb name",
            "name", "organisation", "organisation name", "area"),
    "footprint": ("footprint", "footprint name", "group", "cluster", "committee", "office", "hub",
                  "region", "collaborative", "multi icb"),
}  # fmt: skip
"""Headers that mean the ICB and its footprint, the likeliest first."""


def settle_plan(raw: RawTable, areas: Iterable[tuple[str, str]]) -> RawTable:
    """The table with the headers ``icb`` and ``footprint``, and codes in the place of names.

    Args:
        raw: a plan as it was read.
        areas: code and name of each ICB, one pair for each name it has.

    Returns:
        the same where its headers are those already; a name of no ICB, or of two, is left as it is.
    """
    header = [_name_header(column, raw.header) for column in raw.header]
    if "icb" not in header:
        return raw
    place = header.index("icb")
    codes = _list_codes(areas)
    cells = [codes.get(fold(text), text) for text in raw.columns[place]]
    columns = [cells if k == place else column for k, column in enumerate(raw.columns)]
    return replace(raw, header=tuple(header), columns=tuple(columns))


def _name_header(column: str, header: Sequence[str]) -> str:
    folded = [fold(title) for title in header]
    for own, known in HEADERS.items():
        there = [title for title in known if title in folded]
        if there and fold(column) == there[0] and folded.count(there[0]) == 1:
            return own
    return column


def _list_codes(areas: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Code by folded name, of names that one ICB alone has; codes stay what they are."""
    found: dict[str, set[str]] = {}
    known = list(areas)
    for code, name in known:
        found.setdefault(fold(name), set()).add(code)
    own = {fold(code) for code, _ in known}
    return {
        name: codes.pop() for name, codes in found.items() if len(codes) == 1 and name not in own
    }


def list_area_names(icbs: pd.DataFrame) -> list[tuple[str, str]]:
    """Code and name of each ICB, under its full and its short name."""
    return [
        (str(code), str(name))
        for column in ("name", "short_name")
        for code, name in zip(icbs["icb"], icbs[column], strict=True)
    ]
