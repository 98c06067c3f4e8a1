"""What a paper is written from: the options by number, figures in words, sources by reference."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser.plan.plan import Plan
from optimiser.reports.drawing import Illustration
from optimiser.reports.paper.blocks import Align, Column
from optimiser.reports.paper.details import Details, say_blank
from optimiser.reports.sentences import state_proof
from optimiser.runs.basis import WEAK, weakest
from optimiser.runs.columns import COLUMNS
from optimiser.runs.compare import Comparison, Figure
from optimiser.runs.compare.wording import round_off, show_difference
from optimiser.runs.draws import Draws
from optimiser.spelling import title_plan

DAGGER = "†"


@dataclass(frozen=True)
class Derived:
    """A figure that the paper counts from a run's rows itself.

    Attributes:
        key: reference, such as ``D4``.
        meaning: what is counted.
        table: saved table, or the name of another file of the run.
        rows: which rows, in words.
        how: how they are put together.
        basis: the weakest kind among the columns read.
    """

    key: str
    meaning: str
    table: str
    rows: str
    how: str
    basis: str

    @property
    def file(self) -> str:
        """Name of the file of the run."""
        return self.table if "." in self.table else f"{self.table}.csv"


@dataclass(frozen=True)
class Option:
    """One plan of the paper.

    Attributes:
        number: its number; figures of it end in the same.
        label: its label in the comparison.
        plan: the plan.
        manifest: of its run.
        moved: ICBs that move against the baseline, by name.
        broken: sentences of the rules it breaks, or None where nothing was checked.
    """

    number: int
    label: str
    plan: Plan
    manifest: dict[str, Any]
    moved: tuple[str, ...]
    broken: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """Number and label, whose own brackets are resolved."""
        label = self.label.replace(" (", ", ").replace(")", "")
        return f"Option {self.number} ({label})"

    @property
    def origin(self) -> str:
        """Whether the plan is its scenario's best, or which given one it is."""
        return "best plan" if self.plan.outcome.scope else title_plan(self.plan.name)

    @property
    def local(self) -> pd.DataFrame:
        """Services held locally, one row per service and footprint."""
        services = self.plan.services
        return services[services["level"] != "national"]

    @property
    def national(self) -> pd.DataFrame:
        """Services held nationally, one row per service and footprint."""
        services = self.plan.services
        return services[services["level"] == "national"]


@dataclass
class Sources:
    """References to what the paper counts itself; each meaning has one."""

    found: dict[str, Derived] = field(default_factory=dict)

    def cite(self, derived: Derived) -> str:
        """The reference of a count, numbered when it is first cited."""
        if derived.meaning not in self.found:
            key = f"D{len(self.found) + 1}"
            self.found[derived.meaning] = replace(derived, key=key)
        return self.found[derived.meaning].key


