"""Rows of figures that the paper and the web page both show, made once for both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimiser.reports.paper.brief import DAGGER, Brief, Option, mark_of
from optimiser.runs.basis import WEAK
from optimiser.runs.compare import Figure
from optimiser.runs.compare.wording import (
    head,
    round_off,
    say_mode,
    say_term,
    show,
    show_difference,
)

FOOTPRINT_COLUMNS = (
    ("population", "People, million", "persons"),
    ("leakage_share", "Treated outside, of all in scope", "share"),
    ("pooled_volatility_m", "Volatility, all in scope, £m", "£m"),
    ("local_services", "Local services", "services"),
    ("local_spend_m", "Local spend, £m", "£m"),
    ("local_share", "Local, of all in scope", "share"),
    ("travel_minutes", "Travel to lead, min", "minutes"),
    ("cost_m", "Score, £m-eq.", "£m"),
)


@dataclass(frozen=True)
class Criterion:
    """A measure of every option: name, marked label, which way is better, figures, reference."""

    name: str
    label: str
    better: str
    figures: tuple[Figure, ...]
    reference: str

    @property
    def unit(self) -> str:
        """Unit of the figures."""
        return self.figures[0].unit

    @property
    def heading(self) -> str:
        """Label and unit, unless the cells or the label say it already."""
        words = head(self.unit)
        return (
            self.label
            if words in ("", "%") or words in self.label.lower()
            else f"{self.label}, {words}"
        )

    @property
    def shown(self) -> list[str]:
        """Every figure to the digits it bears."""
        return [round_off(figure.value, self.unit) for figure in self.figures]

    @property
    def cells(self) -> list[str]:
        """Every figure, its difference from the first beside it."""
        first, *others = (figure.value for figure in self.figures)
        steps = (f"{show(o, self.unit)} ({show_difference(o - first, self.unit)})" for o in others)
        return [show(first, self.unit), *steps]


@dataclass(frozen=True)
class Cost:
    """A term of the objective that costs something: marked label, weights, cost of every option."""

    term: str
    label: str
    weight: str
    unit: str
    cells: tuple[str, ...]
    reference: str


@dataclass(frozen=True)
class Home:
    """An ICB: its footprint under every option on one map, and those under which it moves."""

    icb: str
    footprints: tuple[str, ...]
    moved: frozenset[int]


@dataclass(frozen=True)
class Member:
    """A footprint of an option: number on the map, ICBs by name, figures, reference."""

    name: str
    number: int
    icbs: tuple[str, ...]
    lead: str
    mode: str
    cells: tuple[str, ...]
    reference: str


def list_criteria(brief: Brief) -> Iterator[Criterion]:
    """Every measure, in order."""
    for name, lines in brief.comparison.measures.groupby("measure", sort=False):
        figures = tuple(brief.comparison.figures[str(key)] for key in lines["figure"])
        label = f"{lines['label'].iloc[0]}{mark_of(figures)}"
        reference = f"{figures[0].id.split('.')[0]}.n"
        yield Criterion(str(name), label, str(lines["better"].iloc[0]), figures, reference)


def list_costs(brief: Brief) -> Iterator[Cost]:
    """Every term, those that cost nothing under any option left out."""
    for term, lines in brief.comparison.terms.groupby("term", sort=False):
        costs = lines.set_index("run")["cost_m"].astype("float64")
        if costs.abs().sum() == 0:
            continue
        mark = DAGGER if lines["basis"].isin(WEAK).any() else ""
        yield Cost(
            term=str(term),
            label=f"{say_term(str(term))}{mark}",
            weight=" / ".join(sorted({f"{weight:g}" for weight in lines["weight"]})),
            unit=str(lines["unit"].iloc[0]),
            cells=tuple(
                round_off(float(costs.get(o.label, math.nan)), "£m") for o in brief.options
            ),
            reference=f"{str(lines['figure'].iloc[0]).split('.')[0]}.n.cost_m",
        )


def list_homes(brief: Brief) -> Iterator[Home]:
    """Every ICB of the first option's map; ``moved`` counts the options on it from 0."""
    moved = brief.comparison.moves.set_index(["run", "icb"])["moved"]
    labels = [option.label for option in brief.on_one_map]
    for row in brief.comparison.grouping.to_dict(orient="records"):
        yield Home(
            icb=f"{row['name']} ({row['icb']})",
            footprints=tuple(str(row[label]) for label in labels),
            moved=frozenset(at for at, label in enumerate(labels) if moved[label, row["icb"]]),
        )


def list_members(brief: Brief, option: Option) -> Iterator[Member]:
    """Every footprint of an option, in the order of its table."""
    names = option.plan.icbs.set_index("icb")["name"].astype("str")
    numbers = brief.comparison.numbers_of(option.label)
    for at, row in enumerate(option.plan.footprints.to_dict(orient="records"), 1):
        yield Member(
            name=str(row["footprint"]),
            number=numbers[str(row["footprint"])],
            icbs=tuple(names[code] for code in str(row["icbs"]).split()),
            lead=str(row["lead_name"]),
            mode=say_mode(str(row["mode"])),
            cells=tuple(
                round_off(float(row[column]), unit) for column, _, unit in FOOTPRINT_COLUMNS
            ),
            reference=f"F{at}.{option.number}",
        )


def list_best(figures: Sequence[Figure], better: str) -> list[int]:
    """Places of the best figures, equal ones together; none where all are alike or none counts."""
    known = [figure.value for figure in figures if not math.isnan(figure.value)]
    shown = {round_off(value, figures[0].unit) for value in known}
    if better not in ("lower", "higher") or len(shown) < 2:
        return []
    best = round_off(min(known) if better == "lower" else max(known), figures[0].unit)
    return [at for at, figure in enumerate(figures) if round_off(figure.value, figure.unit) == best]
