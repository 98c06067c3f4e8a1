"""``python -m optimiser.data.england build | fit | calibrate``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from optimiser.data.england.build import rebuild
from optimiser.data.england.facts import CARRIED


def main(words: list[str]) -> int:
    """Parse, and call one function."""
    parser = argparse.ArgumentParser(prog="python -m optimiser.data.england", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("build", help="rebuild the dataset from the wheel and the facts")
    build.add_argument("--to", type=Path, default=CARRIED, help="folder to write")
    chosen = parser.parse_args(words)
    england = rebuild(chosen.to)
    print(f"{len(england.flows)} flows written to {chosen.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
