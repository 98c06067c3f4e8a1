"""Time and memory of importing a made-up RTT file of 180,000 rows and 121 columns.

Run: python tests/benchmarks/benchmark_rtt.py [ROWS]
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

ICBS = 42
FUNCTIONS = 23


def write_made_up(path: Path, rows: int) -> None:
    """Random counts in the published layout, codes of England's ICBs and made-up trusts."""
    import csv

    import pandas as pd
    from support.rtt_files import RTT_HEADER, rtt_row

    icbs = pd.read_csv("inputs/england-42/icbs.csv")["icb"].tolist()
    rng = random.Random(1)
    parts = ("Part_1A", "Part_1B", "Part_2", "Part_2A", "Part_3")
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(RTT_HEADER)
        for k in range(rows):
            part, rest = parts[k % 5], k // 5
            function, rest = f"C_{100 + rest % FUNCTIONS}", rest // FUNCTIONS
            icb, rest = icbs[rest % ICBS], rest // ICBS
            row = rtt_row(icbs[rest % ICBS], f"R{rest:02d}", icb, f"{icb}1", function, 0, part)
            row[13:118] = [rng.randrange(9) for _ in range(105)]
            row[-1] = rng.randrange(1, 400)
            writer.writerow(row)


def main(rows: int) -> None:
    """Write the file, import it in a process of its own, and tell seconds and memory."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "made-up.csv"
        write_made_up(file, rows)
        words = ["import-rtt", str(file), "--to", str(Path(name) / "new")]
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "optimiser", *words], check=True, capture_output=True)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = file.stat().st_size / 2**20
        print(f"{rows:,} rows, {size:.0f} MiB: {seconds:.1f} s, {peak:.0f} MiB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 180_000)
