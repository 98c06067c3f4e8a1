"""Results on stdout: strict JSON, CSV, frames, plans that were saved; progress on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.questions.case import SolvedPlan
    from optimiser.questions.evaluate import Evaluation
    from optimiser.questions.given_plan import PlanTables
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from threading import Thread

from optimiser.progress import Report

DETAILS = "details"
MORE = "The rest: the same command with --details."
_LEFT_TO_THE_RUN = ("tables", "files", "certificate")
"""Long parts of the manifest that JSON results leave out."""


Words = str | Iterable[str]
"""One text, or paragraphs."""


def print_result(
    shape: str,
    frame: pd.DataFrame,
    result: Callable[[], object],
    text: Callable[[], Words],
    more: Callable[[], Words] | None = None,
) -> None:
    """Print a result in one form; only that form is made.

    Args:
        shape: ``csv`` prints the frame, ``json`` the result, frames as lists of rows, ``table`` the
            text, its paragraphs apart, ``details`` the text and the rest.
        frame: rows.
        result: all that there is to tell.
        text: what fits a screen.
        more: the rest, where there is one.
    """
    if shape == "csv":
        from optimiser.csv_text import to_csv_text

        click.echo(to_csv_text(frame), nl=False)
    elif shape == "json":
        click.echo(format_json(result()))
    else:
        click.echo(_join_words(text()))
        if more is not None:
            click.echo("\n" + _join_words(more()) if shape == DETAILS else MORE)


def _join_words(words: Words) -> str:
    return words if isinstance(words, str) else "\n\n".join(filter(None, words))


def save_result(
    out: Path | None, frame: pd.DataFrame, result: Callable[[], object], text: Callable[[], Words]
) -> None:
    """Save a result in a new folder in every form, for commands whose question has no folder of its own.

    Args:
        out: the folder; nothing is saved when None.
        frame: as for :func:`print_result`, and the others likewise.
        result: all that there is to tell.
        text: what is printed.
    """
    if out is None:
        return
    from optimiser.csv_text import to_csv_text
    from optimiser.inputs.writing import write_files

    texts = {
        "result.csv": to_csv_text(frame),
        "result.json": format_json(result()) + "\n",
        "result.txt": _join_words(text()) + "\n",
    }
    write_files({out / name: content.encode("utf-8") for name, content in texts.items()})
    print_saved(out)


def format_json(result: object) -> str:
    """A value as strict JSON, frames as lists of rows."""
    from optimiser.runs.saving import plain

    return json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False)


def print_notices(notices: Iterable[str]) -> None:
    """Tell on stderr what the reader must know."""
    for notice in notices:
        click.echo(notice, err=True)


def print_saved(folder: Path | None) -> None:
    """Say on stderr where tables were saved."""
    print_notices([] if folder is None else [f"Saved in {folder}."])


def print_tables(
    shape: str,
    found: PlanTables,
    choice: tuple[str, Path | None],
    tell: tuple[Callable[[Any], Words], Callable[[Any], Words]],
    **words: object,
) -> None:
    """Print what tables tell of one plan, saved first where that was asked.

    Args:
        shape: as for :func:`print_result`.
        found: the tables.
        choice: the table that ``csv`` prints, and where all are saved.
        tell: of the tables what fits a screen, and the rest.
        words: further words of the JSON result, before the tables.
    """
    table, out = choice
    print_saved(out and found.save(out))
    about = {"scenario_name": found.case.scenario.name, "plan": found.plan.name, **words}
    text, more = (partial(part, found) for part in tell)
    print_result(shape, found.tables[table], lambda: {**about, **found.tables}, text, more)


def _list_totals(found: SolvedPlan | Evaluation, folder: Path) -> pd.DataFrame:
    """The saved footprints and their totals; of an evaluation also its gap and the rules it breaks."""
    import pandas as pd

    from optimiser.csv_text import unguard
    from optimiser.plan.plan import add_totals
    from optimiser.questions.evaluate import Evaluation, list_broken

    # Names stay the texts that they are: "007" is no number, and a guarded one is guarded anew.
    texts = ("footprint", "icbs", "lead", "lead_name", "mode", "run", "basis")
    read = dict.fromkeys(texts, unguard)
    table = add_totals(
        pd.read_csv(
            folder / "footprints.csv", converters=read, keep_default_na=False, na_values=[""]
        )
    )
    plan = found.plan if isinstance(found, Evaluation) else found
    told: dict[str, object] = {"score": plan.objective}
    if isinstance(found, Evaluation):
        broken = " ".join(list_broken(found))
        told |= {"gap_to_optimum": found.gap_to_optimum, "broken_rules": broken}
    last = pd.DataFrame([told], index=[len(table) - 1])
    return table.join(last)


def _tell_place(folder: Path) -> str:
    """Where a run and its map are, or why there is no map."""
    from optimiser.reports.text import wrap
    from optimiser.runs.saving import MANIFEST

    drawn = folder / "map.png"
    if drawn.exists():
        return f"Run: {folder} (map: {drawn.name})"
    why = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("not_drawn", "")
    told = f"No map was drawn: {why.removeprefix('There is no map: ')}"
    return f"Run: {folder}\n{wrap(told)}"


def print_plan(found: SolvedPlan | Evaluation, folder: Path, shape: str) -> None:
    """Print a saved plan: as text, the footprints and their totals as CSV, or words of the manifest."""
    from optimiser.questions.case import SolvedPlan
    from optimiser.runs.saving import MANIFEST

    plan = found if isinstance(found, SolvedPlan) else found.plan

    def describe() -> dict[str, object]:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kept = {key: value for key, value in manifest.items() if key not in _LEFT_TO_THE_RUN}
        return {"folder": str(folder), **kept, "footprints": plan.footprints}

    print_result(
        shape,
        _list_totals(found, folder) if shape == "csv" else plan.footprints,
        describe,
        lambda: [found.summary(), _tell_place(folder)],
        plan.details,
    )


@contextmanager
def progress() -> Iterator[Report]:
    """Show steps as they end: ``report(step, detail)``."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    started = time.monotonic()

    def report(step: str, detail: str) -> None:
        passed = time.monotonic() - started
        console.print(f"{passed:6.1f} s  {step:<8} {detail}", markup=False, soft_wrap=True)

    if not console.is_terminal:
        yield report
        return
    with console.status("working; Ctrl-C stops and keeps the best plan found", spinner="line"):
        yield report


def loading_meanwhile(module: str, report: Report) -> Report:
    """A report that, once the inputs are checked, loads a module while the solver works.

    Matplotlib takes seconds to import, and this process only waits while HiGHS runs in its own.
    """

    def say_and_load(step: str, detail: str) -> None:
        report(step, detail)
        if step == "check":
            Thread(target=import_module, args=(module,)).start()

    return say_and_load
