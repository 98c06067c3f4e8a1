"""Stop solves at random moments: ``python -m fuzz.kills --cases N --seed S``.

Each case solves the toy country and sends Ctrl-C, SIGTERM or SIGKILL some time after one of its steps.
It must end at once; what it leaves is a run that verify passes, or none; and once a plan was told,
Ctrl-C and SIGTERM must have saved one.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from support.toy import ROOT, TOY, write_toy_scenario

from optimiser.questions.verify import verify

SECONDS_TO_END = 30.0
"""After the signal; a solve of the toy country takes three seconds from beginning to end."""
STEPS = ("check", "list", "measure", "price", "plan", "fix", "prove", "settle", "referee", "save")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def run_cases(cases: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run cases.

    Returns:
        counts: cases, saved, nothing, hangs, tracebacks, lost, unsound; a text for each that went wrong.
    """
    draw, counts, wrong = random.Random(seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        scenario = write_toy_scenario(Path(name))
        for case in range(cases):
            step, number = draw.choice(STEPS), draw.choice(SIGNALS)
            out = Path(name) / str(case)
            told, ended = stop_one(scenario, out, step, number, draw.uniform(0.0, 0.3))
            kind = judge(out, told, ended, number)
            counts["cases"] += 1
            counts[kind] += 1
            if kind not in ("saved", "nothing"):
                wrong.append(
                    f"case {case} {signal.Signals(number).name} after {step}: {kind}\n{told}"
                )
    return counts, wrong


def stop_one(scenario: Path, out: Path, step: str, number: int, seconds: float) -> tuple[str, bool]:
    """Solve, and send a signal so many seconds after a step; stderr, and whether it ended."""
    words = [sys.executable, "-m", "optimiser", "solve", str(scenario), "--out", str(out)]
    told = ""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told += line
            if line.split()[2:3] == [step]:
                break
        time.sleep(seconds)
        process.send_signal(number)
        try:
            return told + process.communicate(timeout=SECONDS_TO_END)[1], True
        except subprocess.TimeoutExpired:
            process.kill()
            return told, False


def judge(out: Path, told: str, ended: bool, number: int) -> str:
    """What a case came to: saved, nothing, hangs, tracebacks, lost or unsound."""
    if not ended:
        return "hangs"
    if "Traceback" in told:
        return "tracebacks"
    if out.exists():
        # An interrupted proof stays open, but nothing of what was saved may differ.
        return "unsound" if verify(out, TOY).differs else "saved"
    has_plan = any(line.split()[2:3] == ["plan"] for line in told.splitlines())
    return "lost" if has_plan and number != signal.SIGKILL else "nothing"


def main(words: Sequence[str]) -> int:
    """Print the counts; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(words)
    counts, wrong = run_cases(chosen.cases, chosen.seed)
    print("\n".join(wrong[:10]))
    kinds = ("cases", "saved", "nothing", "hangs", "tracebacks", "lost", "unsound")
    print(", ".join(f"{counts[kind]:,} {kind}" for kind in kinds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
