"""Build, judge and calibrate the England dataset: ``python -m inputs.england.build VERB``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inputs.england.build.build import calibrate, judge, rebuild
from inputs.england.build.facts import CARRIED
from inputs.england.build.fit import write_fit
from inputs.england.build.icbs_2026 import FILE, build_lookup_2026
from inputs.england.build.sub_icb import CARRIED_SUB_ICB, rebuild_sub_icb
from optimiser.errors import FootprintsError
from optimiser.inputs.writing import format_csv, write_text


def main(words: list[str]) -> int:
    """Parse, call one function, print; 0 when done, 1 when the inputs have faults."""
    chosen = _make_parser().parse_args(words)
    try:
        print(chosen.run(chosen))
    except FootprintsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inputs.england.build", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    build = verbs.add_parser("build", help="rebuild the dataset from the wheel and the facts")
    build.add_argument("--to", type=Path, default=CARRIED, help="folder to write")
    build.set_defaults(run=_build)
    fit = verbs.add_parser("fit", help="print target leakage beside that of the carried flows")
    fit.add_argument("--readme", type=Path, help="README whose fit tables are to be replaced")
    fit.set_defaults(run=_fit)
    verbs.add_parser(
        "calibrate", help="find decays and factors on demand again and write them to facts/"
    ).set_defaults(run=_calibrate)
    lookup = verbs.add_parser("icbs-36", help="write the lookup to the 36 ICBs of April 2026")
    lookup.set_defaults(run=_write_lookup)
    areas = verbs.add_parser("sub-icb", help="rebuild the dataset of the 106 sub-ICB locations")
    areas.add_argument("--to", type=Path, default=CARRIED_SUB_ICB, help="folder to write")
    areas.set_defaults(run=_build_sub_icb)
    return parser


def _build(chosen: argparse.Namespace) -> str:
    flows = rebuild(chosen.to).flows
    return f"{len(flows)} flows written to {chosen.to}"


def _fit(chosen: argparse.Namespace) -> str:
    text = judge(CARRIED)
    if chosen.readme:
        write_fit(text, chosen.readme)
    return text


def _calibrate(_: argparse.Namespace) -> str:
    return "\n\n".join(table.to_string(index=False) for table in calibrate(CARRIED / "facts"))


def _write_lookup(_: argparse.Namespace) -> str:
    FILE.parent.mkdir(exist_ok=True)
    write_text(FILE, format_csv(build_lookup_2026()))
    return f"written: {FILE.name}"


def _build_sub_icb(chosen: argparse.Namespace) -> str:
    return f"{rebuild_sub_icb(chosen.to)} flows written"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