@dataclass(frozen=True)
class Brief:
    """All that the sections of a paper are written from.

    Attributes:
        comparison: the runs.
        pictures: pictures that were saved for it, if any.
        folder: where the pictures are.
        details: what only the team knows: sponsor, meeting, owners; blanks where it does not say.
        draws: plans over draws of the inputs, or None where nothing was drawn.
        sources: references to the paper's own counts.
    """

    comparison: Comparison
    pictures: tuple[Illustration, ...]
    folder: Path
    details: Details = field(default_factory=Details)
    draws: Draws | None = None
    sources: Sources = field(default_factory=Sources)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The plans, business as usual first."""
        plans = self.comparison.plans
        return tuple(
            Option(
                number=at,
                label=label,
                plan=plans[label],
                manifest=dict(run.manifest),
                moved=tuple(self.comparison.moved(label)["name"].astype("str")),
                broken=self._list_broken(label, dict(run.manifest)),
            )
            for at, (label, run) in enumerate(
                zip(self.comparison.names, self.comparison.runs, strict=True), 1
            )
        )

    @cached_property
    def on_one_map(self) -> tuple[Option, ...]:
        """The options on the ICBs of the first."""
        return tuple(o for o in self.options if o.label not in self.comparison.other_maps)

    def tell_moved(self, option: Option) -> str:
        """How many ICBs move, for a cell of a table."""
        if option is self.usual:
            return "–"
        return str(len(option.moved)) if option in self.on_one_map else "other map"

    @property
    def usual(self) -> Option:
        """Business as usual: the baseline."""
        return self.options[0]

    @cached_property
    def least_change(self) -> Option | None:
        """The do-minimum: of those that move any ICB, the one that moves fewest, then costs least."""
        others = [option for option in self.options if option.moved]
        return min(others, key=lambda o: (len(o.moved), o.plan.objective), default=None)

    @cached_property
    def preferred(self) -> Option:
        """The option the paper recommends: the team's choice, else the lowest score within the rules."""
        number = self.details.preferred
        if number and number <= len(self.options):
            return self.options[number - 1]
        return self.lowest or self.usual

    def same_as(self, option: Option) -> Option | None:
        """An earlier option with the same footprints, or None."""
        mine = {frozenset(icbs) for icbs in option.plan.grouping.values()}
        return next(
            (
                other
                for other in self.options[: option.number - 1]
                if {frozenset(icbs) for icbs in other.plan.grouping.values()} == mine
                and len(other.plan.icbs) == len(option.plan.icbs)
            ),
            None,
        )

    def detail(self, name: str) -> str:
        """What the team says of the paper, or a plain blank."""
        return self.details.texts.get(name) or say_blank(name)

    @cached_property
    def lowest(self) -> Option | None:
        """The option of lowest cost on the first's map among those known to break no rule, or None."""
        lawful = [option for option in self.on_one_map if option.broken == ()]
        return min(lawful, key=lambda option: option.plan.objective, default=None)

    @cached_property
    def is_weak(self) -> bool:
        """Whether any figure of the measures rests on modelled, illustrative or unstated inputs."""
        return bool(self.comparison.measures["basis"].isin(WEAK).any())

    @property
    def icb_count(self) -> int:
        """Number of ICBs."""
        return len(self.usual.plan.icbs)

    def head_options(self, width: float, align: Align = "right", mark: str = "") -> list[Column]:
        """A column of a table for each option."""
        return [Column(f"Option {option.number}{mark}", width, align) for option in self.options]

    def picture(self, name: str) -> Illustration | None:
        """A saved picture by its name."""
        return next((picture for picture in self.pictures if picture.name == name), None)

    def has(self, measure: str) -> bool:
        """Whether the comparison has a measure."""
        return bool((self.comparison.measures["measure"] == measure).any())

    def view(self, option: Option, name: str) -> pd.DataFrame:
        """An option's rows of a saved view of its plan; none in a run that was saved without it."""
        table = self.comparison.views[name]
        return table[table["run"] == option.label]

    def figure(self, option: Option, measure: str) -> Figure:
        """The figure of a measure of an option."""
        return self.comparison.figure(option.label, measure)

    def tell(self, option: Option, measure: str) -> str:
        """A measure in words, with its mark and reference."""
        return tell_figure(self.figure(option, measure))

    def tell_step(self, option: Option, measure: str) -> str:
        """How much more or less than business as usual, with mark and reference."""
        figure, usual = self.figure(option, measure), self.figure(self.usual, measure)
        step = figure.value - usual.value
        if math.isnan(step):
            return "not known against Option 1"
        if not any(digit in round_off(step, figure.unit) for digit in "123456789"):
            return "the same as Option 1"
        word = "more" if step > 0 else "less"
        mark = mark_of([figure, usual])
        if figure.unit == "share":
            points = show_difference(abs(step), "share").lstrip("+")
            return f"{points}{mark} {word} than Option 1"
        return f"{say_amount(abs(step), figure.unit)}{mark} {word} than Option 1"

    def cite(self, meaning: str, table: str, rows: str, how: str, columns: Sequence[str]) -> str:
        """Reference, in brackets, to something the paper counts from a table's rows."""
        kinds = [self.basis(table, column) for column in columns]
        return f"[{self.sources.cite(Derived('', meaning, table, rows, how, weakest(kinds)))}]"

    def tell_proof(self, option: Option) -> str:
        """How good the option is and over what that is proven, with the source of a bound."""
        outcome = option.plan.outcome
        text = state_proof(outcome)
        if outcome.bound is None:
            return text
        return f"{text} {self.cite_bound()}"

    def cite_bound(self) -> str:
        """Reference, in brackets, to the score and the proven bound of a run."""
        meaning = "score of the plan and proven bound on the score of every plan within the rules"
        basis = self.basis("terms", "cost_m")
        bound = Derived("", meaning, "manifest.json", "bound, scope", "as it stands", basis)
        return f"[{self.sources.cite(bound)}]"

    def basis(self, table: str, column: str) -> str:
        """The weakest kind of input behind a column over all runs."""
        return weakest(
            str(
                option.manifest["tables"]
                .get(f"{table}.csv", {})
                .get("columns", {})
                .get(column, {})
                .get("basis", "unstated")
            )
            for option in self.options
        )

    def mark(self, table: str, *columns: str) -> str:
        """The dagger where any of some columns rests on weak inputs."""
        return DAGGER if any(self.basis(table, name) in WEAK for name in columns) else ""

    def _list_broken(self, label: str, manifest: dict[str, Any]) -> tuple[str, ...] | None:
        """A solved plan keeps every rule; a given one was judged, or the run does not say."""
        if "broken_rules" not in manifest and not manifest.get("scope"):
            return None
        rules = self.comparison.broken_rules
        return tuple(rules.loc[rules["run"] == label, "sentence"].astype("str"))


def tell_figure(figure: Figure) -> str:
    """A figure in words with its unit, mark and reference."""
    mark = DAGGER if figure.is_modelled else ""
    return f"{say_amount(figure.value, figure.unit)}{mark} [{figure.id}]"


def say_amount(value: float, unit: str) -> str:
    """A value with its unit as it stands in a sentence."""
    text = round_off(value, unit)
    if unit.startswith("£m"):
        return f"{text} {unit}" if "equivalents" in unit else say_money(value)
    if unit == "share":
        return text
    words = {"persons": "million people", "footprints": "footprint"}.get(unit, unit)
    return f"{text} {words}{'s' if unit == 'footprints' and value != 1 else ''}".strip()


def say_money(value: float) -> str:
    """£m in words: £12.7bn, £327m, £5.2m."""
    if math.isnan(value):
        return round_off(value, "£m")
    return f"£{value / 1000:,.1f}bn" if abs(value) >= 1000 else f"£{round_off(value, '£m')}m"


def mark_of(figures: Sequence[Figure]) -> str:
    """The dagger where any of the figures rests on weak inputs."""
    return DAGGER if any(figure.is_modelled for figure in figures) else ""


def read_row(figure: Figure) -> str:
    """The row of a figure in words."""
    if figure.row == "*":
        return "all rows"
    return ", ".join(str(value) for value in json.loads(figure.row).values())


def meaning_of(table: str, column: str) -> str:
    """What a column of a saved table holds."""
    known = COLUMNS.get(table, {}).get(column)
    return known.meaning if known else column.replace("_", " ")
