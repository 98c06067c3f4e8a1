"""The years of a saved roadmap for the page: its milestones, what begins when, and its picture."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.questions.roadmap_text import (
    COMPARED,
    list_beginnings,
    list_shown,
    name_compared,
)
from optimiser.reports.text import Shown
from optimiser.runs.folder import read_run, read_table

PICTURE = "roadmap.png"


def describe_years(folder: Path) -> dict[str, Any]:
    """What ``footprints roadmap`` prints of a run, and the picture that it saved with it."""
    run = read_run(folder)
    milestones = read_table(run, "roadmap_milestones")
    picture = folder / PICTURE
    return {
        "tables": [
            _lay_out(
                "What is true in each year",
                "£m of its year; scores are not discounted",
                milestones,
                list_shown(milestones),
            ),
            _lay_out(
                "What stands beside it",
                "score over all years, £m-equivalents",
                name_compared(read_table(run, "roadmap_compared")),
                COMPARED,
            ),
        ],
        "begins": list_beginnings(read_table(run, "roadmap_services")),
        "picture": _embed(picture) if picture.is_file() else "",
    }


def _lay_out(
    caption: str, note: str, table: pd.DataFrame, shown: Sequence[Shown]
) -> dict[str, Any]:
    heads = [
        {"text": it.heading.replace("-\n", "").replace("\n", " "), "left": not it.form}
        for it in shown
    ]
    rows = [[_cell(row[it.column], it) for it in shown] for row in table.to_dict("records")]
    return {"caption": caption, "note": note, "heads": heads, "rows": rows}


def _cell(value: Any, shown: Shown) -> str:
    if pd.isna(value):
        return ""
    return f"{float(value) * shown.factor:{shown.form}}" if shown.form else str(value)


def _embed(picture: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode("ascii")
