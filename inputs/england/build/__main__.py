"""Build, judge and calibrate the England datasets: ``python -m inputs.england.build VERB``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inputs.england.build.build import calibrate, judge, rebuild, rebuild_authorities
from inputs.england.build.facts import CARRIED
from inputs.england.build.fit import write_fit
from optimiser.errors import FootprintsError


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
    build = verbs.add_parser("build", help="rebuild the three maps from the wheel and the facts")
    build.add_argument("--to", type=Path, default=CARRIED.parent, help="folder of datasets")
    build.set_defaults(run=_build)
    authorities = verbs.add_parser(
        "authorities", help="build the map of local authorities, which is not carried"
    )
    authorities.add_argument("--to", type=Path, required=True, help="folder of datasets")
    authorities.set_defaults(run=_build_authorities)
    fit = verbs.add_parser("fit", help="print target leakage beside that of the carried flows")
    fit.add_argument("--readme", type=Path, help="README whose fit tables are to be replaced")
    fit.set_defaults(run=_fit)
    verbs.add_parser(
        "calibrate", help="find decays and factors on demand again and write them to facts/"
    ).set_defaults(run=_calibrate)
    return parser


def _build(chosen: argparse.Namespace) -> str:
    return _tell(rebuild(chosen.to), chosen.to)


def _build_authorities(chosen: argparse.Namespace) -> str:
    return _tell(rebuild_authorities(chosen.to), chosen.to)


def _tell(counts: dict[str, int], folder: Path) -> str:
    return "\n".join(f"{count} flows written to {folder / name}" for name, count in counts.items())


def _fit(chosen: argparse.Namespace) -> str:
    text = judge(CARRIED.parent / "england-42")
    if chosen.readme:
        write_fit(text, chosen.readme)
    return text


def _calibrate(_: argparse.Namespace) -> str:
    return "\n\n".join(table.to_string(index=False) for table in calibrate(CARRIED / "facts"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
