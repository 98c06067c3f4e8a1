"""Printing a plan that was saved: as text, as the footprints' CSV, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.text import FOOTPRINTS, TERMS, format_members, format_table, format_totals, wrap

if TYPE_CHECKING:
    from optimiser.plan.plan import Plan

_LEFT_TO_THE_RUN = ("tables", "files", "certificate")
"""Long parts of the manifest that JSON results leave out."""


def print_plan(plan: Plan, folder: Path, shape: str, findings: Sequence[str] = ()) -> None:
    """Print a saved plan on stdout.

    Args:
        plan: the plan.
        folder: its run folder.
        shape: ``table``, ``csv`` (the footprints) or ``json`` (words of the manifest).
        findings: further paragraphs of the text.
    """
    if shape == "csv":
        click.echo((folder / "footprints.csv").read_text(encoding="utf-8"), nl=False)
    elif shape == "json":
        click.echo(_as_json(plan, folder))
    else:
        click.echo("\n\n".join([*_paragraphs(plan), *findings, _places(folder)]))


def _paragraphs(plan: Plan) -> list[str]:
    from optimiser.reports.sentences import state_proof, state_title

    used = plan.terms[(plan.terms["weight"] != 0) | (plan.terms["cost_m"] != 0)]
    return [
        f"{state_title(plan)}, £{plan.objective:,.2f}m a year",
        f"{format_table(plan.footprints, FOOTPRINTS, widest=25)}\n{format_totals(plan)}",
        format_members(plan),
        format_table(used, TERMS),
        wrap(state_proof(plan.outcome)),
        *(["\n".join(wrap(note) for note in plan.notes)] if plan.notes else []),
    ]


def _places(folder: Path) -> str:
    return f"Run: {folder}\nMap: {folder / 'map.png'}"


def _as_json(plan: Plan, folder: Path) -> str:
    from optimiser.runs.folder import MANIFEST, plain

    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    kept = {key: value for key, value in manifest.items() if key not in _LEFT_TO_THE_RUN}
    result = {"folder": str(folder), **kept, "footprints": plain(plan.footprints)}
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False)
