"""Write docs/commands.md and docs/data-dictionary.md from the code that they describe.

Run: python docs/build/write_reference.py
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from optimiser.cli import main as footprints
from optimiser.inputs import schema
from optimiser.runs.columns import COLUMNS

DOCS = Path(__file__).resolve().parents[1]
MADE = (
    "This page is made by `python docs/build/write_reference.py` from the code that it describes."
)
KINDS = {
    "code": "code",
    "text": "text",
    "number": "number",
    "whole": "whole number",
    "flag": "true or false",
}


def write_commands() -> str:
    """The command reference: what each command's ``--help`` says, as one page."""
    context = click.Context(footprints, info_name="footprints")
    parts = ["# Commands", MADE, _prose(footprints.help)]
    for name in footprints.list_commands(context):
        command = footprints.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(inner))
        parts += [
            f"## {name}",
            f"`footprints {name} {usage}`",
            _prose(command.help),
            _table(("option", "meaning"), _list_options(command, inner)),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _prose(text: str | None) -> str:
    """Help text as Markdown: a paragraph marked to keep its lines is an example."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(
        f"```\n{paragraph[1:].strip()}\n```" if paragraph.startswith("\b") else paragraph
        for paragraph in paragraphs
    )


def _list_options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield f"`{record[0]}`", record[1]


def write_data_dictionary() -> str:
    """Every column that is read and every column that is saved."""
    parts = [
        "# Data dictionary",
        MADE,
        "## What a dataset holds",
        "A dataset is a folder of CSV files (or a workbook with a sheet for each). A column with a "
        "default may be left out; which are modelled, and how far they may be off, stands in "
        "`sources.csv`.",
    ]
    for table in dict.fromkeys(schema.TABLES.values()):
        about = f"One row for each {', '.join(table.key)}. {_say_whether_needed(table)}"
        rows = [
            (f"`{column.name}`", column.meaning, _say_allowed(column)) for column in table.columns
        ]
        parts += [f"### {table.name}.csv", about, _table(("column", "meaning", "allowed"), rows)]
    parts += [
        "## What a run holds",
        "Each saved table, by the name of its file in the run's folder.",
    ]
    for name, columns in COLUMNS.items():
        heads = ("column", "meaning", "unit", "title on paper")
        saved = [
            (f"`{key}`", about.meaning, about.unit, about.title) for key, about in columns.items()
        ]
        last = None if any(title for *_, title in saved) else -1
        told = _table(heads[:last], [row[:last] for row in saved])
        parts += [f"### Saved: {name}.csv", told]
    return "\n\n".join(parts) + "\n"


def _say_whether_needed(table: schema.TableSchema) -> str:
    if table.required:
        return "Needed."
    return f"May be missing: {table.without}" if table.without else "May be missing."


def _say_allowed(column: schema.Column) -> str:
    """Kind, range and default of a column, in words."""
    said = [" or ".join(column.choices) if column.choices else KINDS[column.kind]]
    if math.isfinite(column.least):
        said.append(f"{'above' if column.above_least else 'at least'} {column.least:g}")
    if math.isfinite(column.most):
        said.append(f"at most {column.most:g}")
    if column.refers_to:
        said.append(f"one of {column.refers_to}.csv")
    if column.copies:
        said.append(f"left out: as {column.copies}")
    elif column.default is not None:
        said.append(f"left out: {column.default or 'blank'}")
    return ", ".join(said)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    rule = "|".join("---" for _ in heads)
    return "\n".join([f"| {' | '.join(heads)} |", f"|{rule}|", *(f"| {line} |" for line in lines)])


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": write_commands,
    "data-dictionary.md": write_data_dictionary,
}


if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
