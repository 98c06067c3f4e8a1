"""``footprints check``: every fault of the inputs at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, save_result
from optimiser.cli.shared import find_base, format_option, save_option
from optimiser.errors import InputError, NoPlanError
from optimiser.reports.text import wrap

if TYPE_CHECKING:
    from optimiser.questions.check import Checked

_FIELDS = ("file", "line", "column", "value", "rule", "remedy")


@click.command("check")
@click.argument("inputs", required=False, metavar="[DATASET or SCENARIO]", type=click.Path())
@save_option
@format_option
def command(inputs: str | None, out: Path | None, shape: str) -> None:
    r"""Tell every fault of a dataset or a scenario, with the remedy.

    A folder is a dataset; a workbook (.xlsx) is a dataset and its scenario; a .toml file is a
    scenario, which is checked with its dataset. Without any, today's England is checked.
    Exit code 1 when there are faults, 3 when the settings are sound but simple sums show that no
    plan can meet them.

    \b
    Examples:
      footprints check inputs/toy
      footprints check my_scenario.toml --format json
    """
    import pandas as pd

    found = fp.check(inputs or find_base())
    rows = [fault.as_row() for fault in found.faults]
    about = {
        "checked": found.place,
        "faults": rows,
        "counts": found.counts,
        "notices": found.notices,
        **_describe_fit(found),
    }
    told = pd.DataFrame(rows, columns=list(_FIELDS)), lambda: about, lambda: _describe(found)
    save_result(out, *told)
    print_result(shape, *told)
    if found.faults:
        raise SystemExit((NoPlanError if found.impossible else InputError).exit_code)


def _describe_fit(found: Checked) -> dict[str, object]:
    if found.about is None:
        return {}
    return {"fit": found.about.fit, "unplaced_share": found.about.unplaced_share}


def _describe(found: Checked) -> str:
    if found.faults:
        count = len(found.faults)
        lines = [f"{count} fault{'s' if count != 1 else ''} in {found.place}:"]
        lines += [f"  {fault}" for fault in found.faults]
    else:
        held = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
        lines = [f"No faults in {found.place}: {held.replace('icbs', 'ICBs')}."]
    fit = (found.about.fit, found.about.unplaced) if found.about else ()
    told = (*fit, *found.notices)
    return "\n".join([*lines, *(wrap(text, "  ") for text in told if text)])
