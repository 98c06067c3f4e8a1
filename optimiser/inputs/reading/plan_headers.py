"""Plans as people have them: under any common header, with names or codes of ICBs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from optimiser.inputs.reading.raw import RawTable
from optimiser.spelling import fold

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
