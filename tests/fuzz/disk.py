"""Let the disk run full: ``python -m fuzz.disk --cases N --seed S`` (Linux, with the right to mount).

Each command that saves something is run once with room to spare, then on disks in memory of drawn sizes.
It must end with what it saves whole and no fault, or with a sentence on the full disk and nothing there.
A sweep keeps the runs that were whole; a solve that cannot save its plan tells it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result
from support.toy import TOY, write_toy_scenario

from optimiser.cli import main as footprints
from optimiser.inputs.reading.load import read_dataset
from optimiser.questions.evaluate import evaluate
from optimiser.questions.solve import solve
from optimiser.questions.verify import verify
from optimiser.runs.folder import read_run
from optimiser.runs.saving import MANIFEST

PAGE = 4096
KINDS = ("cases", "whole", "told", "tracebacks", "silent", "half", "lost")


@dataclass(frozen=True)
class Saver:
    """A command that saves.

    Attributes:
        words: the command without its place.
        name: of the folder or file.
        read: raises where what was saved is not whole.
    """

    words: tuple[str, ...]
    name: str
    read: Callable[[Path], object]


def list_savers(home: Path) -> Mapping[str, Saver]:
    """Commands by what they save, with what they need in an empty folder."""
    path = write_toy_scenario(home)
    scenario = str(path)
    runs = [str(solve(path).save(home / "solved")), str(evaluate(path, "rows").save(home / "rows"))]
    codes = list(read_dataset(TOY).icbs["icb"])
    lookup, grid = home / "lookup.csv", home / "grid.toml"
    lines = ["from_icb,to_icb,share", *(f"{code},N{code},1" for code in codes)]
    lookup.write_text("\n".join(lines) + "\n", encoding="utf-8")
    grid.write_text(f'base = "{path.name}"\n[grid]\n"objective.leakage" = [1, 2]\n', "utf-8")
    pack = ("report", *runs, "--dataset", str(TOY), "--workers", "1")
    carry = ("carry", str(TOY), "--lookup", str(lookup), "--to")
    return {
        "run": Saver(("solve", scenario, "--out"), "run", _check_run),
        "given": Saver(("evaluate", scenario, "--plan", "rows", "--out"), "run", _check_run),
        "alternatives": Saver(("alternatives", scenario, "--out"), "run", _check_finding),
        "roadmap": Saver(("roadmap", scenario, "--out"), "run", _check_run),
        "pack": Saver((*pack, "--only", "workbook", "--to"), "pack", _check_run),
        "sweep": Saver(("sweep", str(grid), "--workers", "1", "--out"), "sweep", _check_sweep),
        "dataset": Saver(carry, "dataset", read_dataset),
        "workbook": Saver(("template", "--from", str(TOY)), "book.xlsx", read_dataset),
    }


def _check_run(place: Path) -> None:
    differs = verify(place, TOY).differs
    assert not differs, differs


def _check_finding(place: Path) -> None:
    assert json.loads((place / "about.json").read_text(encoding="utf-8"))


def _check_sweep(place: Path) -> None:
    """Whatever is there as a run is a whole one."""
    for manifest in place.rglob(MANIFEST):
        read_run(manifest.parent)


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    """An empty disk in memory of so many bytes."""
    place.mkdir(exist_ok=True)
    options = f"size={max(size, PAGE)},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def run_cases(cases: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run cases in turn over the commands.

    Returns:
        counts: of each of KINDS; a text for each that went wrong.
    """
    draw, counts, wrong = random.Random(seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        savers = list_savers(home)
        need = {kind: _measure(saver, home / kind) for kind, saver in savers.items()}
        for case in range(cases):
            kind = list(savers)[case % len(savers)]
            size = int(need[kind] * draw.uniform(0, 1.3))
            with small_disk(home / "small", size) as disk:
                result = _run(savers[kind], disk)
                found = judge(savers[kind], disk, result)
            counts["cases"] += 1
            counts[found] += 1
            if found not in ("whole", "told"):
                wrong.append(
                    f"case {case} {kind} on {size:,} bytes: {found}\n{result.output[-800:]}"
                )
    return counts, wrong


def _measure(saver: Saver, large: Path) -> int:
    """Bytes that a command's result takes."""
    large.mkdir(exist_ok=True)
    result, out = _run(saver, large), large / saver.name
    assert result.exit_code == 0, result.output
    saver.read(out)
    files = [path for path in (out, *out.rglob("*")) if path.is_file()]
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in files)


def _run(saver: Saver, disk: Path) -> Result:
    return CliRunner().invoke(footprints, [*saver.words, str(disk / saver.name)])


def judge(saver: Saver, disk: Path, result: Result) -> str:
    """What a case came to, one of KINDS."""
    out, beside = disk / saver.name, [path.name for path in disk.iterdir()]
    if "Traceback" in result.output or not isinstance(result.exception, SystemExit | None):
        return "tracebacks"
    stem = saver.name.partition(".")[0]  # a workbook has its map beside it
    if any(not name.startswith(stem) for name in beside) or (beside and not out.exists()):
        return "half"
    if out.exists():
        try:
            saver.read(out)
        except Exception:  # however it fails to be read
            return "half"
    if result.exit_code == 0:
        return "whole" if out.exists() else "silent"
    if "disk is full" not in result.output:
        return "silent"
    if out.exists() and saver.name != "sweep":
        return "half"
    return "lost" if saver.words[0] == "solve" and "Best plan" not in result.output else "told"


def main(words: Sequence[str]) -> int:
    """Print the counts; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(words)
    counts, wrong = run_cases(chosen.cases, chosen.seed)
    print("\n".join(wrong[:10]))
    print(", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
