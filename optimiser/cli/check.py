"""``footprints check``: every fault of the inputs at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.shared import find_base, format_option
from optimiser.errors import InputError, NoPlanError

if TYPE_CHECKING:
    from optimiser.questions.check import Checked

_FIELDS = ("file", "line", "column", "value", "rule", "remedy")


@click.command("check")
@click.argument("inputs", required=False, metavar="[DATASET or SCENARIO]", type=click.Path())
@format_option
def command(inputs: str | None, shape: str) -> None:
    r"""Tell every fault of a dataset or a scenario, with the remedy.

    A folder is a dataset; a workbook (.xlsx) is a dataset and its scenario; a .toml file is a
    scenario, which is checked with its dataset. Without any, England's base scenario is checked.
    Exit code 1 when there are faults, 3 when the settings are sound but simple sums show that no
    plan can meet them.

    \b
    Examples:
      footprints check inputs/toy
      footprints check my_scenario.toml --format json
    """
    import optimiser as fp

    found = fp.check(Path(inputs) if inputs else find_base())
    printers = {"csv": _as_csv, "json": _as_json, "table": _as_text}
    click.echo(printers[shape](found))
    if found.faults:
        raise SystemExit((NoPlanError if found.impossible else InputError).exit_code)


def _as_text(found: Checked) -> str:
    from optimiser.reports.text import wrap

    if found.faults:
        count = len(found.faults)
        lines = [f"{count} fault{'s' if count != 1 else ''} in {found.place}:"]
        lines += [f"  {fault}" for fault in found.faults]
    else:
        held = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
        lines = [f"No faults in {found.place}: {held.replace('icbs', 'ICBs')}."]
    return "\n".join([*lines, *(wrap(notice, "  ") for notice in found.notices)])


def _as_csv(found: Checked) -> str:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.DictWriter(stream, _FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(fault.as_row() for fault in found.faults)
    return stream.getvalue().rstrip("\n")


def _as_json(found: Checked) -> str:
    result = {
        "checked": found.place,
        "faults": [fault.as_row() for fault in found.faults],
        "counts": dict(found.counts),
        "notices": list(found.notices),
    }
    return json.dumps(result, indent=2, ensure_ascii=False)
