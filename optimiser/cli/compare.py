"""``footprints compare``: saved runs side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import optimiser as fp
from optimiser.cli.printing import print_result, save_result
from optimiser.cli.shared import (
    baseline_option,
    format_or_details,
    runs_argument,
    save_option,
    unlike_option,
)
from optimiser.reports.sentences import count
from optimiser.reports.text import WIDTH, Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.runs.compare import Comparison

BESIDE_BASELINE = 2
"""Runs shown beside the baseline in one block of text, so that lines stay within the width."""

SHOWN_CHANGES = 12
FIRST_MEASURES = 14
"""Measures on a screen: like with like, the score, and who holds what; --details has the others."""


@click.command(
    "compare", short_help="Saved runs side by side, with the difference from a baseline."
)
@runs_argument
@baseline_option
@unlike_option
@save_option
@format_or_details
def command(
    runs: tuple[Path, ...], baseline: str | None, unlike: Any, out: Path | None, shape: str
) -> None:
    r"""Set saved runs side by side, and say first which settings differ.

    RUN is a run folder of solve or evaluate. Prints every measure and term with the difference
    from the baseline, the ICBs that move and the services that change level. Runs on different
    inputs, vintages or scopes are refused unless --allow-unlike is given; runs on other ICBs of the
    same people and money (England's 36 and 42) are compared in what they share. With --format csv
    there is one row per run and measure. No solver is needed.

    \b
    Examples:
      footprints compare outputs/offices outputs/best
      footprints compare outputs/offices outputs/best outputs/clusters --baseline outputs/offices
      footprints compare outputs/offices outputs/best --format csv > measures.csv
    """
    found = fp.compare(runs, baseline, unlike)

    def all_of_it() -> Iterator[str]:
        yield from _paragraphs(found)
        yield from _details(found)

    save_result(out, found.measures, lambda: _as_json(found), all_of_it)
    print_result(
        shape,
        found.measures,
        lambda: _as_json(found),
        lambda: _paragraphs(found),
        lambda: _details(found),
    )


def _as_json(found: Comparison) -> dict[str, object]:
    tables = ("about", "scenario_differences", "measures", "terms", "grouping", "service_changes",
              "broken_rules")  # fmt: skip
    return {
        "baseline": found.baseline,
        "unlike": [str(unlikeness) for unlikeness in found.unlike],
        **{name: getattr(found, name) for name in tables},
    }


def _paragraphs(found: Comparison) -> Iterator[str]:
    if found.unlike:
        lines = [wrap(f"  {unlikeness}", "    ") for unlikeness in found.unlike]
        yield "\n".join(["UNLIKE FOR LIKE: these runs do not rest on the same ground.", *lines])
    if found.other_maps:
        yield wrap(found.notes[0])
    yield _state_differences(found)
    for names in _blocks(found.names):
        yield _format_measures(found, names, first=True)
    yield _format_moves(found)
    changed = found.service_changes.groupby("run", sort=False)["service"].nunique()
    for run, number in changed.items():
        yield wrap(
            f"{count(number, 'service')} with another level in {run}, for some residents at least."
        )


def _details(found: Comparison) -> Iterator[str]:
    for names in _blocks(found.names):
        yield _format_measures(found, names, first=False)
        yield _format_terms(found, names)
    yield _format_changes(found)
    if notes := found.notes[bool(found.other_maps) :]:
        yield "\n".join(map(wrap, notes))


def _blocks(names: Sequence[str]) -> Iterator[list[str]]:
    first, *others = names
    for at in range(0, max(len(others), 1), BESIDE_BASELINE):
        yield [first, *others[at : at + BESIDE_BASELINE]]


def _state_differences(found: Comparison) -> str:
    from optimiser.runs.compare.settings import word_differences

    table = word_differences(found)
    if table.empty:
        return "Scenarios: the same settings in every run."
    room = WIDTH // (len(found.names) + 1) - 2
    heads = ("\n".join(textwrap.wrap(name, room)) for name in found.names)
    runs = (Shown(name, head) for name, head in zip(found.names, heads, strict=True))
    return format_table(table, [Shown("setting", "Setting differs"), *runs], widest=room)


def _format_measures(found: Comparison, names: Sequence[str], first: bool) -> str:
    order = found.measures["label"].drop_duplicates().tolist()
    labels = order[:FIRST_MEASURES] if first else order[FIRST_MEASURES:]
    rows = found.measures[found.measures["run"].isin(names) & found.measures["label"].isin(labels)]
    cells = _cells(rows, "label", "value", "difference_from_baseline", names)
    return format_columns("Measure", names, cells)


def _format_terms(found: Comparison, names: Sequence[str]) -> str:
    from optimiser.runs.compare.wording import say_term

    rows = found.terms[found.terms["run"].isin(names)]
    used = rows.groupby("term")["cost_m"].transform(lambda costs: costs.abs().max()) > 0
    rows = rows[used].assign(unit="£m", label=rows["term"].map(say_term))
    return format_columns(
        "Term of the score, £m-equivalents",
        names,
        _cells(rows, "label", "cost_m", "cost_difference_m", names),
    )


def _cells(
    rows: pd.DataFrame, label: str, value: str, difference: str, names: Sequence[str]
) -> list[list[str]]:
    from optimiser.runs.compare.wording import head, show, show_difference

    lines: dict[str, list[str]] = {}
    for row in rows.to_dict(orient="records"):
        unit = head(row["unit"])
        title = row[label] + (f", {unit}" if value == "value" and "£m" not in row[label] else "")
        line = lines.setdefault(title.removesuffix(", footprints").removesuffix(", breaches"), [])
        line.append(show(row[value], row["unit"]))
        if row["run"] != names[0]:
            line.append(show_difference(row[difference], row["unit"]))
    return [[title, *line] for title, line in lines.items()]


def format_columns(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of ready texts under the runs' names; the first column to the left, others right."""
    heads = [[title]]
    for name in names:
        heads += [textwrap.wrap(name, 13, break_long_words=False), ["differ-", "ence"]]
    del heads[2]  # the baseline does not differ from itself
    height = max(map(len, heads))
    above = [[head[k] if k < len(head) else "" for head in heads] for k in range(height)]
    grid = [*above, *rows]
    widths = [max(len(row[k]) for row in grid) for k in range(len(heads))]
    first, *others = widths
    lines = [
        "  ".join([row[0].ljust(first), *map(str.rjust, row[1:], others)]).rstrip() for row in grid
    ]
    return "\n".join([*lines[:height], "-" * max(map(len, lines)), *lines[height:]])


def _format_moves(found: Comparison) -> str:
    moved = found.moves[found.moves["moved"]]
    if moved.empty:
        return "ICBs that move: none." if len(found.on_one_map) > 1 else ""
    lines = [f"ICBs that move, against {found.baseline}:"]
    for name in found.on_one_map[1:]:
        mine = moved[moved["run"] == name]
        listed = ", ".join(mine["name"])
        text = f"  {name}: {len(mine)} of {len(found.grouping)}. {listed}".rstrip(". ")
        lines.append(wrap(text, "    "))
    return "\n".join(lines)


def _format_changes(found: Comparison) -> str:
    changes = found.service_changes
    if changes.empty:
        return "Services that change level: none."
    parts = []
    for name, mine in changes.groupby("run", sort=False):
        top = mine.sort_values("population_share", ascending=False, kind="stable")
        more = len(top) - SHOWN_CHANGES
        shown = (
            Shown("name", f"Changes level in {name}"),
            Shown("service", "Code"),
            Shown("local_population_share_before", "Local before,\n% of people", ".0f", 100),
            Shown("local_population_share_after", "Local after,\n% of people", ".0f", 100),
            Shown("icbs", "ICBs that\nchange", ".0f"),
        )
        text = format_table(top.head(SHOWN_CHANGES), shown, widest=42)
        tail = (
            f"\n… and {more} more; all are in the report's results-data.xlsx." if more > 0 else ""
        )
        parts.append(f"{text}{tail}")
    return "\n\n".join(parts)
