"""What only the team knows of its paper: sponsor, author, meeting, status, owners and dates of risks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimiser.errors import Fault, InputError
from optimiser.inputs.reading.toml_text import read_toml

TEXTS = ("title", "meeting", "date", "sponsor", "author", "status", "contact")
RISK_TEXTS = ("likelihood", "impact", "owner", "date")
_FIRST = "Write it as text in quotes."


@dataclass(frozen=True)
class Details:
    """What the team says of its paper.

    Attributes:
        texts: each of :data:`TEXTS` that is given.
        options: names of the options, in the order of the runs; empty to make them.
        preferred: number of the option that the paper recommends; 0 for the lowest score.
        risks: key of a risk to each of :data:`RISK_TEXTS` that is given.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    preferred: int = 0
    risks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def risk(self, key: str, name: str) -> str:
        """One thing of a risk, or a plain blank."""
        return self.risks.get(key, {}).get(name) or BLANK


BLANK = "[to fill]"
"""Stands in a cell, on a tint, where the team has still to write: nobody takes it for an answer."""


def say_blank(what: str) -> str:
    """A blank that says what is wanted."""
    return f"[{what}: to be completed]"


def read_details(path: Path) -> Details:
    """Read the details of a paper.

    Raises:
        InputError: it is no TOML file, or holds what a paper does not know.
    """
    try:
        raw = read_toml(path)
    except (OSError, ValueError) as error:
        remedy = f"It cannot be read: {error}. See docs/board-paper.md for an example."
        raise InputError([Fault(str(path), 0, "", "", "details", remedy)]) from error
    faults = list(_find_faults(path, raw))
    if faults:
        raise InputError(faults)
    return Details(
        texts={name: _say(raw[name]) for name in TEXTS if raw.get(name)},
        options=tuple(raw.get("options", ())),
        preferred=raw.get("preferred", 0),
        risks={
            key: {name: _say(value) for name, value in risk.items() if value != ""}
            for key, risk in raw.get("risks", {}).items()
        },
    )


def _find_faults(path: Path, raw: Mapping[str, Any]) -> Iterator[Fault]:
    from optimiser.reports.paper.hazards import KINDS

    def fault(key: str, value: object, remedy: str) -> Fault:
        return Fault(str(path), 0, key, str(value), "details", remedy)

    for key, value in raw.items():
        if key in TEXTS and not isinstance(value, str | datetime.date):
            yield fault(key, value, _FIRST)
        elif key == "options" and not _is_list_of_text(value):
            yield fault(key, value, "Write a list of different names, one for each run.")
        elif key == "preferred" and (type(value) is not int or value < 1):
            yield fault(key, value, "Write the number of an option, from 1.")
        elif key == "risks":
            yield from (
                fault(f"risks.{risk}", text, f"Known are {', '.join(KINDS)}, each with "
                      f"{', '.join(RISK_TEXTS)}.")
                for risk, text in value.items()
                if risk not in KINDS or not isinstance(text, dict) or set(text) - set(RISK_TEXTS)
            )  # fmt: skip
        elif key not in (*TEXTS, "options", "preferred"):
            known = ", ".join((*TEXTS, "options", "preferred", "risks"))
            yield fault(key, value, f"It is not known. Known are {known}.")


def _is_list_of_text(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(name, str) and name for name in value)
        and len(set(value)) == len(value)
    )


def _say(value: object) -> str:
    """Text as it is, a date as people write it."""
    return f"{value.day} {value:%B %Y}" if isinstance(value, datetime.date) else str(value)
