"""Write docs/settings.md: every setting of a scenario, from its declaration.

Run: python docs/build/write_settings.py
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path

import optimiser as fp

FILE = Path(__file__).resolve().parents[1] / "settings.md"
HEAD = """# Settings

Every setting of a scenario, in the order of its sections. A scenario is a TOML file;
`--set section.key=value` changes one setting for one run, and `footprints settings NAME` prints what
stands here. On the command line windows may be written `7-12`, lists of codes `A1,A2`. Missing settings
take the default; unknown ones are refused with the likely meant name. Examples hold codes of England's
ICBs and services. This page is made from the declarations by `python docs/build/write_settings.py`.
"""


def describe() -> str:
    """The page."""
    found = fp.settings()
    sections = found["setting"].str.rpartition(".")[0]
    parts = [HEAD]
    for section, rows in found.groupby(sections, sort=False):
        parts.append(f"## {f'[{section}]' if section else 'At the top'}\n")
        parts.append("| setting | means | may be | default | example |\n|---|---|---|---|---|")
        parts += [_row(row) for row in rows.to_dict("records")]
        parts.append("")
    return "\n".join(parts)


def _row(row: Mapping[Hashable, str]) -> str:
    key = row["setting"].rpartition(".")[2]
    default = f"`{row['default']}`" if row["default"] else "none"
    cells = (f"`{key}`", row["meaning"], row["allowed"], default, f"`{row['example']}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    """Write the page."""
    FILE.write_text(describe(), encoding="utf-8")


if __name__ == "__main__":
    main()
