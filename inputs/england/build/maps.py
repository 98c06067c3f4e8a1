"""Rebuild the carried maps beside England's: ``python -m inputs.england.build.maps VERB``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from optimiser.errors import FootprintsError


def main(words: list[str]) -> int:
    """Parse, call one function, print; 0 when done, 1 when the inputs have faults."""
    parser = argparse.ArgumentParser(
        prog="python -m inputs.england.build.maps", description=__doc__
    )
    verbs = parser.add_subparsers(required=True)
    lookup = verbs.add_parser("icbs-36", help="the lookup to the 36 ICBs of April 2026")
    lookup.set_defaults(run=_write_lookup)
    areas = verbs.add_parser("sub-icb", help="the dataset of the 106 sub-ICB locations")
    areas.add_argument("--to", type=Path, help="folder to write  [default: the carried one]")
    areas.set_defaults(run=_write_sub_icb)
    chosen = parser.parse_args(words)
    try:
        print(chosen.run(chosen))
    except FootprintsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _write_lookup(_: argparse.Namespace) -> str:
    from inputs.england.build.icbs_2026 import FILE, build_lookup_2026
    from optimiser.inputs.writing import format_csv, write_text

    FILE.parent.mkdir(exist_ok=True)
    write_text(FILE, format_csv(build_lookup_2026()))
    return f"written: {FILE.name}"


def _write_sub_icb(chosen: argparse.Namespace) -> str:
    from inputs.england.build.sub_icb import CARRIED_SUB_ICB, rebuild_sub_icb

    flows = rebuild_sub_icb(chosen.to or CARRIED_SUB_ICB)
    return f"{flows} flows written"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
