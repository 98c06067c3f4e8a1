"""Reading and checking ``dataset.toml``: what a dataset says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimiser.errors import Fault
from optimiser.inputs.dataset import About
from optimiser.inputs.reading.frames import Table
from optimiser.inputs.reading.suppression import Suppression, read_suppression
from optimiser.inputs.reading.toml_text import read_toml
from optimiser.inputs.schema import TOTALS_TOLERANCE_SHARE
from optimiser.spelling import join_sentences, suggest

TEXTS = (
    "name",
    "title",
    "vintage",
    "population_base",
    "currency_year",
    "attribution",
    "fit",
)
"""Only ``name`` must be there; the others are blank when left out (the title is the name)."""
TOTALS = ("total_population", "total_spend_m")
"""Published totals, optional: residents of all ICBs (persons) and spend of all services (£m)."""
UNPLACED = "unplaced_share"
KEYS = (*TEXTS, "modelled", UNPLACED, *TOTALS, "suppression")


@dataclass(frozen=True)
class AboutReading:
    """``dataset.toml`` as read.

    Attributes:
        about: what it says, or None when it cannot be read.
        totals: the published totals it states.
        faults: what is wrong with it.
        suppression: how suppressed cells of the flows are filled; None leaves them faults.
    """

    about: About | None
    totals: dict[str, float]
    faults: tuple[Fault, ...] = ()
    suppression: Suppression | None = None


def read_about(path: Path) -> AboutReading:
    """Read ``dataset.toml``."""
    place = str(path)
    try:
        raw = read_toml(path)
    except FileNotFoundError:
        remedy = 'The file is missing. Make one that holds at least name = "my-dataset".'
        return AboutReading(None, {}, (Fault(place, 0, "", "", "file_exists", remedy),))
    except (ValueError, OSError) as error:
        found = re.search(r"at line (\d+)", str(error))
        remedy = f"It is not readable as TOML: {error}."
        line = int(found.group(1)) if found else 0
        return AboutReading(None, {}, (Fault(place, line, "", "", "toml", remedy),))
    return validate_about(place, raw)


def validate_about(place: str, raw: dict[str, Any]) -> AboutReading:
    """Check what a dataset says of itself, given as TOML would hold it."""
    faults = [_unknown_key(place, key, raw[key]) for key in raw if key not in KEYS]
    texts = {key: _read_text(place, raw, key, faults) for key in TEXTS}
    modelled = raw.get("modelled", [])
    if not isinstance(modelled, list) or not all(isinstance(text, str) for text in modelled):
        remedy = 'It must be a list of sentences, such as ["Flows are modelled."].'
        faults.append(Fault(place, 0, "modelled", str(modelled), "list_of_texts", remedy))
        modelled = []
    totals = {key: _read_total(place, raw[key], key, faults) for key in TOTALS if key in raw}
    unplaced = _read_total(place, raw.get(UNPLACED, 0.0), UNPLACED, faults)
    if unplaced > 1:
        remedy = "It is a share: a number between 0 and 1."
        faults.append(Fault(place, 0, UNPLACED, f"{unplaced:g}", "share", remedy))
    texts["title"] = texts["title"] or texts["name"]
    about = About(**texts, modelled=tuple(modelled), unplaced_share=unplaced)
    suppression, found = read_suppression(place, raw.get("suppression"))
    return AboutReading(about, totals, (*faults, *found), suppression)


def _unknown_key(place: str, key: str, value: object) -> Fault:
    remedy = join_sentences("There is no such key; nothing is read from it.", suggest(key, KEYS))
    return Fault(place, 0, key, str(value), "unknown_key", remedy)


def _read_text(place: str, raw: dict[str, Any], key: str, faults: list[Fault]) -> str:
    value = raw.get(key, "")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        remedy = "It must be a text in quotes."
        faults.append(Fault(place, 0, key, str(value), "text", remedy))
        return ""
    if key == "name" and not value.strip() and not any(f.column == "name" for f in faults):
        remedy = "The dataset has no name. Give it one."
        faults.append(Fault(place, 0, key, value, "blank", remedy))
    return value


def _read_total(place: str, value: object, key: str, faults: list[Fault]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    faults.append(Fault(place, 0, key, str(value), "number", "It must be a number, 0 or more."))
    return float("nan")


def check_published_totals(
    reading: AboutReading, place: str, icbs: Table | None, services: Table | None
) -> list[Fault]:
    """Published totals that the tables do not add up to within 0.1 %."""
    faults = []
    counted = {"total_population": (icbs, "population"), "total_spend_m": (services, "spend_m")}
    for key, (table, column) in counted.items():
        stated = reading.totals.get(key, float("nan"))
        if table is None or table.repeats or not table.is_usable(column).all():
            continue
        total = float(table.frame[column].sum())
        if abs(total - stated) > TOTALS_TOLERANCE_SHARE * max(total, stated):
            remedy = (
                f"{column} in {table.schema.name} adds up to {total:.10g}. "
                "Make the two agree within 0.1 %."
            )
            faults.append(Fault(place, 0, key, f"{stated:.10g}", "totals_agree", remedy))
    return faults
