"""Count the files of ours that a toy solve passes through, and how often it goes from one to another.

    python tests/benchmarks/count_files.py [SCENARIO]

A file counts when one of its functions is called in the main thread of ``footprints solve``; what an
import runs does not count. Listed with the calls made into each, the busiest last.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{PROJECT / folder}/" for folder in ("optimiser", "models"))


class Passages:
    """Calls into each of our files, and the switches from one file to another."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.switches = 0
        self._last = ""
        self._imports = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """What ``sys.setprofile`` calls."""
        file = frame.f_code.co_filename
        if event not in ("call", "return") or not file.startswith(OURS):
            return
        if frame.f_code.co_name == "<module>":
            self._imports += 1 if event == "call" else -1
        if event == "return" or self._imports:
            return
        self.calls[file] += 1
        self.switches += file != self._last
        self._last = file


def count_files(scenario: str, folder: Path) -> Passages:
    """Solve a scenario as the command line does and count."""
    from optimiser.cli import main

    passages = Passages()
    sys.setprofile(passages)
    try:
        main(["solve", scenario, "--out", str(folder / "run")], standalone_mode=False)
    finally:
        sys.setprofile(None)
    return passages


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else "inputs/toy/scenarios/base.toml"
    with tempfile.TemporaryDirectory() as place:
        found = count_files(asked, Path(place))
    for name, calls in sorted(found.calls.items(), key=lambda item: item[1]):
        print(f"{calls:7,}  {Path(name).relative_to(PROJECT).as_posix()}")
    print(f"{len(found.calls)} files, {found.switches:,} switches from one file to another")
