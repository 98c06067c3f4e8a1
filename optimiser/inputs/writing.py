"""Writing a new dataset folder: tables, plans and what the dataset says of itself."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from optimiser.csv_text import to_csv_text
from optimiser.folders import draft_of, new_folder
from optimiser.inputs.dataset import About, Dataset
from optimiser.inputs.schema import PLAN, TABLES

COMPRESSED_FROM = 5_000
"""Flows with more rows than this are written gzipped."""


@dataclass(frozen=True)
class NewDataset:
    """A dataset that is about to be written.

    Attributes:
        about: what it says of itself.
        tables: name of each table to its frame; only the columns of the schema are written.
        plans: name of each plan to icb, footprint.
        boundaries: GeoJSON file to copy, or the text of one, or None.
        extras: further files, path relative to the folder to text.
    """

    about: About
    tables: Mapping[str, pd.DataFrame]
    plans: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    boundaries: Path | str | None = None
    extras: Mapping[str, str] = field(default_factory=dict)


def write_dataset(new: NewDataset, folder: Path) -> Path:
    """Write a dataset into a folder that must not be there yet."""
    with new_folder(folder) as place:
        _fill_folder(new, place.draft)
    return folder


def _fill_folder(new: NewDataset, folder: Path) -> None:
    (folder / "plans").mkdir()
    for name, table in new.tables.items():
        _write_table(name, table, folder)
    for name, plan in new.plans.items():
        write_text(folder / "plans" / f"{name}.csv", format_csv(plan[list(PLAN.names)]))
    if isinstance(new.boundaries, Path):
        shutil.copyfile(new.boundaries, folder / "boundaries.geojson")
    elif new.boundaries is not None:
        write_text(folder / "boundaries.geojson", new.boundaries)
    write_text(folder / "dataset.toml", format_about(new.about))
    for name, text in new.extras.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_text(folder / name, text)


def _write_table(name: str, table: pd.DataFrame, folder: Path) -> None:
    text = format_csv(table[[c for c in TABLES[name].names if c in table]])
    if name == "flows" and len(table) > COMPRESSED_FROM:
        write_compressed(text, folder / "flows.csv.gz")
    else:
        write_text(folder / f"{name}.csv", text)


def write_compressed(text: str, path: Path) -> None:
    """Write gzip bytes that do not depend on the clock or the file name."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write(text.encode("utf-8"))
    write_bytes(path, buffer.getvalue())


def format_csv(table: pd.DataFrame) -> str:
    """A frame as CSV text; true and false in small letters, whole numbers without a point."""
    shown = table.copy()
    for column in shown.columns:
        if pd.api.types.is_bool_dtype(shown[column]):
            shown[column] = shown[column].map({True: "true", False: "false"})
        elif pd.api.types.is_float_dtype(shown[column]):
            shown[column] = [format_number(value) for value in shown[column]]
    return to_csv_text(shown)


def format_number(value: float) -> str:
    """The shortest text that reads back as the same number; blank for NaN."""
    if pd.isna(value):
        return ""
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )


def format_about(about: About, totals: Mapping[str, float] | None = None) -> str:
    """``dataset.toml`` of what a dataset says of itself."""
    keys = ("name", "title", "vintage", "population_base", "currency_year", "attribution")
    lines = [f"{key} = {_quote(getattr(about, key))}" for key in keys]
    lines += [f"fit = {_quote(about.fit)}"] if about.fit else []
    lines += [f"unplaced_share = {about.unplaced_share:.4g}"] if about.unplaced_share else []
    lines += [f"{key} = {value:.10g}" for key, value in (totals or {}).items()]
    sentences = "".join(f"  {_quote(text)},\n" for text in about.modelled)
    return "\n".join(lines) + f"\nmodelled = [\n{sentences}]\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with line feeds on every system."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files all whole or none at all: beside their places, flushed to the disk, then renamed."""
    drafts = {path: draft_of(path) for path in contents}
    placed: list[Path] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with drafts[path].open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
            placed.append(path)
    except BaseException:
        for path in (*drafts.values(), *placed):
            path.unlink(missing_ok=True)
        raise


NONE = (None, "")
"""No spread, for no reason."""


def build_sources(
    base: Dataset,
    tables: Mapping[str, pd.DataFrame],
    own: Sequence[tuple[str, str, str, str, str, str]],
) -> pd.DataFrame:
    """Sources of every column: own rows where given, else those of the base dataset.

    Args:
        base: the dataset that tables were taken from.
        tables: the tables that will be written.
        own: table, columns (divided by spaces, ``*`` for all), kind, source, licence, note.
    """
    header = list(TABLES["sources"].names)
    earlier = pd.DataFrame(columns=header) if base.sources is None else base.sources[header]
    spreads = {row[:3]: row[-2:] for row in earlier.itertuples(index=False, name=None)}
    told = {
        (table, column): (table, column, kind, source, licence, note)
        for table, columns, kind, source, licence, note in own
        for column in (TABLES[table].names if columns == "*" else columns.split())
    }
    known = {(table, column) for table, column in earlier[["table", "column"]].to_numpy().tolist()}
    rows = list(told.values())
    for row in earlier.itertuples(index=False, name=None):
        table = str(row[0]).split("/")[0]
        if (row[0], row[1]) not in told and table in {*tables, "plans", "boundaries"}:
            rows.append(row)
    for name, frame in tables.items():
        rows += [
            (name, column, "derived", f"dataset {base.about.name}", "", "its source was not told")
            for column in TABLES[name].names
            if column in frame and (name, column) not in told and (name, column) not in known
        ]
    for column in PLAN.names:
        if ("plans", column) not in known:
            rows.append(("plans", column, "derived", f"dataset {base.about.name}", "", ""))
    rows += [
        ("sources", column, "derived", "written with the dataset", "", "")
        for column in header
        if ("sources", column) not in known
    ]
    # A spread stays with what is as modelled as before, and not with what is counted now.
    whole = [
        row if len(row) == len(header) else (*row, *spreads.get(row[:3], NONE)) for row in rows
    ]
    return pd.DataFrame(whole, columns=header)
