"""How the time of a solve grows with areas and footprints: a table and a picture of measured figures.

    python tests/benchmarks/benchmark_scale.py areas authorities --record
    python docs/build/write_growth.py

The first takes an hour at most and writes ``docs/build/growth.csv``; the second writes the table between
its markers in ``docs/own-data.md`` and draws ``docs/images/growth.png``.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "build" / "growth.csv"
PICTURE = ROOT / "docs" / "images" / "growth.png"
PAGE = ROOT / "docs" / "own-data.md"
BEGINS, ENDS = "<!-- growth begins -->\n", "<!-- growth ends -->"
COLUMNS = (
    *("areas", "footprints", "people in each, m", "score", "proven bound"),
    *("first plan after", "processor time", "memory"),
)
HEADER = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
PROVEN, OPEN = "#005EB8", "#DA291C"


def main() -> None:
    """Write the table, and draw by footprints on the 106 areas and by areas at 42 footprints."""
    figures = pd.read_csv(FIGURES)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGINS)
    table = HEADER + "".join(tell_row(row) for row in figures.to_dict("records"))
    PAGE.write_text(f"{before}{BEGINS}{table}{ENDS}{rest.split(ENDS)[1]}", encoding="utf-8")
    drawing, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    fine = figures[figures["areas"] == 106]
    _draw(left, fine, "footprints", "Footprints that 106 areas make")
    _draw(right, figures[figures["footprints"] == 42], "areas", "Areas that make 42 footprints")
    left.set_ylabel("Seconds of processor time (log scale)")
    left.legend(loc="upper right", frameon=False)
    drawing.savefig(PICTURE, dpi=120)


def tell_row(row: dict[Hashable, Any]) -> str:
    """A row of the table."""
    bound = "the same" if row["status"] == "optimal" else "none of use"
    if row["status"] != "optimal" and row["bound"] > 0:
        bound = f"{row['bound']:,.0f} ({1 - row['bound'] / row['plan']:.0%} below)"
    return (
        f"| {row['areas']} | {row['footprints']} | {row['least_m']:g} to {row['most_m']:g} "
        f"| {row['plan']:,.1f} | {bound} | {_say_seconds(row['first_plan_s'])} "
        f"| {row['processor_s']:,.0f} s | {row['memory_gib']:.1f} GiB |\n"
    )


def _say_seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"


def _draw(panel: Axes, figures: pd.DataFrame, by: str, label: str) -> None:
    """Each question as a point: proven, or how long it ran and the gap that it left."""
    proven = figures["status"] == "optimal"
    for rows, colour, mark, name in (
        (figures[proven], PROVEN, "o", "proven"),
        (figures[~proven], OPEN, "x", "stopped at its limit, not proven"),
    ):
        panel.scatter(rows[by], rows["processor_s"], c=colour, marker=mark, label=name, zorder=3)
    slowest = figures.groupby(by)["processor_s"].transform("max")
    for row, above in zip(
        figures.to_dict("records"), figures["processor_s"] == slowest, strict=True
    ):
        up = 1 if above else -1  # points may lie close: labels slant away from their neighbours'
        panel.annotate(
            f"{row['least_m']:g} to {row['most_m']:g} m",
            (row[by], row["processor_s"]),
            xytext=(4, 4 * up),
            textcoords="offset points",
            size=8,
            rotation=35 * up,
            rotation_mode="anchor",
            va="bottom" if above else "top",
        )
    panel.set(xlabel=label, yscale="log", ylim=(1, 3_000), xlim=(0, figures[by].max() * 1.35))
    panel.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
