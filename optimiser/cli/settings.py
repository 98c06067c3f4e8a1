"""``footprints settings``: every setting of a scenario."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

import optimiser as fp
from optimiser.cli.printing import print_result, save_result
from optimiser.cli.shared import format_option, save_option
from optimiser.reports.text import Shown, format_table, wrap

if TYPE_CHECKING:
    import pandas as pd

_LISTED = (Shown("setting", "Setting"), Shown("default", "Default"), Shown("meaning", "Meaning"))
FEW = 3
"""Settings that are told in full, each as a paragraph; more of them are a table."""


@click.command("settings", short_help="Every setting: meaning, allowed values, default, example.")
@click.argument("which", required=False, default="", metavar="[SECTION or NAME]")
@save_option
@format_option
def command(which: str, out: Path | None, shape: str) -> None:
    r"""List the settings of a scenario, which --set changes.

    Without an argument the sections are listed with the names in each; SECTION lists its settings
    with their meaning, NAME tells one in full.

    \b
    Examples:
      footprints settings
      footprints settings footprints
      footprints settings services.categories
    """
    found = fp.settings(which)
    told = (
        found,
        lambda: {"settings": found},
        lambda: _describe(found) if which else _list_sections(found),
    )
    save_result(out, *told)
    print_result(shape, *told)


def _list_sections(found: pd.DataFrame) -> Iterator[str]:
    parts = found["setting"].str.rpartition(".")
    for section, names in parts[2].groupby(parts[0], sort=False):
        yield wrap(f"[{section}] {', '.join(names)}" if section else ", ".join(names), "    ")
    yield "footprints settings SECTION says what each means, footprints settings NAME what it may be."


def _describe(found: pd.DataFrame) -> str:
    if len(found) > FEW:
        words = found["default"].replace({"": "none", '""': "none", "[]": "none"})
        words = words.str.replace(r"^\[0, inf\]$|^inf$", "no limit", regex=True)
        table = format_table(found.assign(default=words), _LISTED, widest=46)
        return f"{table}\n\nfootprints settings NAME says what one may be, with an example."
    return "\n\n".join(_tell(row) for row in found.to_dict("records"))


def _tell(row: Mapping[Hashable, str]) -> str:
    lines = [
        row["setting"],
        f"  means    {row['meaning']}",
        f"  may be   {row['allowed']}",
        f"  default  {row['default'] or 'none'}{' (inf: no limit)' * ('inf' in row['default'])}",
        f"  example  --set '{row['setting']}={row['example']}'",
    ]
    return "\n".join(wrap(line, " " * 11) for line in lines)
